"""First orders of a shop by day, and what those who came have spent since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.clv.records import Floats, Ints

WEEK = 7


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """First orders of a shop by day, and what those who came have spent since.

    Attributes:
        start: number of the day of the shop's first order.
        came: customers with their first order on each day from ``start`` on; its length says what is known.
        first: for each sum the day of the first order of those it is of, counted from ``start``.
        age: for each sum the days since then.
        spent: sums of what was paid, in the shop's currency.

    >>> arrivals = Arrivals.of(History([1, 2, 1], at=[0.5, 2.1, 2.9], amount=[10, 5, 7]), end=4)
    >>> arrivals.came, arrivals.first, arrivals.age, arrivals.spent
    (array([1., 0., 1., 0.]), array([0, 0, 2]), array([0, 2, 0]), array([10.,  7.,  5.]))
    """

    start: int
    came: Floats
    first: Ints
    age: Ints
    spent: Floats

    @classmethod
    def of(cls, history: History, end: int) -> Arrivals:
        """Those of a history before a day."""
        known = history.until(float(end))
        start = int(known.day.min(initial=end))
        days = end - start
        first = np.repeat(known.day[known.starts], known.counts) - start
        cell, place = np.unique(first * max(days, 1) + known.day - start, return_inverse=True)
        by_first, day = np.divmod(cell, max(days, 1))
        came = np.bincount(known.day[known.starts] - start, minlength=days).astype(np.float64)
        spent = np.bincount(place, known.amount, minlength=cell.size).astype(np.float64)
        return cls(start, came, by_first, day - by_first, spent)

    @property
    def end(self) -> int:
        """The first day that is not known."""
        return self.start + self.came.size

    def until(self, end: int) -> Arrivals:
        """What was known at the begin of a day."""
        days = min(max(end - self.start, 0), self.came.size)
        known = self.first + self.age < days
        return Arrivals(self.start, self.came[:days], self.first[known], self.age[known], self.spent[known])

    def outcome(self, origin: int, horizon: int) -> tuple[float, float]:
        """Customers with their first order in a horizon, and what they spent by its end."""
        begin = origin - self.start
        inside = (self.first >= begin) & (self.first + self.age < begin + horizon)
        return float(self.came[begin : begin + horizon].sum()), float(self.spent[inside].sum())

    def amount(self, begin: int, horizon: int) -> float:
        """What all customers spent from a day on, for so many days."""
        day = self.first + self.age + self.start
        return float(self.spent[(day >= begin) & (day < begin + horizon)].sum())

    @property
    def by_day(self) -> Floats:
        """What all customers spent on each day."""
        return np.bincount(self.first + self.age, self.spent, minlength=self.came.size).astype(np.float64)
