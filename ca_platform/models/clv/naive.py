"""The baseline: everybody goes on at the rate of before, as far as it is known.

A rate that has been told by few orders is not known: who has ordered once so far will not order never again. So each
customer's rate of repeat orders is Gamma over what it may be, with the shop's mean and half an order before the customer's
own (the shape of the reference prior of a Poisson rate, Jeffreys 1961), and nothing else is assumed; nobody leaves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ca_platform.models.clv.maximum import Parameter
from ca_platform.models.clv.records import Estimate, Fit, Floats, Rows, Summary
from ca_platform.models.clv.special import beta_share, log_gamma

PARAMETERS = (Parameter("rate", "orders/week", 0.0, np.inf),)

# Orders that each customer begins with.
_BEFORE = 0.5


def fit_naive(summary: Summary) -> Fit:
    """The shop's mean rate of repeat orders is taken as it is; the log likelihood is that of the Gamma rates.

    >>> fit_naive(Summary([0, 3], [0, 6], [10, 20]))["rate"]
    0.1
    """
    weeks, repeats = (float(summary.weights @ column) for column in (summary.age_weeks, summary.repeats))
    rate = repeats / weeks if weeks > 0 else 0.0
    likelihood = float(summary.weights @ _log_likelihood(summary, _BEFORE / rate)) if rate > 0 else 0.0
    return Fit("naive", (Estimate("rate", "orders/week", rate, None),), likelihood, False, "", summary.customers)


def _log_likelihood(summary: Summary, before_weeks: float) -> Floats:
    orders = _BEFORE + summary.repeats
    gained = log_gamma(orders) - log_gamma(_BEFORE) + _BEFORE * np.log(before_weeks)
    return np.asarray(gained - orders * np.log(before_weeks + summary.age_weeks))


class NaiveFuture:
    """The future of a summary's customers at rates of their own, nobody leaving; orders are negative binomial.

    Attributes:
        alive: 1 for everybody.
    """

    def __init__(self, fit: Fit, summary: Summary) -> None:
        # In a shop in which nobody has ordered twice, nobody will.
        before_weeks = _BEFORE / fit["rate"] if fit["rate"] > 0 else np.inf
        self._orders, self._weeks = _BEFORE + summary.repeats, before_weeks + summary.age_weeks
        self.alive: Floats = np.ones(len(summary))

    def no_order(self, weeks: float) -> Floats:
        """Probability of no order within so many weeks."""
        return np.asarray(np.exp(-self._orders * np.log1p(weeks / self._weeks)))

    def expected(self, weeks: float) -> Floats:
        """Mean number of orders within so many weeks."""
        return np.asarray(self._orders / self._weeks * weeks)

    def survival(self, count: int, weeks: float, rows: Rows = slice(None)) -> Floats:
        """Probability of at least so many orders, 1 and up, within so many weeks."""
        return beta_share(float(count), self._orders[rows], weeks / (self._weeks[rows] + weeks))

    def survivals(self, weeks: float, rows: Rows = slice(None)) -> Iterator[Floats]:
        """``survival`` of 1, 2, 3 and so on."""
        return (self.survival(count, weeks, rows) for count in itertools.count(1))

    def waiting_weeks(self, share: float = 0.5) -> Floats:
        """Weeks until the next order, at the given share of the distribution; infinite where nobody has ordered twice."""
        return np.asarray(self._weeks * np.expm1(-np.log1p(-share) / self._orders))
