"""Likelihood of Pareto/NBD: a living customer orders at rate λ and leaves, unseen, at rate μ.

λ is Gamma(r, α) over the customers, μ is Gamma(s, β). Schmittlein, Morrison and Colombo 1987; Fader and Hardie 2005,
A note on deriving the Pareto/NBD model.

The known closed form is a difference of two hypergeometric functions, of which nothing is left for customers with
hundreds of orders. Here the integral over the moment of leaving that they stand for is taken by quadrature, in logarithms:
a sum of positive terms, like the likelihoods of the other models, with the same derivatives.
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.clv.maximum import Parameter
from ca_platform.models.clv.records import Floats, Summary
from ca_platform.models.clv.special import digamma, legendre, log_gamma

PARAMETERS = (
    Parameter("r", "1", 1e-3, 1e3),
    Parameter("alpha", "weeks", 1e-3, 1e5),
    Parameter("s", "1", 1e-3, 1e3),
    Parameter("beta", "weeks", 1e-3, 1e5),
)

# Where an integrand has fallen by e to the minus this, the rest is left out.
_REACH = 40.0
_NODES = 32
# So many rows at once stay in the processor's memory.
_ROWS = 2_000


class Leaving:
    """Moments between two ends at which a customer may have left, for ∫ (α + τ)^−n (β + τ)^−m dτ by quadrature.

    The nodes are even in log(min(α, β) + τ), in which the integrand is smooth, and reach to where it has vanished. All
    attributes have a row per customer and a column per node.

    Attributes:
        logs: logarithms of the terms whose sum is the integral.
        orders, leaving: the terms' log(α + τ) and log(β + τ).
        by_orders, by_leaving: the terms' 1 / (α + τ) and 1 / (β + τ).
    """

    def __init__(
        self, n: Floats, alpha: Floats | float, m: float, beta: Floats | float, begin: Floats, end: Floats, nodes: int
    ) -> None:
        place, weight = legendre(nodes)
        old, other = (np.asarray(scale + begin)[:, None] for scale in (alpha, beta))
        is_sooner = bool(np.all(alpha <= beta))
        near, far = (old, other) if is_sooner else (other, old)
        with np.errstate(over="ignore"):
            reach = np.minimum(old[:, 0] * np.expm1(_REACH / n), other[:, 0] * np.expm1(_REACH / m))
        width = np.log1p(np.minimum(end - begin, reach) / near[:, 0])
        step = width[:, None] * place
        since = near * np.expm1(step)
        sooner, later = np.log(near) + step, np.log(far) + np.log1p(since / far)
        self.orders, self.leaving = (sooner, later) if is_sooner else (later, sooner)
        self.by_orders, self.by_leaving = 1 / (old + since), 1 / (other + since)
        with np.errstate(divide="ignore"):
            steps = np.log(width)[:, None] + np.log(weight) + sooner
        self.logs = steps - n[:, None] * self.orders - m * self.leaving


class Pareto:
    """The log likelihood of a summary by the logarithms of r, α, s and β, with its gradient.

    Eq. 2 and 3 of Fader and Hardie 2005: alive at T, or left at τ between t_x and T.
    """

    def __init__(self, summary: Summary) -> None:
        self._summary = summary
        self._values, self._place = np.unique(summary.repeats, return_inverse=True)
        self._by_repeats = np.bincount(self._place, summary.weights, minlength=self._values.size)

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        r, alpha, s, beta = np.exp(logs)
        total = self._summary.customers
        common = log_gamma(r + self._values) - log_gamma(r) + r * logs[1] + s * logs[3]
        value = float(self._by_repeats @ common)
        by_r = self._by_repeats @ (digamma(r + self._values) - digamma(r) + logs[1])
        gradient = np.array([by_r, total * r / alpha, total * logs[3], total * s / beta])
        for begin in range(0, len(self._summary), _ROWS):
            added, slope = self._part(np.exp(logs), slice(begin, begin + _ROWS))
            value += added
            gradient += slope
        return value, gradient * np.exp(logs)

    def _part(self, parameters: Floats, rows: slice) -> tuple[float, Floats]:
        """The sum over some rows of the logarithm of the ways to go on, and its gradient by r, α, s and β."""
        r, alpha, s, beta = parameters
        age, recency, weights = (
            column[rows] for column in (self._summary.age_weeks, self._summary.recency_weeks, self._summary.weights)
        )
        n = r + self._summary.repeats[rows]
        gone = Leaving(n, alpha, s + 1, beta, recency, age, _NODES)
        orders, leaving = np.log(alpha + age), np.log(beta + age)
        alive = -n * orders - s * leaving
        terms = gone.logs + np.log(s)
        largest = np.maximum(alive, terms.max(axis=1))
        alive_share, shares = np.exp(alive - largest), np.exp(terms - largest[:, None])
        total = alive_share + shares.sum(axis=1)
        value = float(weights @ (largest + np.log(total)))
        alive_share *= weights / total
        shares *= (weights / total)[:, None]
        gone_share = shares.sum()
        by_r = -alive_share @ orders - _total(shares, gone.orders)
        by_s = -alive_share @ leaving - _total(shares, gone.leaving) + gone_share / s
        by_alpha = -(alive_share * n) @ np.exp(-orders) - n @ np.einsum("ij,ij->i", shares, gone.by_orders)
        by_beta = -s * (alive_share @ np.exp(-leaving)) - (s + 1) * _total(shares, gone.by_leaving)
        return value, np.array([by_r, by_alpha, by_s, by_beta])


def _total(one: Floats, other: Floats) -> float:
    """Sum of the products, without threads."""
    return float(np.einsum("ij,ij->", one, other))
