"""Weeks of trade: time that passes faster when shops sell more, as they do before Christmas.

A shop that is younger than a year cannot tell its season from what it is, and expects of the autumn what the summer was.
All shops together are known. The models of orders, to whom a customer's rate stays, take time by the clock of the usual
year of retail instead: a week in December is longer than one in January, and a year is a year. (A Poisson process whose
rate varies is one with a constant rate by another clock: Daley and Vere-Jones 2003, "An Introduction to the Theory of
Point Processes", section 2.4.)

What the usual year is stands in public statistics: the course of the months is that of general merchandise in the
adjustment factors of the US Census Bureau (Monthly Retail Trade Survey, 2012), moved so that the quarters are those of
retail e-commerce (its quarterly sales, not adjusted over adjusted, 2013 to 2015). What is bought every week is bought in
every season alike: of food the last quarter is 3 % above the others, of all e-commerce 30 %. So the more often
customers come, the plainer is the clock. A shop that has seen whole years learns its own (``season``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.models.clv.records import Floats, Summary

YEAR_DAYS = 365.2425
MONTH_DAYS = (31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEK = 7.0
# January first.
_USUAL = (0.870, 0.935, 0.981, 0.927, 0.951, 0.937, 0.921, 0.968, 0.891, 1.007, 1.155, 1.456)
# Of a shop whose customers come again every week, one eighth of the usual season is left.
_OFTEN = 7.0


@dataclass(frozen=True)
class Clock:
    """The time of trade over days that are counted from 1970-01-01.

    Attributes:
        months: what is sold on a day of each month, January first, by any common measure; above 0. All alike where there is
            no season, and plain time is all there is.

    >>> usual = seasonal(1.0)
    >>> from datetime import date
    >>> months = [(date(2024, month, 1) - date(1970, 1, 1)).days for month in (7, 8, 12)]
    >>> usual.weeks(months, np.add(months, 28)).round(2).tolist()
    [3.68, 3.87, 5.82]
    >>> PLAIN.weeks(months, np.add(months, 28)).tolist()
    [4.0, 4.0, 4.0]
    """

    months: tuple[float, ...] = (1.0,) * 12

    def weeks(self, start: ArrayLike, end: ArrayLike) -> Floats:
        """Weeks of trade from the begin of a day to that of another one."""
        return np.asarray((self._passed(end) - self._passed(start)) / _WEEK)

    def days(self, start: float, weeks: Floats) -> Floats:
        """Days from the begin of a day until so many weeks of trade have passed; may be infinite."""
        if self._is_plain:
            return weeks * _WEEK
        finite = np.isfinite(weeks)
        year, rest = np.divmod(self._passed(start) + np.where(finite, weeks, 0.0) * _WEEK, YEAR_DAYS)
        calendar, trade = self._knots
        return np.where(finite, year * YEAR_DAYS + np.interp(rest, trade, calendar) - start, weeks)

    def trade(self, start: int, days: int) -> Floats:
        """What is sold on each of so many days from one on; 1 in the mean of a year.

        >>> Clock((1.0,) * 11 + (2.0,)).trade(-32, 3).round(2)
        array([0.92, 1.84, 1.84])
        """
        return np.diff(self._passed(start + np.arange(days + 1)))

    def unlike(self, other: Clock) -> float:
        """How far the months of two years are apart: the root mean square of the logarithms of their ratios, by length.

        >>> PLAIN.unlike(PLAIN), round(seasonal(1.0).unlike(PLAIN), 2)
        (0.0, 0.14)
        """
        return float(np.sqrt(np.array(MONTH_DAYS) / YEAR_DAYS @ np.log(self.shares / other.shares) ** 2))

    @cached_property
    def shares(self) -> Floats:
        """The part of a year's trade that each month has."""
        sold = np.array(self.months) * np.array(MONTH_DAYS)
        return np.asarray(sold / sold.sum())

    @cached_property
    def _is_plain(self) -> bool:
        return len(set(self.months)) == 1

    def _passed(self, day: ArrayLike) -> Floats:
        """Days of trade since 1970."""
        if self._is_plain:
            return np.asarray(day, np.float64)
        year, rest = np.divmod(np.asarray(day, np.float64), YEAR_DAYS)
        return np.asarray(year * YEAR_DAYS + np.interp(rest, *self._knots))

    @cached_property
    def _knots(self) -> tuple[Floats, Floats]:
        """Days of the year at which months begin, and the days of trade by then; both end with those of a year."""
        return np.append(0.0, np.cumsum(MONTH_DAYS)), np.append(0.0, np.cumsum(self.shares * YEAR_DAYS))


PLAIN = Clock()
"""The clock of days that have no date."""


def seasonal(strength: float) -> Clock:
    """The usual year of retail at a strength: 1 as it is, 0 without a season."""
    return Clock(tuple(month**strength for month in _USUAL))


def usual_clock(summary: Summary) -> Clock:
    """The clock of a shop whose customers are these: the usual year to an eighth where they come again every week.

    Args:
        summary: by the plain clock.

    >>> usual_clock(Summary([0, 4], [0, 14], [14, 14])) == seasonal(0.5)
    True
    """
    weeks = float(np.sum(summary.age_weeks * summary.weights))
    again = float(np.sum(summary.repeats * summary.weights))
    return seasonal(weeks / (weeks + _OFTEN * again) if weeks > 0 else 1.0)
