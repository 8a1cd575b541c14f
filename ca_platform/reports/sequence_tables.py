"""The compact tables of each customer's orders in their sequence, for some report days.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in pure functions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property

import polars as pl

from ca_platform.calendar import local_day
from ca_platform.catalogue.cohorts import LAST_OFFSET
from ca_platform.facts import churn
from ca_platform.reports import journey, milestones
from ca_platform.reports.periods import UNITS, period
from ca_platform.reports.reading import FactReader
from ca_platform.sorting import sort_by

PAIR = ["slice", "customer"]


class SequenceTables:
    """What cohorts, retention, growth, the journey and churn are cut from.

    Args:
        spells: gives ``milestones.spells`` of the report days.
    """

    def __init__(self, facts: FactReader, spells: Callable[[], pl.DataFrame]) -> None:
        self._facts = facts
        self._days, self._shape, self._lake = facts.days, facts.shape, facts.lake
        self._spells = spells

    @cached_property
    def next_orders(self) -> pl.DataFrame:
        """Customers by slice, ``number`` of an order, ``unit``, its ``cohort`` and the ``offset`` of the next order."""

        def build() -> pl.LazyFrame:
            rows = cohorts_of(self._facts.scan("next_orders"))
            key = ["slice", "number", "unit", "cohort", "offset"]
            return rows.group_by(*key, self._facts.counts_from()).agg(pl.col("customers").sum())

        return self._lake.collect(build)

    @cached_property
    def numbers(self) -> pl.DataFrame:
        """Customers, revenue and microseconds since the order before, by slice and ``number`` of the order."""
        # Microseconds of all orders together can exceed 64 bits.
        sums = (pl.col("customers", "revenue").sum(), pl.col("microseconds").cast(pl.Decimal(38, 0)).sum())
        return self._lake.collect(
            lambda: self._facts.scan("order_numbers").group_by("slice", "number", self._facts.counts_from()).agg(*sums)
        )

    @cached_property
    def order_dates(self) -> pl.DataFrame:
        """Customers by slice, ``number`` of the order up to the third, and ``date``."""
        return self._lake.collect(
            lambda: (
                self._facts.scan("order_numbers")
                .filter(pl.col("number") <= 3)
                .select("slice", "number", "customers", self._facts.counts_from(), date="day")
            )
        )

    @cached_property
    def buyers(self) -> pl.DataFrame:
        """``period_buyers`` by slice, ``unit``, ``date`` of the period and ``offset``."""

        def build() -> pl.LazyFrame:
            date = pl.when(pl.col("unit") == "week").then(period("1w")).otherwise(period("1mo"))
            sums = pl.col("customers", "returning", "orders", "revenue").sum()
            return (
                self._facts.scan("period_buyers")
                .group_by("slice", "unit", "offset", self._facts.counts_from(), date=date)
                .agg(sums)
            )

        return self._lake.collect(build)

    @cached_property
    def first_orders(self) -> pl.DataFrame:
        """First orders by slice with what is known of the download from ``day`` to ``until``.

        ``download`` and ``ordered`` are local days; ``microseconds`` may be negative.
        """

        def build() -> pl.LazyFrame:
            return first_orders(self._facts.scan("first_purchases"), self._spells().lazy(), self._days).drop("customer")

        return self._lake.collect(build)

    @cached_property
    def download_cohorts(self) -> pl.DataFrame:
        """Customers by slice, ``unit``, ``cohort`` of their download and ``offset`` of their first order."""
        rows = self.first_orders.lazy().filter(pl.col("download") >= self._shape.start_date)
        frames = []
        for unit in ("day", "week"):
            near = download_offsets(rows, unit).select("slice", "until", "cohort", "offset", since="day")
            one = {"customers": pl.lit(1, pl.Int64)}
            counts = milestones.counted(near, ["slice", "cohort", "offset"], one, self._days)
            frames.append(counts.with_columns(unit=pl.lit(unit)))
        return pl.concat(pl.collect_all(frames, engine="streaming"))

    @cached_property
    def download_dates(self) -> pl.DataFrame:
        """Customers by slice and ``date`` of their download."""

        def build() -> pl.LazyFrame:
            profiles = milestones.profiles(self._spells().lazy(), (), self._days)
            members = milestones.members(profiles, self._facts.scan("first_sessions"))
            return milestones.occurrences(members, "download", "day", self._days, self._shape.start_date)

        return self._lake.collect(build)

    @cached_property
    def last_orders(self) -> pl.DataFrame:
        """Customers with an order by slice: ``number``, ``first`` and ``last``, as known from ``day`` to ``until``."""
        first, last = self._days.first, self._days.last

        def build() -> pl.LazyFrame:
            orders = self._facts.scan("customer_orders")
            known = churn.buyers(orders.filter(pl.col("day") <= first)).with_columns(day=pl.lit(first, pl.Date))
            if first == last:
                return known.select("slice", "number", "first", "last", "day", until=pl.lit(None, pl.Date))
            later = orders.filter(pl.col("day") > first).group_by(*PAIR, "day")
            new = later.agg(pl.col("number").max(), first=pl.col("at").min(), last=pl.col("at").max())
            return journey.states(
                pl.concat([frame.select(*PAIR, "day", "number", "first", "last") for frame in (known, new)])
            )

        return self._lake.collect(build)

    @cached_property
    def gaps(self) -> pl.DataFrame:
        """``microseconds`` since the order before, of orders whose ``number`` belongs to a stage of the journey.

        In order of slice, number and these.
        """
        last = journey.last_stage(self.numbers.lazy())
        gap = (pl.col("at") - pl.col("previous_at")).dt.total_microseconds()

        def build() -> pl.LazyFrame:
            orders = self._facts.scan("customer_orders").filter(pl.col("number").is_between(2, last))
            return orders.select("slice", "number", self._facts.counts_from(), microseconds=gap)

        return sort_by(self._lake.collect(build), ["slice", "number", "microseconds"])

    @cached_property
    def churn_weeks(self) -> pl.DataFrame:
        """``churn_weeks`` by slice and ``week``, the Monday that begins when the Sunday ends."""
        return self._lake.collect(
            lambda: self._facts.scan("churn_weeks").with_columns(
                pl.max_horizontal(_week(), pl.lit(self._days.first)).alias("day"), week=_week()
            )
        )


def _week() -> pl.Expr:
    return pl.col("day") + timedelta(days=1)


def first_orders(purchases: pl.LazyFrame, spells: pl.LazyFrame, days: milestones.Days) -> pl.LazyFrame:
    """First orders by slice and customer with what is known of the download from ``day`` to ``until``.

    Args:
        purchases: ``first_purchases``.
        spells: see ``milestones.spells``.
    """
    known = spells.select("customer", "since", "until", "download")
    rows = purchases.join(known, on="customer").select(
        "slice",
        "customer",
        "until",
        day=pl.max_horizontal("day", "since", pl.lit(days.first)),
        download=local_day(pl.col("download"), days.time_zone),
        ordered="day",
        microseconds=(pl.col("at") - pl.col("download")).dt.total_microseconds(),
    )
    # Not over before it begins.
    return rows.filter(pl.col("until").is_null() | (pl.col("day") <= pl.col("until")))


def download_offsets(rows: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    """``first_orders`` with ``cohort``, the day or Monday of the download, and ``offset``, as far as tables go."""
    cohort, ordered = period(UNITS[unit], "download"), period(UNITS[unit], "ordered")
    since = (ordered - cohort).dt.total_days() // (7 if unit == "week" else 1)
    dated = rows.with_columns(cohort=cohort, offset=since.clip(lower_bound=0).cast(pl.Int64))
    return dated.filter(pl.col("offset") <= LAST_OFFSET)


def cohorts_of(rows: pl.LazyFrame) -> pl.LazyFrame:
    """``next_orders`` with ``cohort``, the day or Monday that lies ``offset`` periods before ``day``."""
    back = pl.col("offset").cast(pl.Int32)
    in_weeks = (period("1w").to_physical() - 7 * back).cast(pl.Date)
    in_days = (pl.col("day").to_physical() - back).cast(pl.Date)
    return rows.with_columns(cohort=pl.when(pl.col("unit") == "week").then(in_weeks).otherwise(in_days))
