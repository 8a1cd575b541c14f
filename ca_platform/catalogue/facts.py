"""The fact tables: heavy reductions made once and shared by many reports."""

from __future__ import annotations

from ca_platform.catalogue.spec import TableSpec

FACTS: tuple[TableSpec, ...] = ()
