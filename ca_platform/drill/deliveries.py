"""One order and one customer of the reports of abnormal deliveries: names that lead to the one whom they name.

They are no counts: a column of names is opened like one whose every number is 1.
"""

from __future__ import annotations

import polars as pl

from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.drill.cells import KEY, Count
from ca_platform.drill.scope import ORDER_COLUMNS, Scope


def orders(scope: Scope) -> pl.LazyFrame:
    """Orders by their own id."""
    return scope.purchases().select("slice", *ORDER_COLUMNS)


def customers(scope: Scope) -> pl.LazyFrame:
    """Customers with an order by their own name."""
    return scope.purchases().select("slice", "client", pl.col("client").alias(f"{KEY}client")).unique()


DELIVERIES: tuple[Count, ...] = tuple(
    count
    for duration in DURATIONS
    for count in (
        Count(f"{duration}_orders", "order_id", "orders", ("order_id",), orders),
        Count(f"{duration}_orders", "client", "customers", ("client",), customers),
    )
)
