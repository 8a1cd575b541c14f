"""Questions to the customers index: sort, filters, one page. The same meaning in both stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import polars as pl

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts with", "in", "is null", "is not null"]
Value = str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. ``contains`` and ``starts with`` are for text and ignore the case of ASCII letters.

    A null satisfies ``is null`` and ``!=``, nothing else.
    """

    column: str
    operator: Operator
    value: Value | tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """A page of customers.

    Attributes:
        sort: columns in order, True for descending; nulls last; ties by ``client``.
        filters: all must hold.
    """

    sort: tuple[tuple[str, bool], ...] = ()
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """The rows asked for, how many match in all, and the day they describe (None: no customers yet)."""

    rows: pl.DataFrame
    total: int
    day: date | None
