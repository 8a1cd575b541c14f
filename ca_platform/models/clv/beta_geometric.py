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

    def __init__(self, column: Floats) -> None:
        self.values, self.place = np.unique(column, return_inverse=True)

    def spread(self, of_values: Floats) -> Floats:
        return of_values[self.place]

    def total(self, weights: Floats) -> Floats:
        """Sum of the rows' weights by distinct value."""
        summed: Floats = np.bincount(self.place, weights, minlength=self.values.size).astype(np.float64)
        return summed


class BetaGeometric:
    """The log likelihood of a summary by the logarithms of r, α, a and b, with its gradient.

    Eq. 6 of Fader, Hardie and Lee 2005, with the factors common to both of its terms drawn out; for k > 1 eq. 4 of
    Reutterer, Platzer and Schröder 2021. Without the gaps between orders, which no parameter moves (``gaps_term``).
    """

    def __init__(self, summary: Summary, shape: Shape) -> None:
        self._shape = shape
        self._weights = summary.weights
        self._total = summary.customers
        self._repeats = _Column(summary.repeats)
        self._age = _Column(summary.age_weeks)
        self._recency = _Column(summary.recency_weeks)
        self._idle = summary.age_weeks - summary.recency_weeks
        self._by_repeats = self._repeats.total(self._weights)
        self._ticks = self._repeats.values * shape.regularity
        # Occasions on which a customer has stayed, were the customer alive.
        self._stays = self._repeats.values + shape.chances

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = np.exp(logs)
        ticks, stays, by_repeats = self._ticks, self._stays, self._by_repeats
        n = self._repeats.spread(r + ticks)
        per_age, per_recency = (self._spread_logs(alpha, column) for column in (self._age, self._recency))
        alive, gone, rising = self._terms(logs, n, per_age, per_recency)

        largest = np.maximum(np.max(alive, axis=0), gone)
        shares = np.exp(alive - largest)
        gone_share = np.exp(gone - largest)
        total = shares.sum(axis=0) + gone_share
        common = r * logs[1] + log_gamma(r + ticks) - log_gamma(r) + log_beta(a, b + stays) - log_beta(a, b)
        value = by_repeats @ common + self._weights @ (largest + np.log(total))

        weights = self._weights / total
        shares *= weights
        gone_share *= weights
        alive_share = shares.sum(axis=0)
        inverse_age, inverse_recency = np.exp(-per_age), np.exp(-per_recency)
        phases = np.arange(self._shape.regularity)
        gone_by_repeats = self._repeats.total(gone_share)
        by_r = (
            by_repeats @ (logs[1] + digamma(r + ticks) - digamma(r)) - alive_share @ per_age - gone_share @ per_recency
        )
        for phase in phases[1:]:
            by_r += self._repeats.total(shares[phase]) @ rising[phase]
        by_alpha = self._total * r / alpha - (phases @ shares + n * alive_share) @ inverse_age
        by_alpha -= (n * gone_share) @ inverse_recency
        by_a = by_repeats @ (digamma(a + b) - digamma(a + b + stays)) + gone_by_repeats.sum() / a
        by_b = by_repeats @ (digamma(b + stays) - digamma(a + b + stays) - digamma(b) + digamma(a + b))
        by_b -= gone_by_repeats @ self._inverse_odds(b)
        return float(value), np.array([by_r, by_alpha, by_a, by_b]) * np.exp(logs)

    def _spread_logs(self, alpha: float, column: _Column) -> Floats:
        return column.spread(np.log(alpha + column.values))

    def _terms(
        self, logs: Floats, n: Floats, per_age: Floats, per_recency: Floats
    ) -> tuple[Floats, Floats, list[Floats]]:
        """Logarithms of the ways alive (a row per phase) and gone, and the phases' derivatives of log Γ by r."""
        r, _, a, b = np.exp(logs)
        alive = np.empty((self._shape.regularity, n.size))
        alive[0] = -n * per_age
        rising = [np.zeros(self._ticks.size)]
        if self._shape.regularity > 1:
            with np.errstate(divide="ignore"):
                idle = np.log(self._idle) - per_age
        for phase in range(1, self._shape.regularity):
            # Γ(r + kx + j) / j! from the one before.
            factor = np.log((r + self._ticks + phase - 1) / phase)
            alive[phase] = alive[phase - 1] + self._repeats.spread(factor) + idle
            rising.append(rising[-1] + 1 / (r + self._ticks + phase - 1))
        with np.errstate(divide="ignore"):
            odds = np.log(a * self._inverse_odds(b))
        return alive, self._repeats.spread(odds) - n * per_recency, rising

    def _inverse_odds(self, b: float) -> Floats:
        """1 over the second parameter of who left last: B(a + 1, b') / B(a, b' + 1) = a / b'; 0 where nobody could."""
        could = self._stays > 0
        return np.where(could, 1 / np.where(could, b + self._stays - 1, 1.0), 0.0)


def gaps_term(summary: Summary, regularity: int) -> float:
    """What the gaps between orders add to the log likelihood of Erlang-k times; 0 for k = 1.

    The product of gap^(k − 1) / Γ(k) over all gaps (Reutterer, Platzer and Schröder 2021, eq. 4).
    """
    if regularity == 1 or summary.log_gaps is None:
        return 0.0
    gaps = float(summary.weights @ summary.repeats)
    return (regularity - 1) * summary.log_gaps - gaps * float(log_gamma(float(regularity)))
