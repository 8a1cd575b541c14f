"""The customers of the embedded store: the newest part of the per-customer report in the lake, filtered and sorted."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from ca_platform.errors import StoreError
from ca_platform.store.documents import LakeReader
from ca_platform.store.money import round_money
from ca_platform.store.query import CustomerPage, CustomerQuery, Filter
from ca_platform.store.reportframe import PREFIX
from ca_platform.store.schema import TableSchema, to_edge

CUSTOMER_REPORT = "client_kpis"
"""The per-customer table whose newest day the customers of both stores are."""


def customer_page(lake: LakeReader, query: CustomerQuery, digits: int) -> CustomerPage:
    """One page of the newest day's customers."""
    days = lake.days(CUSTOMER_REPORT)
    if not days:
        return CustomerPage(pl.DataFrame(), 0, None)
    rows, total = page_of(customers_of(lake, days[-1]), query, digits, "client")
    return CustomerPage(rows, total, days[-1])


def customers_of(lake: LakeReader, day: date) -> pl.LazyFrame:
    """The per-customer table of a day."""
    part = lake.scan(CUSTOMER_REPORT, day, day)
    return part.drop([name for name in (*PREFIX, "day") if name in part.collect_schema().names()])


def page_of(table: pl.LazyFrame, query: CustomerQuery, digits: int, identity: str) -> tuple[pl.DataFrame, int]:
    """One page of a table of customers or orders, and how many rows match in all.

    Args:
        identity: the column that ties are sorted by.
    """
    names = table.collect_schema().names()
    check_columns(query, names)
    matching = table.filter(functools.reduce(operator.and_, map(condition, query.filters), pl.lit(value=True)))
    order = [*query.sort, (identity, False)]
    page = matching.sort([name for name, _ in order], descending=[down for _, down in order], nulls_last=True).slice(
        query.offset, query.limit
    )
    rows, total = pl.collect_all([page, matching.select(pl.len())], engine="streaming")
    return to_edge(rows, TableSchema.of(dict(rows.schema)), digits, CUSTOMER_REPORT), int(total.item())


def at_edge(table: pl.LazyFrame, digits: int) -> pl.LazyFrame:
    """The table as it is shown: money rounded to its minor unit."""
    money = [name for name, dtype in table.collect_schema().items() if isinstance(dtype, pl.Decimal)]
    return table.with_columns(round_money(pl.col(name), digits) for name in money)


def check_columns(query: CustomerQuery, known: list[str]) -> None:
    """Refuse a sort or filter by a column that the customers do not have."""
    for name in [*(name for name, _ in query.sort), *(found.column for found in query.filters)]:
        if name not in known:
            raise StoreError(f"The customers have no column {name!r}; there are {', '.join(sorted(known))}.")


def condition(wanted: Filter) -> pl.Expr:
    """A filter as an expression that is never null."""
    column = pl.col(wanted.column)
    return _CONDITIONS[wanted.operator](column, wanted.value).fill_null(value=wanted.operator == "!=")


def _matches(pattern: str, value: Any) -> str:
    # Only ASCII letters lose their case, as in Elasticsearch's case-insensitive wildcard.
    return f"(?i-u){pattern}{re.escape(str(value))}"


_CONDITIONS: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "contains": lambda column, value: column.str.contains(_matches("", value)),
    "starts with": lambda column, value: column.str.contains(_matches("^", value)),
    "in": lambda column, value: column.is_in(list(value)),
    "is null": lambda column, _: column.is_null(),
    "is not null": lambda column, _: column.is_not_null(),
}
