"""The days that a source has rows of: a quick look at its dates, without its other columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import local_day, start_of_day
from ca_platform.errors import SourceError
from ca_platform.ingest.fields import map_fields
from ca_platform.ingest.instants import read_instants
from ca_platform.ingest.job import DAY_COLUMN, connect, mapping_of
from ca_platform.settings import Settings
from ca_platform.sources.base import Bounds

_FAR = timedelta(days=365)
_FEW = 100
"""One row in so many, or a single row, may lie far before all others."""
_SCHEMA = {"day": pl.Date(), "rows": pl.UInt32()}


@dataclass(frozen=True)
class Beginning:
    """Where the days of a source begin.

    Attributes:
        day: the first day, but for a few rows that lie more than a year before all others.
        early: how many rows these are, as far as was looked.
        first: the first day of all.
    """

    day: date
    early: int
    first: date


def day_range(source: str, settings: Settings, until: date | None = None) -> tuple[date, date] | None:
    """First and last local day that the source has, before ``start_date`` too; None where it has no dates.

    Values that are no dates are passed over, unless more than half are.

    Args:
        until: days after it are passed over; None: none are.
    """
    days = seen_days(source, settings, until)["day"]
    return (days[0], days[-1]) if len(days) else None


def seen_days(source: str, settings: Settings, until: date | None = None) -> pl.DataFrame:
    """``day`` and ``rows``, in order: of files all days, of a table those of its first thousand rows by date and the last.

    Raises:
        SourceError: more than half of the values are no dates.
    """
    nothing = pl.DataFrame(schema=_SCHEMA)
    mapping = mapping_of(source, settings)
    target = DAY_COLUMN[source]
    if target is None:
        return nothing
    zone = settings.business.time_zone
    opened = connect(source, settings)
    fields = map_fields(source, mapping, opened.schema(), opened.label)
    column = next((item.column for item in fields if item.target == target), None)
    if column is None:
        return nothing
    end = None if until is None else start_of_day(until + timedelta(days=1), zone)
    counts: list[pl.DataFrame] = []
    values = unreadable = 0
    for raw in opened.extremes(column, Bounds(column, None, end, zone)):
        read = read_instants(raw, zone, mapping.date_format)
        values += len(raw) - raw.null_count()
        unreadable += sum(int(rows.sum()) for rows in read.problems.values())
        days = read.values.drop_nulls().to_frame("at").select(day=local_day(pl.col("at"), zone))
        counts.append(days.group_by("day").agg(rows=pl.len()))
    if unreadable * 2 > values:
        raise SourceError(
            f"{opened.label}: {unreadable:,} of {values:,} values of the column {column!r} are no dates. Say how they are "
            'written, such as `date_format: "%d.%m.%Y %H:%M"`, or map another column.'
        )
    found = pl.concat([nothing, *counts]).group_by("day").agg(pl.col("rows").sum()).sort("day")
    return found if until is None else found.filter(pl.col("day") <= until)


def beginning(days: pl.DataFrame) -> Beginning:
    """Where the days begin: a few rows that lie far before all others are wrong dates, or tries.

    >>> days = pl.DataFrame({"day": [date(1970, 1, 1), date(2024, 3, 1), date(2024, 3, 2)], "rows": [1, 5, 9]})
    >>> beginning(days)
    Beginning(day=datetime.date(2024, 3, 1), early=1, first=datetime.date(1970, 1, 1))
    """
    most = max(1, int(days["rows"].sum()) // _FEW)
    known, before = days["day"].to_list(), days["rows"].cum_sum().to_list()
    starts = [at for at in range(1, len(known)) if before[at - 1] <= most and known[at] - known[at - 1] > _FAR]
    start = starts[-1] if starts else 0
    return Beginning(known[start], before[start - 1] if start else 0, known[0])
