"""A shop's own year: how much it sells in each month, as far as the years that it has seen tell.

What a month is beside the usual year of retail is taken for the shop's own as far as it comes again: the deviations of all
months are drawn towards none by the share of their variance that years which differ from each other, and orders that are
few, explain alone (James and Stein 1961; Efron and Morris 1973, "Stein's estimation rule and its competitors", eq. 2.9, its
positive part).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.clv.clock import MONTH_DAYS, YEAR_DAYS, Clock
from ca_platform.models.clv.records import Floats, Ints

# Older years are of another shop.
_MOST_YEARS = 5
# Who has orders of 365 days has seen a year: what lacks at its begin tells no month apart.
_GRACE_DAYS = 7
# Orders by the usual year that each year begins with: a month without an order is not a month that sells nothing.
_BEFORE = 6.0
# Variance of the logarithm of a month beside the year: from year to year, which counts like so many months more; and in a
# single year, where nothing tells the season from a shop that grows or customers who leave.
_FROM_YEAR_TO_YEAR, _MONTHS_MORE, _OF_ONE_YEAR = 0.02, 11, 0.5

_LENGTHS = np.array(MONTH_DAYS) / YEAR_DAYS


@dataclass(frozen=True, slots=True, eq=False)
class _Years:
    """The whole years before a day: logarithms of their months beside the usual ones, a row for each."""

    beside_usual: Floats

    @property
    def mean(self) -> Floats:
        return np.asarray(self.beside_usual.mean(axis=0))

    @property
    def variance(self) -> float:
        """Of a month in one year about what it is in all."""
        years, months = self.beside_usual.shape
        if years == 1:
            return _OF_ONE_YEAR
        free = float((months - 1) * (years - 1))
        off = float(np.sum((self.beside_usual - self.mean) ** 2))
        return (_MONTHS_MORE * _FROM_YEAR_TO_YEAR + off) / (_MONTHS_MORE + free)

    @property
    def kept(self) -> float:
        """The share of the deviations that is the shop's own."""
        seen = float(_LENGTHS @ self.mean**2)
        return max(1 - self.variance / self.beside_usual.shape[0] / seen, 0.0) if seen > 0 else 0.0


def own_clock(days: Ints, end: int, usual: Clock) -> Clock:
    """The clock of a shop with orders on these days, all before ``end``; the usual one before a year has passed.

    >>> from ca_platform.models.clv.clock import PLAIN
    >>> a_year = np.arange(365, 730)
    >>> december = a_year[np.arange(365) % 365 >= 334]
    >>> months = own_clock(np.repeat(np.append(a_year, a_year + 365), 5), 1095, PLAIN).months
    >>> max(months) - min(months) < 0.01
    True
    >>> gifts = np.sort(np.concatenate([a_year, a_year + 365, np.repeat(december, 20), np.repeat(december + 365, 20)]))
    >>> clock = own_clock(gifts, 1096, PLAIN)
    >>> round(clock.months[11] / clock.months[5], -1)
    20.0
    """
    first = int(days.min(initial=end))
    years = min(whole_years(first, end), _MOST_YEARS)
    if years < 1:
        return usual
    ago = np.asarray(end - 0.5 - days, np.float64)
    own = ago < years * YEAR_DAYS
    seen = _years(days[own], ago[own] / YEAR_DAYS, years, usual)
    months = np.array(usual.months) * np.exp(seen.kept * seen.mean)
    return Clock(tuple(months.tolist()))


def whole_years(first: int, end: int) -> int:
    """Years that have been seen from a day up to, but not with, another one; a week less than a year is one.

    >>> whole_years(0, 730), whole_years(0, 350)
    (2, 0)
    """
    return int((end - first + _GRACE_DAYS) // YEAR_DAYS)


def _years(days: Ints, ago: Floats, years: int, usual: Clock) -> _Years:
    """Args: ago: in years."""
    year = ago.astype(np.int64)
    orders = np.bincount(year, minlength=years)
    # A shop that grows sells more in the later months of each year.
    growth = -np.polyfit(np.arange(years), np.log(np.maximum(orders, 1)), 1)[0] if years > 1 else 0.0
    place = year * 12 + _month(days)
    sold = np.bincount(place, np.exp(growth * ago), minlength=years * 12).reshape(years, 12)
    shares = (sold + _BEFORE * usual.shares) / (sold.sum(axis=1, keepdims=True) + _BEFORE)
    return _Years(np.log(shares / usual.shares))


def _month(days: Ints) -> Ints:
    """Months as the clock takes them, 0 for January."""
    ends = np.cumsum(MONTH_DAYS)[:-1]
    return np.asarray(np.searchsorted(ends, np.mod(days, YEAR_DAYS), side="right"))
