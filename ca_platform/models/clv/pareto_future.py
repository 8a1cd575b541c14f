"""What comes after a history under Pareto/NBD.

Given that a customer lives at the end of the history, λ is Gamma(r + x, α + T) and μ is Gamma(s, β + T), independent of
each other: a new customer with parameters of its own. Fader and Hardie 2005, section 5; 2014, on conditional PMFs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ca_platform.models.clv.pareto import Leaving
from ca_platform.models.clv.records import Fit, Floats, Rows, Summary
from ca_platform.models.clv.special import beta_share, legendre, mean_growth

_NODES = 32
_ROWS = 2_000


class ParetoFuture:
    """The future of a summary's customers.

    Attributes:
        alive: probability that the customer has not left, by row.
    """

    def __init__(self, fit: Fit, summary: Summary) -> None:
        self._s = fit["s"]
        self._orders = fit["r"] + summary.repeats
        self._alpha = fit["alpha"] + summary.age_weeks
        self._beta = fit["beta"] + summary.age_weeks
        self.alive: Floats = self._alive(fit, summary)

    def no_order(self, weeks: float) -> Floats:
        """Probability of no order within so many weeks: gone, silent throughout, or leaving before the next order."""
        result = np.empty(self.alive.size)
        for begin in range(0, result.size, _ROWS):
            rows = slice(begin, begin + _ROWS)
            orders, alpha, beta = self._orders[rows], self._alpha[rows], self._beta[rows]
            zero = np.zeros(orders.size)
            leaving = Leaving(orders, alpha, self._s + 1, beta, zero, zero + weeks, _NODES)
            scale = np.log(self._s) + self._s * np.log(beta) + orders * np.log(alpha)
            left = np.exp(leaving.logs + scale[:, None]).sum(axis=1)
            silent = np.exp(-orders * np.log1p(weeks / alpha) - self._s * np.log1p(weeks / beta))
            result[rows] = silent + left
        return np.clip(1 - self.alive * (1 - result), 0.0, 1.0)

    def expected(self, weeks: float) -> Floats:
        """Mean number of orders within so many weeks (eq. 41 of Fader and Hardie 2005).

        Mean rate times mean time alive within the horizon; written so that s = 1 is no exception.
        """
        span = np.log1p(weeks / self._beta)
        time_alive = self._beta * span * mean_growth((1 - self._s) * span)
        return np.asarray(self.alive * self._orders / self._alpha * time_alive)

    def survival(self, count: int, weeks: float, rows: Rows = slice(None)) -> Floats:
        """Probability of at least so many orders, 1 and up, within so many weeks.

        A mean of negative binomials over the time alive within the horizon.
        """
        times, density = self._times(weeks, rows)
        reached = beta_share(float(count), self._orders[rows][:, None], times / (self._alpha[rows][:, None] + times))
        return np.asarray(self.alive[rows] * np.sum(density * reached, axis=1))

    def survivals(self, weeks: float, rows: Rows = slice(None)) -> Iterator[Floats]:
        """``survival`` of 1, 2, 3 and so on, each from the one before: ten times faster than one by one."""
        times, density = self._times(weeks, rows)
        orders, alpha = self._orders[rows][:, None], self._alpha[rows][:, None]
        # In logarithms: of a customer with thousands of orders the first chances are too small for numbers.
        step = np.log(times) - np.log(alpha + times)
        exactly = -orders * np.log1p(times / alpha)
        fewer = np.exp(exactly)
        for count in itertools.count(1):
            yield self.alive[rows] * np.sum(density * (1 - fewer), axis=1)
            exactly += np.log((orders + (count - 1)) / count) + step
            fewer += np.exp(exactly)

    def _times(self, weeks: float, rows: Rows) -> tuple[Floats, Floats]:
        """Times alive within the horizon of customers who live, a row each, and their probabilities; the last is all of it."""
        beta = self._beta[rows][:, None]
        place, weight = legendre(_NODES)
        span = np.log1p(weeks / beta)
        times = np.append(beta * np.expm1(span * place), np.full(beta.shape, weeks), axis=1)
        density = weight * span * self._s * np.exp(-self._s * span * place)
        return times, np.append(density, np.exp(-self._s * span), axis=1)

    def waiting_weeks(self, share: float = 0.5) -> Floats:
        """Weeks until the next order of a customer who stays, at the given share of the distribution."""
        return np.asarray(self._alpha * np.expm1(-np.log1p(-share) / self._orders))

    def _alive(self, fit: Fit, summary: Summary) -> Floats:
        """Alive against left between the last order and now (eq. 7 of Fader and Hardie 2005)."""
        result = np.empty(len(summary))
        for begin in range(0, result.size, _ROWS):
            rows = slice(begin, begin + _ROWS)
            n, recency, age = self._orders[rows], summary.recency_weeks[rows], summary.age_weeks[rows]
            gone = Leaving(n, fit["alpha"], self._s + 1, fit["beta"], recency, age, _NODES)
            alive = -n * np.log(self._alpha[rows]) - self._s * np.log(self._beta[rows])
            left = gone.logs + np.log(self._s)
            largest = np.maximum(alive, left.max(axis=1))
            lives = np.exp(alive - largest)
            result[rows] = lives / (lives + np.exp(left - largest[:, None]).sum(axis=1))
        return result
