"""The compact tables of what each customer's orders sum up to, for some report days.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in pure functions.
"""

from __future__ import annotations

from functools import cached_property

import polars as pl

from ca_platform.reports.reading import FactReader


class CustomerTables:
    """What the numbers and amounts of orders by customer are cut from."""

    def __init__(self, facts: FactReader) -> None:
        self._facts = facts
        self._lake = facts.lake

    @cached_property
    def days(self) -> pl.DataFrame:
        """``customer_days``, those up to the first report day summed up."""

        def build() -> pl.LazyFrame:
            return (
                self._facts.scan("customer_days")
                .group_by("customer", self._facts.counts_from())
                .agg(
                    pl.col("sessions", "orders", "revenue", "discount").sum(),
                    pl.col("first_order").min(),
                    pl.col("last_order").max(),
                )
            )

        return self._lake.collect(build)

    @cached_property
    def order_changes(self) -> pl.DataFrame:
        """By how much the number of customers with exactly so many orders changed."""

        def build() -> pl.LazyFrame:
            rows = self._facts.scan("order_numbers").with_columns(
                self._facts.counts_from(), orders=pl.col("number").cast(pl.Int64)
            )
            now = rows.select("day", "slice", "orders", "customers")
            before = rows.filter(pl.col("orders") > 1).select(
                "day", "slice", pl.col("orders") - 1, -pl.col("customers")
            )
            return pl.concat([now, before]).group_by("day", "slice", "orders").agg(pl.col("customers").sum())

        return self._lake.collect(build)

    @property
    def means(self) -> pl.DataFrame | pl.LazyFrame:
        """Orders and revenue of every customer after each order, and what that takes back from before.

        For one day a lazy frame over the lake, which is read once; for many days a table.
        """
        return self._each() if self._facts.days.first == self._facts.days.last else self._means_of_many_days

    @cached_property
    def _means_of_many_days(self) -> pl.DataFrame:
        """The same without what is taken back before the first day."""
        key = ["slice", "day", "orders", "revenue"]
        return self._lake.collect(
            lambda: (
                self._each()
                .with_columns(self._facts.counts_from())
                .group_by(key)
                .agg(pl.col("customers").sum())
                .filter(pl.col("customers") != 0)
            )
        )

    def _each(self) -> pl.LazyFrame:
        rows = self._facts.scan("customer_orders").with_columns(orders=pl.col("number").cast(pl.Int64))
        now = rows.select("day", "slice", "orders", "revenue", customers=pl.lit(1, pl.Int64))
        before = rows.filter(pl.col("orders") > 1).select(
            "day",
            "slice",
            pl.col("orders") - 1,
            revenue=pl.col("revenue") - pl.col("amount"),
            customers=pl.lit(-1, pl.Int64),
        )
        return pl.concat([now, before])
