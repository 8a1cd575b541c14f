"""Rates of events with exposure: how often something happens per day (or session) at risk.

The conditional test takes events for independent of each other. A customer's orders are not: where customers differ in how
often they order it rejects too often, and ``negative_binomial``, or a test with customers as the unit, is the right one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Bools, Comparison, Floats, Ints
from ca_platform.models.experiments.special import (
    chi_square_tail,
    digamma,
    log_gamma,
    normal_quantile,
)

# Probabilities that differ by rounding are equal, as in R's and SciPy's binomial tests.
_EQUAL = 1 + 1e-7
# Of the dispersion: below it is Poisson, above nobody orders twice.
_LOG_DISPERSION = (-10.0, 6.0)


def poisson_rates(
    events_a: ArrayLike, exposure_a: ArrayLike, events_b: ArrayLike, exposure_b: ArrayLike, alpha: float = 0.05
) -> Comparison:
    """Ratio of two Poisson rates, B over A, given the sum of the events.

    Przyborowski and Wilenski 1940, "Homogeneity of results in testing samples from Poisson series"; two-sided by the
    probabilities (of all outcomes no likelier than the observed one). Interval by Clopper and Pearson 1934.

    Args:
        events_a, events_b: whole numbers, 0 and up, of any shape.
        exposure_a, exposure_b: time or trials at risk, in one unit, 0 and up.
        alpha: 1 minus the coverage of the interval.

    Returns:
        ``measure`` is "ratio". The estimate is infinite where A alone has no event. Insufficient without an event at all,
        or where a side has no exposure.

    >>> found = poisson_rates(10, 100.0, 25, 110.0)
    >>> print(f"{found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}] p = {found.p_value:.4f}")
    2.273 [1.054, 5.302] p = 0.0273
    """
    from scipy.special import betaincinv

    columns = np.broadcast_arrays(
        *(np.asarray(part, np.float64) for part in (events_a, exposure_a, events_b, exposure_b))
    )
    one, time_a, other, time_b = columns
    _refuse_odd_counts(one, time_a, other, time_b)
    total = one + other
    enough = (total > 0) & (time_a > 0) & (time_b > 0)
    share = np.where(enough, time_b / np.where(enough, time_a + time_b, 1), 0.5)
    odds = np.where(enough, time_a / np.where(enough, time_b, 1), 1.0)
    low_share = np.where(other > 0, betaincinv(np.maximum(other, 1), one + 1, alpha / 2), 0.0)
    high_share = np.where(one > 0, betaincinv(other + 1, np.maximum(one, 1), 1 - alpha / 2), 1.0)
    return Comparison(
        test="poisson_rates",
        estimate=np.where(enough, _odds(other, one) * odds, 1.0),
        standard_error=None,
        low=np.where(enough, _odds(low_share, 1 - low_share) * odds, 0.0),
        high=np.where(enough, _odds(high_share, 1 - high_share) * odds, np.inf),
        statistic=np.array(other),
        p_value=np.where(enough, binomial_tails(other, total, share), 1.0),
        is_sufficient=np.asarray(enough),
        measure="ratio",
    )


def binomial_tails(successes: Floats, trials: Floats, share: Floats) -> Floats:
    """Probability of all outcomes that are no likelier than the observed one: both tails of the binomial test.

    >>> binomial_tails(np.array([3.0]), np.array([10.0]), np.array([0.5])).round(6)
    array([0.34375])
    """
    from scipy.special import bdtr, bdtrc

    shape = np.shape(successes)
    seen, of, chance = (np.atleast_1d(np.asarray(part, np.float64)) for part in (successes, trials, share))
    # The lower half is looked at from above.
    mirrored = seen > chance * of
    seen, chance = np.where(mirrored, of - seen, seen), np.where(mirrored, 1 - chance, chance)
    limit = _log_binomial(seen, of, chance) + np.log(_EQUAL)
    # The smallest number above the mean that is no likelier, by bisection: probabilities fall there.
    low, high = np.ceil(chance * of) - 1, of + 1
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        is_rare = _log_binomial(np.minimum(middle, of), of, chance) <= limit
        low, high = np.where(is_rare, low, middle), np.where(is_rare, middle, high)
    lower = bdtr(seen, of.astype(np.int64), chance)
    upper = np.where(high > of, 0.0, bdtrc(np.minimum(high, of) - 1, of.astype(np.int64), chance))
    upper = np.where(high <= 0, 1.0, upper)
    # On the mean itself everything is at least as unlikely.
    return np.where(high <= seen, 1.0, np.minimum(lower + upper, 1)).reshape(shape)


def negative_binomial(
    events_a: ArrayLike, exposure_a: ArrayLike, events_b: ArrayLike, exposure_b: ArrayLike, alpha: float = 0.05
) -> Comparison:
    """Ratio of the rates of two groups of customers who differ in how often they order: likelihood ratio.

    Lawless 1987, "Negative binomial and mixed Poisson regression", eq. 2.1 (variance μ + dispersion μ²), with one
    dispersion for both sides. The interval is Wald's on the logarithm, by the expected information (eq. 2.8), of which the
    dispersion is no part.

    Args:
        events_a, events_b: events of each customer, whole numbers, 0 and up.
        exposure_a, exposure_b: time at risk of each customer, in one unit, above 0; a number holds for all.
        alpha: 1 minus the coverage of the interval.

    Returns:
        ``measure`` is "ratio", ``standard_error`` that of its logarithm. Insufficient where a side has fewer than two
        customers or no event.

    >>> found = negative_binomial([0, 1, 0, 4, 0, 2, 7], 7.0, [0, 3, 9, 0, 2, 12, 4], 7.0)
    >>> print(f"{found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}] p = {found.p_value:.3f}")
    2.14 [0.55, 8.37] p = 0.289
    """
    sides = [_distinct(events, exposure) for events, exposure in ((events_a, exposure_a), (events_b, exposure_b))]
    totals = [float(side.weight @ side.events) for side in sides]
    if any(side.weight.sum() < 2 or not total for side, total in zip(sides, totals, strict=True)):
        return _nothing("negative_binomial")
    apart, (rate_a, rate_b, dispersion) = _maximum(sides, one_rate=False)
    together, _ = _maximum(sides, one_rate=True)
    statistic = max(2 * (apart - together), 0.0)
    inverse = 0.0
    for side, rate in zip(sides, (rate_a, rate_b), strict=True):
        mean = rate * side.exposure
        inverse += 1 / float(side.weight @ (mean / (1 + dispersion * mean)))
    error = float(np.sqrt(inverse))
    width = float(normal_quantile(1 - alpha / 2)) * error
    ratio = rate_b / rate_a
    return Comparison(
        test="negative_binomial",
        estimate=np.asarray(ratio),
        standard_error=np.asarray(error),
        low=np.asarray(ratio * np.exp(-width)),
        high=np.asarray(ratio * np.exp(width)),
        statistic=np.asarray(statistic),
        p_value=chi_square_tail(statistic, 1),
        is_sufficient=np.asarray(True),
        measure="ratio",
    )


class _Side:
    """Distinct pairs of events and exposure of a side, and how many customers have them."""

    def __init__(self, events: Floats, exposure: Floats, weight: Floats) -> None:
        self.events, self.exposure, self.weight = events, exposure, weight

    def likelihood(self, log_rate: float, log_size: float) -> tuple[float, float, float]:
        """Log likelihood with its slopes by the logarithms of the rate and of 1 / dispersion."""
        size, mean = np.exp(log_size), np.exp(log_rate) * self.exposure
        share = size / (size + mean)
        each = log_gamma(self.events + size) - log_gamma(size) - log_gamma(self.events + 1)
        each = each + size * np.log(share) + np.where(self.events > 0, self.events * np.log1p(-share), 0.0)
        by_rate = (self.events - mean) * share
        by_size = size * (
            digamma(self.events + size) - digamma(size) + np.log(share) + 1 - (size + self.events) / (size + mean)
        )
        return float(self.weight @ each), float(self.weight @ by_rate), float(self.weight @ by_size)


def _maximum(sides: list[_Side], *, one_rate: bool) -> tuple[float, tuple[float, float, float]]:
    """The largest log likelihood, and the rates of both sides and the dispersion there."""
    from scipy.optimize import minimize

    events = [float(side.weight @ side.events) for side in sides]
    exposure = [float(side.weight @ side.exposure) for side in sides]
    pooled = np.log(sum(events) / sum(exposure))
    rates = [pooled] if one_rate else [float(np.log(one / time)) for one, time in zip(events, exposure, strict=True)]
    customers = float(sum(side.weight.sum() for side in sides))

    def loss(logs: Floats) -> tuple[float, Floats]:
        found = [side.likelihood(logs[0] if one_rate else logs[place], logs[-1]) for place, side in enumerate(sides)]
        by_rate = [part[1] for part in found]
        slopes = np.array([sum(by_rate)] if one_rate else by_rate)
        value, by_size = sum(part[0] for part in found), sum(part[2] for part in found)
        return -value / customers, -np.append(slopes, by_size) / customers

    bounds = [(None, None)] * len(rates) + [(-_LOG_DISPERSION[1], -_LOG_DISPERSION[0])]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500}
    found = minimize(loss, np.array([*rates, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    first, last = float(np.exp(found.x[0])), float(np.exp(found.x[-2]))
    return -float(found.fun) * customers, (first, last, float(np.exp(-found.x[-1])))


def _distinct(events: ArrayLike, exposure: ArrayLike) -> _Side:
    count = np.asarray(events, np.float64).ravel()
    time = np.broadcast_to(np.asarray(exposure, np.float64), count.shape)
    _refuse_odd_counts(count, time, count, time)
    if np.any(time <= 0):
        raise ValidationError(
            f"{int(np.sum(time <= 0)):,} customers have no time at risk, the first at row {int(np.argmax(time <= 0)):,}; "
            "leave them out before rates are compared."
        )
    pairs, weight = np.unique(np.column_stack([count, time]), axis=0, return_counts=True)
    return _Side(pairs[:, 0], pairs[:, 1], weight.astype(np.float64))


def _nothing(test: str) -> Comparison:
    one, no, yes = np.asarray(1.0), np.asarray(0.0), np.asarray(np.inf)
    return Comparison(test, one, yes, no, yes, no, one, np.asarray(False), measure="ratio")


def _odds(one: Floats, other: Floats) -> Floats:
    return np.where(other > 0, one / np.where(other > 0, other, 1), np.inf)


def _log_binomial(successes: Floats, trials: Floats, share: Floats) -> Floats:
    from scipy.special import xlog1py, xlogy

    ways = log_gamma(trials + 1) - log_gamma(successes + 1) - log_gamma(trials - successes + 1)
    return np.asarray(ways + xlogy(successes, share) + xlog1py(trials - successes, -share))


def _refuse_odd_counts(events_a: Floats, time_a: Floats, events_b: Floats, time_b: Floats) -> None:
    bad: Bools = np.zeros(np.shape(events_a), bool)
    for events, time in ((events_a, time_a), (events_b, time_b)):
        bad = bad | ~((events >= 0) & (events % 1 == 0) & (time >= 0) & np.isfinite(time))
    if np.any(bad):
        place: Ints = np.flatnonzero(bad)
        raise ValidationError(
            f"{place.size:,} counts of events are no whole numbers or have no time at risk from 0 up, the first at row "
            f"{int(place[0]):,}; count events, and give the time in which they could happen."
        )
