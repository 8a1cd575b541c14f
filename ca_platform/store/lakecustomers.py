"""The customers of the embedded store: the newest part of the per-customer report in the lake, filtered and sorted."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

from ca_platform.catalogue import Kind
from ca_platform.catalogue.customers import ADDED, BASE, COLUMNS
from ca_platform.errors import StoreError
from ca_platform.store.documents import LakeReader
from ca_platform.store.money import round_money
from ca_platform.store.picture import base_of, newest_day, with_added, with_lists
from ca_platform.store.query import CustomerPage, CustomerQuery, Filter
from ca_platform.store.schema import TableSchema, to_edge

_DEEP = 10_000
_MANY = 1_000
_PLACE = "place of the row"
CUSTOMER_REPORT = BASE
"""The per-customer table whose newest day the customers of both stores are."""
# Models may say amounts as numbers that are no Decimal: what is money the catalogue knows.
_KINDS = {column.name: column.kind for column in COLUMNS}


def customer_page(lake: LakeReader, query: CustomerQuery, digits: int) -> CustomerPage:
    """One page of the newest day's customers.

    What other tables add is looked up for the rows of the page alone, unless the query asks for it.
    """
    day = newest_day(lake)
    if day is None:
        return CustomerPage(pl.DataFrame(), 0, None)
    asked = {*(name for name, _ in query.sort), *(wanted.column for wanted in query.filters)}
    needed = [table for table, taken in ADDED.items() if asked & taken.keys()]
    table = with_added(base_of(lake, day), lake, day, needed)
    check_columns(query, list(dict.fromkeys((*table.collect_schema().names(), *_KINDS))))
    rows, total = page_of(table, query, digits, "client", is_steady=True)
    others = [name for name in ADDED if name not in needed]
    whole = _edge(with_added(rows.lazy(), lake, day, others, _few(rows)).collect(), digits)
    # In the order of the picture, whatever was needed to find the rows.
    return CustomerPage(with_lists(whole.select(pl.exclude(*_KINDS), *_KINDS), lake, day), total, day)


def _few(rows: pl.DataFrame) -> pl.Series | None:
    """The clients of a page, of which there are too few for a join."""
    return rows["client"] if rows.height <= _MANY else None


def page_of(
    table: pl.LazyFrame, query: CustomerQuery, digits: int, identity: str, *, is_steady: bool = False
) -> tuple[pl.DataFrame, int]:
    """One page of a table of customers or orders, and how many rows match in all.

    Args:
        identity: the column that ties are sorted by.
        is_steady: whether the rows of the table come in the same order each time.
    """
    check_columns(query, table.collect_schema().names())
    wanted = conditions(query.filters)
    if is_steady and query.offset >= _DEEP:
        rows, total = _deep_page(table.with_row_index(_PLACE), wanted, query, identity)
    else:
        rows, total = _first_page(table.filter(wanted), query, identity)
    return _edge(rows, digits), total


def _first_page(matching: pl.LazyFrame, query: CustomerQuery, identity: str) -> tuple[pl.DataFrame, int]:
    """Of the first rows alone Polars keeps as many as are asked for, and sorts no others."""
    names, directions = _order(query, identity)
    page = matching.sort(names, descending=directions, nulls_last=True).slice(query.offset, query.limit)
    if not query.limit:
        page = matching.limit(0)
    rows, total = pl.collect_all([page, matching.select(pl.len())], engine="streaming")
    return rows, int(total.item())


def _deep_page(table: pl.LazyFrame, wanted: pl.Expr, query: CustomerQuery, identity: str) -> tuple[pl.DataFrame, int]:
    """Far behind the first rows: sorted are the columns that decide, then the rows of the page are fetched.

    Ten times as fast as sorting all columns, as long as the rows come in the order of ``identity``, as a rule.
    """
    names, directions = _order(query, identity)
    places = table.filter(wanted).select(_PLACE, *dict.fromkeys(names)).collect()
    if not places[identity].is_sorted():
        places = places.sort(identity)
    if query.sort:
        places = places.sort(names[:-1], descending=directions[:-1], nulls_last=True, maintain_order=True)
    page = places.select(_PLACE).slice(query.offset, query.limit)
    rows = page.lazy().join(table, on=_PLACE, how="left", maintain_order="left").drop(_PLACE)
    return rows.collect(), places.height


def _order(query: CustomerQuery, identity: str) -> tuple[list[str], list[bool]]:
    order = [*query.sort, (identity, False)]
    return [name for name, _ in order], [down for _, down in order]


def _edge(rows: pl.DataFrame, digits: int) -> pl.DataFrame:
    kinds = {name: _KINDS.get(name, dtype) for name, dtype in rows.schema.items()}
    return to_edge(rows, TableSchema.of(kinds), digits, CUSTOMER_REPORT)


def at_edge(table: pl.LazyFrame, digits: int) -> pl.LazyFrame:
    """The table as it is shown: money rounded to its minor unit."""
    schema = table.collect_schema().items()
    money = [name for name, dtype in schema if isinstance(dtype, pl.Decimal) or _KINDS.get(name) is Kind.MONEY]
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


def conditions(filters: Iterable[Filter]) -> pl.Expr:
    """All of the filters together; none of them holds everywhere."""
    return functools.reduce(operator.and_, map(condition, filters), pl.lit(value=True))


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
