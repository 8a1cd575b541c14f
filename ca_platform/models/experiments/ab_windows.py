"""Which days are held against which earlier ones: a weekday, a week or a month against the mean of the four before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import polars as pl

from ca_platform.calendar import monday

Word = Literal["daily", "weekly", "monthly"]
WORDS: tuple[Word, ...] = ("daily", "weekly", "monthly")
BEFORE = 4
"""Windows before the latest one."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Days of equal kind, oldest first; the last one is the one that is judged.

    Attributes:
        days: first and last day of each window.
    """

    days: tuple[tuple[date, date], ...]

    @classmethod
    def of(cls, word: Word, day: date) -> Windows:
        """The latest whole window at the end of a day, and the four before it.

        >>> Windows.of("weekly", date(2024, 5, 5)).days[-1]
        (datetime.date(2024, 4, 29), datetime.date(2024, 5, 5))
        >>> Windows.of("monthly", date(2024, 5, 30)).days[0]
        (datetime.date(2023, 12, 1), datetime.date(2023, 12, 31))
        """
        if word == "monthly":
            return cls(_months(day))
        length = timedelta(days=0 if word == "daily" else 6)
        # The day itself, or the Monday of the last week that is over.
        first = day if word == "daily" else monday(day + timedelta(days=1)) - timedelta(weeks=1)
        begins = [first - timedelta(weeks=back) for back in range(BEFORE, -1, -1)]
        return cls(tuple((begin, begin + length) for begin in begins))

    @property
    def since(self) -> date:
        """The day before the oldest window: at its end it is known who is where."""
        return self.days[0][0] - timedelta(days=1)

    @property
    def last(self) -> tuple[date, date]:
        """First and last day of the latest window."""
        return self.days[-1]

    @property
    def number(self) -> pl.Expr:
        """Number of the window of ``day``, from 0; null between them."""
        found = pl.lit(None, pl.UInt8)
        for number, (first, last) in enumerate(self.days):
            found = pl.when(pl.col("day").is_between(first, last)).then(pl.lit(number, pl.UInt8)).otherwise(found)
        return found


def _months(day: date) -> tuple[tuple[date, date], ...]:
    months = []
    end = (day + timedelta(days=1)).replace(day=1)
    for _ in range(BEFORE + 1):
        last = end - timedelta(days=1)
        end = last.replace(day=1)
        months.append((end, last))
    return tuple(reversed(months))
