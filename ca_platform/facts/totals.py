"""Running totals of histogram facts at the ends of months, so that a late day need not add up all days before it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import first_of_month
from ca_platform.facts.registry import Totals


def month_end(day: date) -> date:
    """Last day of the month of ``day``."""
    return first_of_month(first_of_month(day) + timedelta(days=31)) - timedelta(days=1)


def month_ends(days: Iterable[date]) -> list[date]:
    """Those of the days that end a month, in order."""
    return sorted(day for day in set(days) if day == month_end(day))


def last_month_end(day: date) -> date:
    """The newest month end on or before ``day``."""
    return day if day == month_end(day) else first_of_month(day) - timedelta(days=1)


def running_totals(before: pl.LazyFrame, since: pl.LazyFrame, day: date, totals: Totals) -> pl.LazyFrame:
    """The fact of all days up to ``day``, added up: that of an earlier month end and the days since."""
    columns = [*totals.key, *totals.sums, *totals.newest]
    rows = pl.concat([frame.select("day", *columns) for frame in (before, since)])
    # Numbers of texts are passed around faster than texts.
    rows = rows.with_columns(pl.col(totals.newest).cast(pl.Categorical))
    newest = [pl.col(name).get(pl.col("day").arg_max()) for name in totals.newest]
    summed = rows.group_by(totals.key).agg(pl.col(totals.sums).sum(), *newest)
    return summed.select(pl.lit(day, pl.Date).alias("day"), *columns)
