"""What a load reads of one source: which fields, by which rules, for which days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ca_platform.ingest.fields import Field, columns_of
from ca_platform.ingest.table import Rules
from ca_platform.ingest.values import Reading


@dataclass(frozen=True)
class Window:
    """Which days a load is about.

    Attributes:
        days: the asked local days; None: the whole source (a snapshot).
        start_date: earlier rows are out of range. They are counted by the load of the first day, and by no other, so
            that loads in parts add up to one load of all.
        slack: rows this many days outside are kept, since their own day is not known yet.
    """

    days: frozenset[date] | None
    start_date: date
    slack: int = 0

    def split(self, day: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Rows of the asked days, and rows before the first day that this load has to count."""
        assert self.days is not None  # noqa: S101
        early = (day < self.start_date).fill_null(value=False) & (self.start_date in self.days)
        first, last = min(self.days), max(self.days)
        low, high = day.min(), day.max()
        if low is not None and first <= low and high <= last and self._is_whole(first, last):  # type: ignore[operator]
            return day.is_not_null(), early
        inside = day.is_between(first - timedelta(days=self.slack), last + timedelta(days=self.slack))
        if not self._is_whole(first, last) and not self.slack:
            inside &= day.is_in(sorted(self.days))
        return (inside & (day >= self.start_date)).fill_null(value=False), early

    def _is_whole(self, first: date, last: date) -> bool:
        return self.days is not None and (last - first).days + 1 == len(self.days)


@dataclass(frozen=True)
class Plan:
    """How the rows of one source are read and judged.

    Attributes:
        day: the instant whose local day a row belongs to; None: it has none.
        rules: marks bad rows and makes the lake's columns.
        output: columns of the good rows, in the order of the lake.
        open_without_day: rows that have no such instant are open, not bad.
        is_text: rows are lines of a text file.
    """

    name: str
    fields: Sequence[Field]
    reading: Reading
    window: Window
    day: str | None
    rules: Rules
    output: Sequence[str]
    files: Sequence[str] = ()
    open_without_day: bool = False
    is_text: bool = False


def needed_columns(plan: Plan) -> list[str]:
    """Source columns that a plan reads."""
    return columns_of(list(plan.fields))
