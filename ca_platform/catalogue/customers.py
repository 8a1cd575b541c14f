"""The merged picture of customers: what the index ``customers`` and the list of customers show of each.

Its rows are those of ``client_kpis``; other tables with a row per customer add columns, which are null for customers,
or on days, that they do not have.
"""

from __future__ import annotations

from dataclasses import replace

from ca_platform.catalogue.registry import report_spec

BASE = "client_kpis"
ADDED: dict[str, tuple[str, ...]] = {
    "rfm": ("recency_score", "frequency_score", "monetary_score", "segment"),
}
"""Columns by the report that they come from."""

COLUMNS = tuple(
    replace(column, nullable=True)
    for name, chosen in ADDED.items()
    for column in report_spec(name).columns
    if column.name in chosen
)
CUSTOMERS = replace(report_spec(BASE), columns=(*report_spec(BASE).columns, *COLUMNS))
"""The columns of the index."""
