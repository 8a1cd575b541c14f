"""Running totals of histogram facts at the ends of months, so that a late day need not add up all days before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import first_of_month


def month_end(day: date) -> date:
    """Last day of the month of ``day``."""
    return first_of_month(first_of_month(day) + timedelta(days=31)) - timedelta(days=1)


def month_ends(days: Iterable[date]) -> list[date]:
    """Those of the days that end a month, in order."""
    return sorted(day for day in set(days) if day == month_end(day))


def last_month_end(day: date) -> date:
    """The newest month end on or before ``day``."""
    return day if day == month_end(day) else first_of_month(day) - timedelta(days=1)


def running_totals(
    before: pl.LazyFrame, since: pl.LazyFrame, day: date, key: Sequence[str], count: str
) -> pl.LazyFrame:
    """The histogram of all days up to ``day``: that of an earlier month end and the days since."""
    rows = pl.concat([frame.select(*key, count) for frame in (before, since)])
    summed = rows.group_by(key).agg(pl.col(count).sum())
    return summed.select(pl.lit(day, pl.Date).alias("day"), *key, count)
