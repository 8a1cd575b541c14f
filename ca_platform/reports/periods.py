"""Calendar periods of a report day: which there are, their names, whether they are whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import polars as pl

from ca_platform.calendar import as_of, monday, start_of_day

Every = Literal["1d", "1w", "1mo"]
MINUTE, HOUR, DAY = 60e6, 3600e6, 86400e6
"""In microseconds."""
UNITS: dict[str, Every] = {"day": "1d", "week": "1w", "month": "1mo"}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days that a report covers.

    Attributes:
        start: the first day of the shop.
        day: the report day, the last one covered.
        history_days: length of tables by day.
    """

    start: date
    day: date
    history_days: int
    time_zone: str

    @property
    def days(self) -> int:
        """Calendar days covered, quiet ones included."""
        return (self.day - self.start).days + 1

    def periods(self, every: Every) -> pl.LazyFrame:
        """``date`` and ``is_partial`` of every period; of days the last ``history_days``."""
        first = max(self.start, self.day - timedelta(days=self.history_days - 1)) if every == "1d" else self.start
        days = pl.LazyFrame({"day": pl.date_range(first, self.day, eager=True)})
        names = days.select(date=period(every)).unique()
        ends = pl.col("date").dt.offset_by(every)
        whole = (pl.col("date") >= self.start) & (ends <= self.day + timedelta(days=1))
        return names.with_columns(is_partial=~whole)

    def cohorts(self, limits: tuple[int, ...]) -> pl.LazyFrame:
        """Weeks by Monday (``cohort``) with ``is_censored_Nd``: N × 24 h have not passed for all of the week."""
        first = monday(self.start)
        weeks = [first + timedelta(weeks=n) for n in range((self.day - first).days // 7 + 1)]
        ends = [start_of_day(week + timedelta(weeks=1), self.time_zone) for week in weeks]
        end = as_of(self.day, self.time_zone)
        censored = {f"is_censored_{n}d": [at + timedelta(days=n) > end for at in ends] for n in limits}
        types = {"cohort": pl.Date(), **dict.fromkeys(censored, pl.Boolean())}
        return pl.LazyFrame({"cohort": weeks, **censored}, schema=types)


def period(every: Every, day: str = "day") -> pl.Expr:
    """Name of the period of a day: the day, its Monday, or the first of its month."""
    return pl.col(day).dt.truncate(every)


def hours() -> pl.LazyFrame:
    """The hours of a day."""
    return pl.LazyFrame({"hour": range(24)}, schema={"hour": pl.Int64})


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Part over whole as a float, null where the whole is 0."""
    return pl.when(whole != 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64))


def in_units(value: pl.Expr, unit: float) -> pl.Expr:
    """A number in another unit, such as microseconds in hours; correctly rounded.

    Polars multiplies a column by the reciprocal of a number, but divides where the column has a single row: the last
    digit would follow from how many rows stand together. A column over a column is always divided.
    """
    number = value.cast(pl.Float64)
    return number / (number * 0 + unit)


def mean_amount(total: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Money per piece, exact to ten digits after the point; null without a piece."""
    return total.cast(pl.Decimal(38, 10)) / pl.when(count > 0).then(count)


def spread(grid: pl.LazyFrame, counts: pl.LazyFrame, on: list[str], measures: list[str]) -> pl.LazyFrame:
    """Counts on every cell of the grid, 0 where there are none."""
    return grid.join(counts, on=on, how="left").with_columns(pl.col(measures).fill_null(0))
