"""The compact tables of promotions, for some report days.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in pure functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import polars as pl

from ca_platform.reports.reading import FactReader

_MEASURES = ("orders", "revenue", "discount")


class PromotionTables:
    """What the reports of promotions are cut from. ``promotion_id`` is null for organic orders.

    Args:
        coded: puts the number of the slice in the place of dimension and value.
    """

    def __init__(self, facts: FactReader, coded: Callable[[pl.LazyFrame], pl.LazyFrame]) -> None:
        self._facts = facts
        self._coded = coded

    @cached_property
    def days(self) -> pl.DataFrame:
        """Orders, revenue and discount by slice, day and promotion."""
        return self._summed(pl.col("day"), pl.col(_MEASURES).sum())

    @cached_property
    def hours(self) -> pl.DataFrame:
        """Orders by slice, hour and promotion."""
        return self._summed(self._facts.counts_from(), pl.col("orders").sum(), "hour")

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Orders, revenue, discount, ``first`` and ``last`` day of use by slice and promotion."""
        uses = self.days.lazy().filter(pl.col("promotion_id").is_not_null())
        return (
            uses.group_by("slice", "promotion_id", self._facts.counts_from())
            .agg(pl.col(_MEASURES).sum(), first=pl.col("day").min(), last=pl.col("day").max())
            .collect(engine="streaming")
        )

    @cached_property
    def people(self) -> pl.DataFrame:
        """Customers, new ones and those who came again, by slice and promotion."""
        measures = pl.col("customers", "new_customers", "repeat_customers").sum()
        return self._facts.lake.collect(
            lambda: (
                self._facts.scan("promotion_customers")
                .group_by("slice", "promotion_id", self._facts.counts_from())
                .agg(measures)
            )
        )

    def _summed(self, day: pl.Expr, measures: pl.Expr, *more: str) -> pl.DataFrame:
        return self._facts.lake.collect(
            lambda: self._coded(
                self._facts.scan("promotion_orders")
                .group_by("dimension", "value", day, *more, "promotion_id")
                .agg(measures)
            )
        )
