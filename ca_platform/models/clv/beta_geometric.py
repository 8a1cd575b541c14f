"""Likelihood of the models in which a customer may leave after each order: BG/NBD, MBG/NBD and MBG/CNBD-k.

A living customer orders at rate λ, the times between orders Erlang-k (k = 1: exponential), and after each order leaves
with probability p. λ is Gamma(r, α) over the customers, p is Beta(a, b). In BG/NBD nobody leaves before the first repeat
order, in the other two a customer may leave after the very first order.

Fader, Hardie and Lee 2005, "Counting your customers" the easy way (BG/NBD); Batislam, Denizel and Filiztekin 2007
(MBG/NBD); Reutterer, Platzer and Schröder 2021, Leveraging purchase regularity for predicting customer behavior the
easy way (MBG/CNBD-k); Platzer and Reutterer 2016 on regularity.

Everything is a sum over the ways in which a history can go on: alive with j of the k ticks to the next order gone by, or
gone since the last order. The terms are kept as logarithms, so that customers with thousands of orders give numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ca_platform.models.clv.maximum import Parameter
from ca_platform.models.clv.records import Floats, Summary
from ca_platform.models.clv.special import digamma, log_beta, log_gamma

PARAMETERS = (
    Parameter("r", "1", 1e-3, 1e3),
    Parameter("alpha", "weeks", 1e-3, 1e5),
    Parameter("a", "1", 1e-3, 1e3),
    Parameter("b", "1", 1e-3, 1e3),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of the models.

    Attributes:
        regularity: k; α is that of the ticks, of which every k-th is an order.
        leaves_at_once: whether a customer may leave after the first order.
    """

    regularity: int = 1
    leaves_at_once: bool = True

    @property
    def chances(self) -> int:
        """Occasions to leave before the first repeat order."""
        return int(self.leaves_at_once)


class _Column:
    """A column by its distinct values: functions of them are cheap, however many rows there are."""

    def __init__(self, column: Floats, rows: NDArray[np.bool_]) -> None:
        self.values, place = np.unique(column, return_inverse=True)
        self._all = place
        self._place = place[rows]

    def spread(self, of_values: Floats) -> Floats:
        """Values of the rows of customers who may be gone."""
        return of_values[self._place]

    def total(self, weights: Floats) -> Floats:
        """Sum of all rows' weights by distinct value."""
        return np.bincount(self._all, weights, minlength=self.values.size).astype(np.float64)

    def total_of_rows(self, weights: Floats) -> Floats:
        """The same of the rows of customers who may be gone."""
        return np.bincount(self._place, weights, minlength=self.values.size).astype(np.float64)


class BetaGeometric:
    """The log likelihood of a summary by the logarithms of r, α, a and b, with its gradient.

    Eq. 6 of Fader, Hardie and Lee 2005; for k > 1 eq. 4 of Reutterer, Platzer and Schröder 2021, without the gaps between
    orders, which no parameter moves (``gaps_term``). The way "alive, no tick gone by" is drawn out of each row's sum: it is
    a product of functions of x and of T alone. What is left of a row is log(ticks + odds), ``ticks`` the sum over the ticks
    that have gone by, ``odds`` those of being gone.
    """

    def __init__(self, summary: Summary, shape: Shape) -> None:
        self._phases = np.arange(1, shape.regularity)
        mortal = summary.repeats + shape.chances > 0
        weights, repeats = summary.weights, _Column(summary.repeats, mortal)
        age, recency = _Column(summary.age_weeks, mortal), _Column(summary.recency_weeks, mortal)
        self._repeats, self._age, self._recency = repeats, age, recency
        self._weights = weights[mortal]
        self._idle = (summary.age_weeks - summary.recency_weeks)[mortal]
        self._by_repeats, self._by_age = repeats.total(weights), age.total(weights)
        self._ticks = repeats.values * shape.regularity
        self._ticks_by_age = shape.regularity * age.total(weights * summary.repeats)
        # Occasions on which a customer has stayed, were the customer alive.
        self._stays = repeats.values + shape.chances

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        value, gradient = self._never_idle(*np.exp(logs))
        added, slope = self._rest(*np.exp(logs))
        return value + added, (gradient + slope) * np.exp(logs)

    def _never_idle(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
        """The part of those alive with no tick gone by, over all customers, and its gradient."""
        ticks, stays, customers = self._ticks, self._stays, self._by_repeats
        log_age, inverse_age = np.log(alpha + self._age.values), 1 / (alpha + self._age.values)
        shape_by_age = r * self._by_age + self._ticks_by_age
        value = customers @ (log_gamma(r + ticks) - log_gamma(r) + log_beta(a, b + stays) - log_beta(a, b))
        value += customers.sum() * r * np.log(alpha) - shape_by_age @ log_age
        by_r = customers @ (digamma(r + ticks) - digamma(r) + np.log(alpha)) - self._by_age @ log_age
        by_alpha = customers.sum() * r / alpha - shape_by_age @ inverse_age
        by_a = customers @ (digamma(a + b) - digamma(a + b + stays))
        by_b = customers @ (digamma(b + stays) - digamma(a + b + stays) - digamma(b) + digamma(a + b))
        return float(value), np.array([by_r, by_alpha, by_a, by_b])

    def _rest(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
        """The rest of the rows of customers who may be gone, and its gradient."""
        shape = self._repeats.spread(r + self._ticks)
        inverse_odds = 1 / np.where(self._stays > 0, b + self._stays - 1, 1.0)
        log_age = self._age.spread(np.log(alpha + self._age.values))
        longer = log_age - self._recency.spread(np.log(alpha + self._recency.values))
        # B(a + 1, b') / B(a, b' + 1) = a / b', and (α + T) / (α + t_x) to the power of r + k x.
        log_odds = self._repeats.spread(np.log(a * inverse_odds)) + shape * longer
        log_ticks, ticks_by_r, ticks_by_alpha = self._log_ticks(r, alpha)
        log_odds -= log_ticks
        small = np.exp(-np.abs(log_odds))
        value = _dot(self._weights, log_ticks + np.maximum(log_odds, 0.0) + np.log1p(small))
        gone = self._weights * np.where(log_odds > 0, 1.0, small) / (1 + small)
        alive = self._weights - gone
        of_age = self._age.spread(1 / (alpha + self._age.values))
        of_age -= self._recency.spread(1 / (alpha + self._recency.values))
        gone_by_repeats = self._repeats.total_of_rows(gone)
        by_r = _dot(gone, longer) + _dot(alive, ticks_by_r)
        by_alpha = _dot(gone * shape, of_age) + _dot(alive, ticks_by_alpha)
        by_b = -gone_by_repeats @ inverse_odds
        return value, np.array([by_r, by_alpha, gone_by_repeats.sum() / a, by_b])

    def _log_ticks(self, r: float, alpha: float) -> tuple[Floats, Floats, Floats]:
        """Logarithm of 1 + the sum over j < k of Γ(r + kx + j) / Γ(r + kx) / j! ((T − t_x) / (α + T))^j, and its slopes."""
        zero = np.zeros(self._weights.size)
        if not self._phases.size:
            return zero, zero, zero
        inverse_age = self._age.spread(1 / (alpha + self._age.values))
        term, total, by_r, by_alpha = zero + 1, zero + 1, zero.copy(), zero.copy()
        rising = np.zeros(self._ticks.size)
        for phase in self._phases.tolist():
            last = r + self._ticks + phase - 1
            rising += 1 / last
            term = term * self._repeats.spread(last / phase) * self._idle * inverse_age
            total += term
            by_r += term * self._repeats.spread(rising)
            by_alpha -= term * phase * inverse_age
        return np.log(total), by_r / total, by_alpha / total


def _dot(one: Floats, other: Floats) -> float:
    """The scalar product without threads, which for long rows cost more than they save where others compute too."""
    return float(np.einsum("i,i->", one, other))


def gaps_term(summary: Summary, regularity: int) -> float:
    """What the gaps between orders add to the log likelihood of Erlang-k times; 0 for k = 1.

    The product of gap^(k − 1) / Γ(k) over all gaps (Reutterer, Platzer and Schröder 2021, eq. 4).
    """
    if regularity == 1 or summary.log_gaps is None:
        return 0.0
    gaps = float(summary.weights @ summary.repeats)
    return (regularity - 1) * summary.log_gaps - gaps * float(log_gamma(float(regularity)))
