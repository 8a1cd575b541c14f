"""Which numbers can be opened, and whom one of them counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from ca_platform.catalogue import report_spec
from ca_platform.drill.ab_tests import AB_TESTS
from ca_platform.drill.amounts import AMOUNTS
from ca_platform.drill.cells import KEY, Cell, Count, Key, What, read_key
from ca_platform.drill.churn import CHURN
from ca_platform.drill.cohorts import COHORTS
from ca_platform.drill.deliveries import DELIVERIES, ONE_ORDER, customers
from ca_platform.drill.orders import ORDERS
from ca_platform.drill.products import PRODUCTS
from ca_platform.drill.promotions import PROMOTIONS
from ca_platform.drill.rfm import RFM
from ca_platform.drill.scope import DELIVERY_COLUMNS, ORDER_COLUMNS, Scope
from ca_platform.drill.value_classes import CLASSES
from ca_platform.errors import ReportError, near

if TYPE_CHECKING:
    from ca_platform.lake import Lake
    from ca_platform.settings import Settings

COUNTS: tuple[Count, ...] = (
    *COHORTS,
    *CHURN,
    *CLASSES,
    *ORDERS,
    *AMOUNTS,
    *PRODUCTS,
    *PROMOTIONS,
    *RFM,
    *DELIVERIES,
    *AB_TESTS,
)
NAMES: tuple[Count, ...] = (*ONE_ORDER, Count("clvrfm_anomaly_flagged", "client", "customers", ("client",), customers))
"""Columns whose text is the name of one customer or one order."""
_ALL = (*COUNTS, *NAMES)
_SHOWN: dict[What, tuple[str, ...]] = {
    "customers": ("client",),
    "orders": tuple(ORDER_COLUMNS),
    "deliveries": tuple(DELIVERY_COLUMNS),
}
_BY_REPORT: dict[str, tuple[Count, ...]] = {
    name: tuple(count for count in _ALL if count.report == name) for name in {count.report for count in _ALL}
}


def add_count(count: Count) -> None:
    """Let the numbers of a column be opened; for modules that lie elsewhere.

    Raises:
        ReportError: there is no such column, or what its numbers count is said already.
    """
    if count.column not in report_spec(count.report).column_names:
        raise ReportError(f"The report {count.report} has no column {count.column!r}.")
    if any((known.column, known.where) == (count.column, count.where) for known in counts(count.report)):
        raise ReportError(f"What {count.column} of {count.report} counts is said already.")
    _BY_REPORT[count.report] = (*counts(count.report), count)


def counts(report: str) -> tuple[Count, ...]:
    """The numbers of a report that can be opened."""
    return _BY_REPORT.get(report, ())


def count_of(report: str, column: str, texts: Mapping[str, str]) -> tuple[Count, Key]:
    """The count behind a number, and its key, from texts as they stand in an address.

    Raises:
        ReportError: there is no such number, or it counts neither customers, orders nor deliveries.
    """
    if report not in _BY_REPORT:
        raise ReportError(f"no number of the report {report} can be opened{near(report, sorted(_BY_REPORT))}")
    columns = {count.column for count in _BY_REPORT[report]}
    if column not in columns:
        raise ReportError(f"{column} of {report} cannot be opened{near(column, sorted(columns))}")
    for count in _BY_REPORT[report]:
        key = read_key(report, count.key, texts) if count.column == column else {}
        if count.column == column and count.fits(key):
            return count, key
    raise ReportError(f"this number of {report} counts neither customers, orders nor deliveries")


def everybody(count: Count, scope: Scope) -> pl.LazyFrame:
    """Whom, or what, all cells of a count count: ``slice``, ``key.NAME``, and ``client``, an order or a delivery."""
    rows = scope.named(count.rows(scope)) if count.what == "customers" else count.rows(scope)
    names = rows.collect_schema().names()
    key = [pl.col(own if (own := f"{KEY}{name}") in names else name).alias(own) for name in count.key]
    return rows.select("slice", *key, *_SHOWN[count.what])


def members(count: Count, cell: Cell, settings: Settings, lake: Lake) -> pl.LazyFrame:
    """Whom a cell counts: ``client``; or which orders or deliveries, as of their columns. One row for each.

    Collect it inside ``lake.collect``.

    Raises:
        ReportError: there is no such dimension value up to the day.
        HistoryError: the lake does not have what the report rests on.
    """
    scope = Scope.of(cell.day, settings, lake, (cell.dimension, cell.value), cell.key)
    rows = everybody(count, scope)
    same = [pl.col(f"{KEY}{name}").eq_missing(pl.lit(value)) for name, value in cell.key.items()]
    return (rows.filter(*same) if same else rows).drop("slice", *(f"{KEY}{name}" for name in count.key))
