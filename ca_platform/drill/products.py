"""Which orders and whom the reports of products count."""

from __future__ import annotations

from functools import partial

import polars as pl

from ca_platform.drill.cells import Count
from ca_platform.drill.scope import ORDER_COLUMNS, Scope

_LINES = {"day": pl.Date(), "order_id": pl.String(), "product": pl.String(), "category": pl.String()}


def _contained(scope: Scope, column: str) -> pl.LazyFrame:
    """Every order with each of its products, or categories, once."""
    first, last = scope.days_of("day")
    lake, start = scope.facts.lake, scope.shape.start_date
    lines = lake.scan("lines", max(first or start, start), min(last or scope.day, scope.day), schema=_LINES)
    asked = [pl.col(column).eq_missing(pl.lit(scope.key[column]))] if column in scope.key else []
    once = lines.filter(*asked).select("day", "order_id", column).unique()
    return scope.purchases("day").join(once, on=["day", "order_id"])


def orders(scope: Scope, column: str, *, by_day: bool = False) -> pl.LazyFrame:
    """Orders by what they contain, and by day where that is asked for."""
    rows = _contained(scope, column).with_columns(date="day")
    return rows.select("slice", *(["date"] if by_day else []), column, *ORDER_COLUMNS)


def customers(scope: Scope, column: str) -> pl.LazyFrame:
    """Customers by what their orders contain."""
    return _contained(scope, column).select("slice", "client", column).unique()


def pairs(scope: Scope) -> pl.LazyFrame:
    """Orders by two products that they contain, the first before the second by code point."""
    one, other = (_lines_of(scope, name) for name in ("product_a", "product_b"))
    both = one.join(other, on=["day", "order_id"]).filter(pl.col("product_a") < pl.col("product_b"))
    return (
        scope.purchases().join(both, on=["day", "order_id"]).select("slice", "product_a", "product_b", *ORDER_COLUMNS)
    )


def _lines_of(scope: Scope, name: str) -> pl.LazyFrame:
    lines = scope.facts.lake.scan("lines", scope.shape.start_date, scope.day, schema=_LINES)
    asked = [pl.col("product") == scope.key[name]] if name in scope.key else []
    return lines.filter(*asked).select("day", "order_id", pl.col("product").alias(name)).unique()


def _both(report: str, column: str) -> tuple[Count, ...]:
    return (
        Count(report, "orders", "orders", (column,), partial(orders, column=column)),
        Count(report, "customers", "customers", (column,), partial(customers, column=column)),
    )


PRODUCTS: tuple[Count, ...] = (
    *_both("most_ordered_products", "product"),
    *_both("most_ordered_categories", "category"),
    *_both("product_kpis", "product"),
    Count(
        "daily_products_of_sales",
        "orders",
        "orders",
        ("date", "product"),
        partial(orders, column="product", by_day=True),
    ),
    Count("most_combined_products", "orders", "orders", ("product_a", "product_b"), pairs),
)
