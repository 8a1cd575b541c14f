"""Whom the value classes count."""

from __future__ import annotations

import polars as pl

from ca_platform.catalogue.value_classes import VALUE_CLASSES
from ca_platform.drill.cells import Count
from ca_platform.drill.scope import Scope


def classed(scope: Scope) -> pl.LazyFrame:
    """Customers with an order by the class told of them; of the whole shop, as the report."""
    scope.check("customer_orders")
    places = {name: place for place, name in enumerate(VALUE_CLASSES)}
    place = pl.col("value_class").replace_strict(places, return_dtype=pl.Int64)
    rows = scope.tables.value_classes.members(scope.day)
    return rows.select(pl.lit(0, pl.UInt32).alias("slice"), "customer", class_index=place)


CLASSES: tuple[Count, ...] = (Count("clv_segments_distribution", "customers", "customers", ("class_index",), classed),)
