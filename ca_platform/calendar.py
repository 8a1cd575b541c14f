"""Days, weeks and instants of the business time zone. The only place that turns one into the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

INSTANT = pl.Datetime("us", "UTC")


def start_of_day(day: date, time_zone: str) -> datetime:
    """First instant of a local calendar day, in UTC.

    Where local midnight is skipped by a daylight-saving change the day begins at its first instant;
    where it occurs twice, at the first of the two.
    """
    local = datetime.combine(day, time.min, ZoneInfo(time_zone))
    # A skipped wall time read with fold=0 uses the offset before the gap: its instant is the moment of the
    # change itself, which is the first instant of the day.
    return local.astimezone(UTC)


def as_of(day: date, time_zone: str) -> datetime:
    """End of a report day: the first instant of the next local day, in UTC."""
    return start_of_day(day + timedelta(days=1), time_zone)


def days_between(start: date, end: date) -> Iterator[date]:
    """Local days from ``start`` to ``end``, both included."""
    for offset in range((end - start).days + 1):
        yield start + timedelta(days=offset)


def day_ranges(days: Iterable[date]) -> list[tuple[date, date]]:
    """First and last day of each stretch of days without a gap; the days come in order."""
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = ranges[-1][0], day
        else:
            ranges.append((day, day))
    return ranges


def days_together(rows: Mapping[date, int], limit: int) -> list[list[date]]:
    """Days cut into runs of no more than ``limit`` rows, in their order; a day that has more is alone.

    >>> first = date(2024, 3, 1)
    >>> [len(run) for run in days_together({first + timedelta(days=n): 40 for n in range(5)}, 100)]
    [2, 2, 1]
    """
    runs: list[list[date]] = []
    total = 0
    for day, own in rows.items():
        if not runs or total + own > limit:
            runs.append([])
            total = 0
        runs[-1].append(day)
        total += own
    return runs


def days_in_words(days: Iterable[date], limit: int) -> str:
    """Days in order as ranges, cut after ``limit`` of them."""
    texts = [f"{first}" if first == last else f"{first} to {last}" for first, last in day_ranges(days)]
    more = len(texts) - limit
    return ", ".join(texts[:limit]) + (f" and {more} more ranges" if more > 0 else "")


def monday(day: date) -> date:
    """Name of the week that contains ``day``."""
    return day - timedelta(days=day.weekday())


def first_of_month(day: date) -> date:
    """Name of the month that contains ``day``."""
    return day.replace(day=1)


def local_day(instant: pl.Expr, time_zone: str) -> pl.Expr:
    """Local calendar day of an instant column (UTC)."""
    return instant.dt.convert_time_zone(time_zone).dt.date()


def local_hour(instant: pl.Expr, time_zone: str) -> pl.Expr:
    """Local hour of day 0–23 of an instant column (UTC)."""
    return instant.dt.convert_time_zone(time_zone).dt.hour()
