"""What comes after a history under BG/NBD, MBG/NBD and MBG/CNBD-k.

Given that a customer lives at the end of the history with j ticks gone by since the last order, λ is Gamma(r + kx + j,
α + T) and p is Beta(a, b + stays), independent of each other: all that follows is a sum over j.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ca_platform.models.clv.beta_geometric import Shape
from ca_platform.models.clv.records import Fit, Floats, Rows, Summary
from ca_platform.models.clv.special import beta_nodes, beta_share

# Orders of the horizon are summed up until this share of them is left.
_NEGLIGIBLE = 1e-10
_ROWS = 50_000
# The time of the next order is found to a part of it that no clock shows.
_HALVINGS = 30


class BetaGeometricFuture:
    """The future of a summary's customers.

    Attributes:
        alive: probability that the customer has not left, by row.
    """

    def __init__(self, fit: Fit, summary: Summary, shape: Shape) -> None:
        self._k = shape.regularity
        self._a = fit["a"]
        self._b = fit["b"] + summary.repeats + shape.chances
        self._shape = fit["r"] + self._k * summary.repeats
        self._scale = fit["alpha"] + summary.age_weeks
        ways = self._ways(fit, summary, shape)
        self._phases = ways[:-1]
        self.alive: Floats = self._phases.sum(axis=0)

    def no_order(self, weeks: float) -> Floats:
        """Probability of no order within so many weeks."""
        ordering = np.zeros(self.alive.size)
        for phase in range(self._k):
            ordering += self._phases[phase] * self._reaching(1, phase, weeks, slice(None))
        return 1 - ordering

    def expected(self, weeks: float) -> Floats:
        """Mean number of orders within so many weeks."""
        return self._expected_at_random(weeks) if self._k == 1 else self._expected_by_sum(weeks)

    def survival(self, count: int, weeks: float, rows: Rows = slice(None)) -> Floats:
        """Probability of at least so many orders, 1 and up, within so many weeks.

        The customer must live, be on time for that many, and have stayed after each but the last of them, of which the
        chance is B(a, b' + count − 1) / B(a, b').
        """
        on_time = sum(self._phases[phase][rows] * self._reaching(count, phase, weeks, rows) for phase in range(self._k))
        return np.asarray(on_time * np.exp(self._staying(count - 1, rows)))

    def survivals(self, weeks: float, rows: Rows = slice(None)) -> Iterator[Floats]:
        """``survival`` of 1, 2, 3 and so on."""
        return (self.survival(count, weeks, rows) for count in itertools.count(1))

    def waiting_weeks(self, share: float = 0.5) -> Floats:
        """Weeks until the next order of a customer who lives, at the given share of the distribution."""
        if self._k == 1:
            return np.asarray(self._scale * np.expm1(-np.log1p(-share) / self._shape))
        return self._waiting_by_bisection(share)

    def _ways(self, fit: Fit, summary: Summary, shape: Shape) -> Floats:
        """Probabilities of being alive in each phase, and last of being gone, by row."""
        ways = np.full((self._k + 1, len(summary)), -np.inf)
        age = np.log(self._scale)
        ways[0] = -self._shape * age
        idle = summary.age_weeks - summary.recency_weeks
        with np.errstate(divide="ignore"):
            for phase in range(1, self._k):
                ways[phase] = ways[phase - 1] + np.log((self._shape + phase - 1) / phase * idle) - age
        can_be_gone = summary.repeats + shape.chances > 0
        recency = np.log(fit["alpha"] + summary.recency_weeks)
        odds = np.log(self._a) - np.log(np.where(can_be_gone, self._b - 1, 1.0))
        ways[-1][can_be_gone] = (odds - self._shape * recency)[can_be_gone]
        shares = np.exp(ways - ways.max(axis=0))
        return np.asarray(shares / shares.sum(axis=0))

    def _reaching(self, count: int, phase: int, weeks: float, rows: Rows) -> Floats:
        """Probability that the ticks reach the order of this number in time, of those alive in a phase.

        Ticks within the horizon are negative binomial: P(at least n) = I_q(n, shape), q = h / (α + T + h).
        """
        reached = count * self._k - phase
        shape, scale = self._shape[rows] + phase, self._scale[rows]
        if reached == 1:
            return np.asarray(-np.expm1(-shape * np.log1p(weeks / scale)))
        return beta_share(float(reached), shape, weeks / (scale + weeks))

    def _staying(self, times: int, rows: Rows) -> Floats:
        """Logarithm of the probability of staying after each of so many orders."""
        from scipy.special import betaln

        second = self._b[rows]
        return np.asarray(betaln(self._a, second + times) - betaln(self._a, second))

    def _expected_at_random(self, weeks: float) -> Floats:
        """The mean for k = 1.

        Given p, orders are (1 − (1 + p h / (α + T))^−(r + x)) / p, for the customer leaves at rate λ p; the mean over p
        by quadrature. Eq. 10 of Fader, Hardie and Lee 2005 is the same in closed form, but not defined at a = 1 and
        without digits left for customers with many orders.
        """
        seconds, place = np.unique(self._b, return_inverse=True)
        nodes, weights = beta_nodes(self._a, seconds)
        result = np.empty(self.alive.size)
        for begin in range(0, result.size, _ROWS):
            rows = slice(begin, begin + _ROWS)
            leaving = np.maximum(nodes[place[rows]], 1e-300)
            rate = np.log1p(leaving * (weeks / self._scale[rows])[:, None])
            orders = -np.expm1(-self._shape[rows][:, None] * rate) / leaving
            result[rows] = np.sum(weights[place[rows]] * orders, axis=1)
        return result * self.alive

    def _expected_by_sum(self, weeks: float) -> Floats:
        """The mean as the sum of the probabilities of at least 1, 2, 3, … orders."""
        result = np.zeros(self.alive.size)
        rows, count = np.arange(result.size), 1
        while rows.size:
            added = self.survival(count, weeks, rows)
            result[rows] += added
            rows = rows[added > _NEGLIGIBLE]
            count += 1
        return result

    def _waiting_by_bisection(self, share: float) -> Floats:
        low, high = np.zeros(self.alive.size), self._scale * np.expm1(-np.log1p(-share) / self._shape) * self._k + 1.0
        phases = self._phases / np.maximum(self.alive, np.finfo(float).tiny)
        while (short := self._ordered_by(high, phases) < share).any():
            high = np.where(short, 2 * high, high)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            early = self._ordered_by(middle, phases) < share
            low, high = np.where(early, middle, low), np.where(early, high, middle)
        return np.asarray(high)

    def _ordered_by(self, weeks: Floats, phases: Floats) -> Floats:
        shares = weeks / (self._scale + weeks)
        ordered = [
            phases[phase] * beta_share(float(self._k - phase), self._shape + phase, shares) for phase in range(self._k)
        ]
        return np.asarray(np.sum(ordered, axis=0))
