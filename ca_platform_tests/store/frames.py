"""Small computed reports, as ``reports.compute`` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from ca_platform.catalogue.spec import Column, Kind, ReportSpec

DAY = date(2024, 3, 31)
NEXT = DAY + timedelta(days=1)

SPEC = ReportSpec(
    name="sales",
    family="orders",
    title="Sales",
    grain="day",
    description="All kinds of columns.",
    columns=(
        Column("date", Kind.DATE, "day"),
        Column("first_at", Kind.INSTANT, "first order", nullable=True),
        Column("product", Kind.TEXT, "product", nullable=True),
        Column("orders", Kind.INTEGER, "orders", "count"),
        Column("share", Kind.FLOAT, "share", "share", nullable=True),
        Column("revenue", Kind.MONEY, "revenue", "currency", nullable=True),
        Column("is_partial", Kind.FLAG, "partial"),
    ),
    key=("date",),
    facts=(),
    page="/orders",
)

PREFIX_TYPES = {"report_date": pl.Date, "report_dimension": pl.String, "report_value": pl.String}
TYPES: dict[str, Any] = {
    **PREFIX_TYPES,
    "date": pl.Date,
    "first_at": pl.Datetime("us", "UTC"),
    "product": pl.String,
    "orders": pl.Int64,
    "share": pl.Float64,
    "revenue": pl.Decimal(38, 4),
    "is_partial": pl.Boolean,
}

NASTY = (
    "EU",
    "a=b",
    "",
    "New York",
    "İstanbul",
    'quo"te',
    "back\\slash",
    "line\nbreak",
    "ключ",
    "🦊",
    " ",
    "EU ",
    "main",
)


def computed(rows: Sequence[tuple[date, str, str | None, int]]) -> pl.DataFrame:
    """Rows of (report day, dimension, value, orders)."""
    return pl.DataFrame([(*row[:3], *_columns(row[3])) for row in rows], schema=TYPES, orient="row")


def of_main(day: date, orders: Sequence[int]) -> pl.DataFrame:
    return computed([(day, "main", None, count) for count in orders])


def _columns(orders: int) -> tuple[Any, ...]:
    instant = datetime(2024, 3, 31, 1, 59, 59, 123456, tzinfo=UTC) if orders % 3 else None
    return (
        DAY - timedelta(days=orders),
        instant,
        NASTY[orders % len(NASTY)] if orders % 4 else None,
        orders,
        orders / 7 if orders % 5 else None,
        Decimal(orders) * Decimal("1.0050"),
        orders % 2 == 0,
    )
