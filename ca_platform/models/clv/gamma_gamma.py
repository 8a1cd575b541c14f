"""The Gamma–Gamma model: what a customer spends on a purchase day.

Amounts of a customer are Gamma(p, ν), and ν is Gamma(q, v) over the customers, independent of how often they buy. Fader,
Hardie and Lee 2005, RFM and CLV; Fader and Hardie 2013, The Gamma–Gamma model of monetary value. A mean over few days is
drawn towards the shop's mean, over many it stays what it is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.clv.maximum import Parameter, climb, climb_by_rough, maximum
from ca_platform.models.clv.records import Estimate, Fit, Floats, Ints
from ca_platform.models.clv.special import beta_share, digamma, log_gamma

# q above 1, so that the mean of a customer of whom nothing is known is finite. v is in units of the mean amount.
PARAMETERS = (
    Parameter("p", "1", 1e-2, 1e3),
    Parameter("q", "1", 1.05, 1e3),
    Parameter("v", "currency", 1e-4, 1e4),
)

# Fewer paying customers say little about how amounts differ.
LEAST_CUSTOMERS = 10

# Above so many customers the start is looked for on a part of them.
_MANY = 20_000


def fit_amounts(days: ArrayLike, mean_amount: ArrayLike, weights: ArrayLike | None = None) -> Fit:
    """Fit the model by maximum likelihood.

    Args:
        days: purchase days that a customer's mean is taken over, 1 and up.
        mean_amount: what the customer spent on such a day in the mean, in the shop's currency. A negative one is
            refused; customers who paid nothing are left out of the fit.
        weights: customers that a row stands for; 1 unless said.

    Returns:
        Finite estimates, whatever the amounts; flagged as degenerate, with the reason, where they do not determine them.
        A shop in which nobody pays has v = 0: every expected amount is 0.

    >>> fitted = fit_amounts([1, 2, 4, 1, 3] * 4, [20.0, 30.0, 45.0, 5.0, 12.0] * 4)
    >>> fitted.estimates[2].unit, fitted.degenerate
    ('currency', False)
    """
    count, mean = _checked(days, mean_amount)
    weight = np.ones(count.size) if weights is None else np.asarray(weights, np.float64)
    paying = (mean > 0) & (count > 0) & (weight > 0)
    count, mean, weight = count[paying], mean[paying], weight[paying]
    customers = float(weight.sum())
    if not customers:
        return Fit("gamma_gamma", _estimates(1.0, 2.0, 0.0), 0.0, True, "no customer has paid anything", 0.0)

    unit = float(np.average(mean, weights=weight))
    start = np.log([2.0, 3.0, 1.5])
    likelihood = GammaGamma(count, mean / unit, weight)
    if count.size > _MANY:
        part = slice(None, None, count.size // (_MANY // 2))
        some = GammaGamma(count[part], mean[part] / unit, weight[part])
        logs = climb_by_rough(likelihood, some, PARAMETERS, start, customers, float(weight[part].sum()))
    else:
        logs = climb(likelihood, PARAMETERS, start, customers)
    found = maximum(likelihood, PARAMETERS, logs)
    *shape, scale = found.estimates
    error = None if scale.standard_error is None else scale.standard_error * unit
    estimates = (*shape, Estimate("v", "currency", scale.value * unit, error, scale.is_at_bound))
    few = [f"only {customers:,.0f} customers have paid anything"] if customers < LEAST_CUSTOMERS else []
    flaws = few + [flaw.replace("the orders", "the amounts") for flaw in found.flaws]
    # The density of an amount is per unit of money.
    value = found.log_likelihood - customers * np.log(unit)
    return Fit("gamma_gamma", estimates, float(value), bool(flaws), "; ".join(flaws), customers)


def expected_amount(fitted: Fit, days: ArrayLike, mean_amount: ArrayLike) -> Floats:
    """Mean amount of a customer's next purchase day given the days so far, in the shop's currency (eq. 5 of 2013).

    Args:
        days: purchase days that the mean is taken over; 0 gives the mean of the population.

    >>> published = known_amounts(p=6.25, q=3.74, v=15.44)
    >>> np.round(expected_amount(published, [0, 1, 10], [0.0, 20.0, 20.0]), 2)
    array([35.22, 24.64, 20.64])
    """
    count, mean = _checked(days, mean_amount)
    p, q, v = fitted["p"], fitted["q"], fitted["v"]
    return np.asarray(p * (v + mean * count) / (p * count + q - 1))


def amount_scale(fitted: Fit, days: ArrayLike, mean_amount: ArrayLike) -> tuple[Floats, Floats]:
    """Shape and scale of a customer's ν given the days so far: q + p x without unit, v + x m in the shop's currency.

    The sum of the next n purchase days is the scale times a beta-prime variable with shapes p n and q + p x.
    """
    count, mean = _checked(days, mean_amount)
    return fitted["q"] + fitted["p"] * count, fitted["v"] + mean * count


def probability_of_at_most(
    fitted: Fit, days: ArrayLike, mean_amount: ArrayLike, next_days: int, amount: ArrayLike
) -> Floats:
    """Probability that the next so many purchase days bring at most the amount, in the shop's currency, together.

    >>> published = known_amounts(p=6.25, q=3.74, v=15.44)
    >>> np.round(probability_of_at_most(published, [1, 1], [20.0, 20.0], 1, [10.0, 40.0]), 3)
    array([0.076, 0.884])
    """
    shape, scale = amount_scale(fitted, days, mean_amount)
    limit = np.asarray(amount, np.float64)
    share = np.divide(limit, limit + scale, out=np.ones(np.broadcast(limit, scale).shape), where=scale > 0)
    return beta_share(fitted["p"] * next_days, shape, share)


def known_amounts(p: float, q: float, v: float) -> Fit:
    """A fit with parameters from elsewhere: published, or of a shop that is simulated."""
    return Fit("gamma_gamma", _estimates(p, q, v), math.nan, degenerate=False, reason="", customers=0.0)


def _estimates(*values: float) -> tuple[Estimate, ...]:
    return tuple(Estimate(item.name, item.unit, value, None) for item, value in zip(PARAMETERS, values, strict=True))


class GammaGamma:
    """The log likelihood of mean amounts by the logarithms of p, q and v, with its gradient (eq. 1a of 2013).

    Customers are sorted by their days, so that all but one logarithm is of distinct days.
    """

    def __init__(self, days: Floats, mean: Floats, weights: Floats) -> None:
        order = np.argsort(days, kind="stable")
        self._weights = weights[order]
        self._total_amount = (days * mean)[order]
        self._days, self._begin = np.unique(days[order], return_index=True)
        self._customers = self._sum(self._weights)
        self._log_totals = self._sum(self._weights * np.log(self._total_amount))
        # The factor 1 / m of the density, which no parameter moves.
        self._fixed = float(self._customers @ np.log(self._days) - self._log_totals.sum())

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(logs)
        days, customers = self._days, self._customers
        scale = v + self._total_amount
        log_scale = self._sum(self._weights * np.log(scale))
        inverse = self._sum(self._weights / scale)
        value = customers @ (log_gamma(p * days + q) - log_gamma(p * days) - log_gamma(q) + q * logs[2])
        value += p * days @ self._log_totals - (p * days + q) @ log_scale + self._fixed
        by_p = days @ (customers * (digamma(p * days + q) - digamma(p * days)) + self._log_totals - log_scale)
        by_q = customers @ (digamma(p * days + q) - digamma(q) + logs[2]) - log_scale.sum()
        by_v = customers.sum() * q / v - (p * days + q) @ inverse
        return float(value), np.array([by_p, by_q, by_v]) * np.exp(logs)

    def _sum(self, column: Floats) -> Floats:
        """Sum of the customers' values by distinct days."""
        return np.asarray(np.add.reduceat(column, self._begin))


def _checked(days: ArrayLike, mean_amount: ArrayLike) -> tuple[Floats, Floats]:
    count, mean = np.asarray(days, np.float64), np.asarray(mean_amount, np.float64)
    bad: Ints = np.flatnonzero(~(mean >= 0) | ~np.isfinite(mean))
    if bad.size:
        raise ValidationError(
            f"{bad.size:,} mean amounts of customers are negative or no numbers, the first at row {int(bad[0]):,}; "
            "the model of amounts knows purchases alone: leave cancellations and refunds out."
        )
    return count, mean
