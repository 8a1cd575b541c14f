"""Which training serves a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ca_platform.calendar import monday

# A model of so many days ago, or more, serves no longer.
MOST_DAYS = 7


def served_by(day: date, trained: Iterable[date], start: date) -> date:
    """The training day whose model serves a day: the last on or before it, or the one that has to be made.

    Where none is younger than ``MOST_DAYS`` that is the Monday of the day's week, or the shop's first day if that is
    later: whichever days are computed, together or one by one, the same models serve them.

    >>> served_by(date(2024, 5, 17), [date(2024, 5, 4), date(2024, 5, 12), date(2024, 5, 18)], date(2024, 1, 1))
    datetime.date(2024, 5, 12)
    >>> served_by(date(2024, 5, 17), [date(2024, 5, 4)], date(2024, 1, 1))
    datetime.date(2024, 5, 13)
    """
    young = [other for other in trained if 0 <= (day - other).days < MOST_DAYS]
    return max(young) if young else max(monday(day), start)
