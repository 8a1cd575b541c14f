"""The baseline: everybody goes on at the rate of before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ca_platform.models.clv.records import Fit, Floats, Rows, Summary


def fit_naive(summary: Summary) -> Fit:
    """Nothing is estimated; the log likelihood is that of each customer's own Poisson rate."""
    x, age = summary.repeats, np.maximum(summary.age_weeks, np.finfo(float).tiny)
    likelihood = np.where(x > 0, x * np.log(np.maximum(x, 1) / age) - x, 0.0)
    return Fit("naive", (), float(summary.weights @ likelihood), False, "", summary.customers)


class NaiveFuture:
    """The future of a summary's customers at their rates of repeat orders so far, Poisson, nobody leaving.

    Attributes:
        alive: 1 for everybody.
    """

    def __init__(self, summary: Summary) -> None:
        age = summary.age_weeks
        self._rate = np.divide(summary.repeats, age, out=np.zeros(len(summary)), where=age > 0)
        self.alive: Floats = np.ones(len(summary))

    def no_order(self, weeks: float) -> Floats:
        """Probability of no order within so many weeks; 1 without a repeat order so far."""
        return np.exp(-self._rate * weeks)

    def expected(self, weeks: float) -> Floats:
        """Mean number of orders within so many weeks."""
        return self._rate * weeks

    def survival(self, count: int, weeks: float, rows: Rows = slice(None)) -> Floats:
        """Probability of at least so many orders, 1 and up, within so many weeks."""
        from scipy.special import gammainc

        return np.asarray(gammainc(float(count), self._rate[rows] * weeks))

    def survivals(self, weeks: float, rows: Rows = slice(None)) -> Iterator[Floats]:
        """``survival`` of 1, 2, 3 and so on."""
        return (self.survival(count, weeks, rows) for count in itertools.count(1))

    def waiting_weeks(self, share: float = 0.5) -> Floats:
        """Weeks until the next order, at the given share of the distribution; infinite without a repeat order so far."""
        with np.errstate(divide="ignore"):
            return np.asarray(-np.log1p(-share) / self._rate)
