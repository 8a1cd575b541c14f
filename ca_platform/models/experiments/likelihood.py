"""Likelihood-ratio tests of the means of Gamma and Beta variables, which the families describe.

Right where the family holds, and where it does not the chi-square limit is wrong too: the calibration on the shop decides
whether they are offered. Samples should have some 30 customers a side; the limit rejects a little too often below.
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.experiments.records import Comparison, Floats, Moments
from ca_platform.models.experiments.special import (
    chi_square_tail,
    digamma,
    log_gamma,
    normal_quantile,
    trigamma,
)

_STEPS = 100


def gamma_means(a: Moments, b: Moments, alpha: float = 0.05) -> Comparison:
    """Ratio of the means of Gamma variables with one shape, B over A.

    Wilks 1938, "The large-sample distribution of the likelihood ratio"; the shape solves log k − ψ(k) = log of the mean −
    mean of the logs (Johnson, Kotz and Balakrishnan 1994, eq. 17.45), with a mean of its own for each side, or one. The
    interval is Wald's on the logarithm: variance 1 / (k customers) a side.

    Args:
        a, b: the outcome, above 0, and its natural logarithm.
        alpha: 1 minus the coverage of the interval.

    Returns:
        ``measure`` is "ratio", ``standard_error`` that of its logarithm. Insufficient where a side has fewer than two
        customers, or nothing varies.

    >>> x, y = np.array([3.0, 5.0, 8.0, 2.0]), np.array([9.0, 6.0, 14.0, 7.0])
    >>> found = gamma_means(Moments.of(x, np.log(x)), Moments.of(y, np.log(y)))
    >>> print(f"{found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}] p = {found.p_value:.3f}")
    2.00 [1.11, 3.61] p = 0.044
    """
    both = a + b
    share_a = a.count / np.maximum(both.count, 1)
    gap = share_a * _log_gap(a) + (1 - share_a) * _log_gap(b)
    enough = (a.count >= 2) & (b.count >= 2) & (gap > _LEAST_GAP)
    gap = np.where(enough, gap, 1.0)
    pooled = np.where(enough, np.maximum(_log_gap(both), gap), 1.0)
    shape, one_shape = gamma_shape(gap), gamma_shape(pooled)
    rise = _profile(shape, gap) - _profile(one_shape, pooled)
    statistic = np.where(enough, np.maximum(2 * both.count * rise, 0), 0.0)
    error = np.sqrt((1 / np.maximum(a.count, 1) + 1 / np.maximum(b.count, 1)) / shape)
    mean_a = a.mean[..., 0]
    ratio = np.where(enough, b.mean[..., 0] / np.where(mean_a > 0, mean_a, 1), 1.0)
    width = float(normal_quantile(1 - alpha / 2)) * error
    return Comparison(
        test="gamma_means",
        estimate=ratio,
        standard_error=np.where(enough, error, np.inf),
        low=np.where(enough, ratio * np.exp(-width), 0.0),
        high=np.where(enough, ratio * np.exp(width), np.inf),
        statistic=statistic,
        p_value=np.where(enough, chi_square_tail(statistic, 1), 1.0),
        is_sufficient=np.asarray(enough),
        measure="ratio",
    )


# Values whose logarithms differ by rounding alone do not vary.
_LEAST_GAP = 1e-13


def gamma_shape(gap: Floats) -> Floats:
    """The shape k with log k − ψ(k) = gap, for gaps above 0, by Newton's steps on log k.

    The start is Minka 2002, "Estimating a Gamma distribution", eq. 8.

    >>> gamma_shape(np.array([0.2703628455])).round(6)
    array([2.])
    """
    shape = (3 - gap + np.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)
    for _ in range(_STEPS):
        step = (np.log(shape) - digamma(shape) - gap) / (1 - shape * trigamma(shape))
        shape = shape * np.exp(-np.clip(step, -2, 2))
        if np.all(np.abs(step) < 1e-13):
            break
    return np.asarray(shape)


def beta_means(a: Moments, b: Moments, alpha: float = 0.05) -> Comparison:
    """Difference of the means of Beta variables with one precision.

    Ferrari and Cribari-Neto 2004, "Beta regression for modelling rates and proportions", eq. 4 (mean and precision) and
    section 3.2 (information), with Wilks 1938.

    Args:
        a, b: the outcome x, above 0 and below 1, log x and log(1 − x); one item, or several along the first axis.
        alpha: 1 minus the coverage of the interval.

    Returns:
        The estimate is of the means of the fitted variables. Insufficient where a side has fewer than two customers, or
        nothing varies.

    >>> x, y = np.array([0.2, 0.3, 0.1, 0.4]), np.array([0.5, 0.4, 0.7, 0.6])
    >>> sides = (Moments.of(part, np.log(part), np.log1p(-part)) for part in (x, y))
    >>> found = beta_means(*sides)
    >>> print(f"{found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}] p = {found.p_value:.4f}")
    0.303 [0.147, 0.459] p = 0.0052
    """
    shape = a.count.shape
    count_a, count_b = np.atleast_1d(a.count), np.atleast_1d(b.count)
    varies = np.atleast_1d((a.variance() > 0) | (b.variance() > 0))
    enough = (count_a >= 2) & (count_b >= 2) & varies
    estimate, error, statistic = np.zeros(enough.shape), np.full(enough.shape, np.inf), np.zeros(enough.shape)
    means_a, means_b = (side.mean.reshape(-1, side.mean.shape[-1]) for side in (a, b))
    for place in np.flatnonzero(enough.ravel()).tolist():
        sides = [(float(count.flat[place]), mean[place]) for count, mean in ((count_a, means_a), (count_b, means_b))]
        estimate.flat[place], error.flat[place], statistic.flat[place] = _beta_ratio(sides)
    quantile = float(normal_quantile(1 - alpha / 2))
    width = np.where(enough, quantile * np.where(enough, error, 1), 1.0)
    return Comparison(
        test="beta_means",
        estimate=estimate.reshape(shape),
        standard_error=error.reshape(shape),
        low=np.maximum(estimate - width, -1).reshape(shape),
        high=np.minimum(estimate + width, 1).reshape(shape),
        statistic=statistic.reshape(shape),
        p_value=np.where(enough, chi_square_tail(statistic, 1), 1.0).reshape(shape),
        is_sufficient=enough.reshape(shape),
    )


def _log_gap(side: Moments) -> Floats:
    """Log of the mean minus mean of the logs, 0 where nobody varies."""
    mean = side.mean
    amount = np.where(mean[..., 0] > 0, mean[..., 0], 1.0)
    return np.where(side.count > 0, np.maximum(np.log(amount) - mean[..., 1], 0), 0.0)


def _profile(shape: Floats, gap: Floats) -> Floats:
    """Log likelihood of a customer at the best means, without what both hypotheses share."""
    return np.asarray(shape * np.log(shape) - log_gamma(shape) - shape - shape * gap)


_Side = tuple[float, Floats]


def _beta_ratio(sides: list[_Side]) -> tuple[float, float, float]:
    """Difference of the means, its standard error, and twice the rise of the log likelihood."""
    apart, (first, second, precision) = _beta_maximum(sides)
    together, _ = _beta_maximum([_pooled(sides)])
    information = np.zeros((3, 3))
    for place, ((count, _), mean) in enumerate(zip(sides, (first, second), strict=True)):
        one, other = trigamma(mean * precision), trigamma((1 - mean) * precision)
        information[place, place] = count * precision**2 * (one + other)
        cross = count * precision * (mean * one - (1 - mean) * other)
        information[place, 2] = information[2, place] = cross
        information[2, 2] += count * (mean**2 * one + (1 - mean) ** 2 * other - trigamma(precision))
    covariance = np.linalg.inv(information)
    direction = np.array([-1.0, 1.0, 0.0])
    return second - first, float(np.sqrt(direction @ covariance @ direction)), max(2 * (apart - together), 0.0)


def _pooled(sides: list[_Side]) -> _Side:
    total = sum(count for count, _ in sides)
    return total, np.asarray(sum(count * mean for count, mean in sides)) / total


def _beta_maximum(sides: list[_Side]) -> tuple[float, tuple[float, float, float]]:
    """The largest log likelihood, and the means of the first and the last side and the precision there."""
    from scipy.optimize import minimize

    total = sum(count for count, _ in sides)

    def loss(places: Floats) -> tuple[float, Floats]:
        precision = np.exp(places[-1])
        value, slopes, by_precision = 0.0, [], 0.0
        for place, (count, (_, log_mean, log_rest)) in zip(places, sides, strict=False):
            mean = 1 / (1 + np.exp(-place))
            one, other = mean * precision, (1 - mean) * precision
            value += count * float(
                log_gamma(precision) - log_gamma(one) - log_gamma(other) + (one - 1) * log_mean + (other - 1) * log_rest
            )
            by_one, by_other = log_mean - digamma(one), log_rest - digamma(other)
            slopes.append(count * precision * mean * (1 - mean) * float(by_one - by_other))
            by_precision += count * precision * float(digamma(precision) + mean * by_one + (1 - mean) * by_other)
        return -value / total, -np.array([*slopes, by_precision]) / total

    start = [float(np.log(mean[0] / (1 - mean[0]))) for _, mean in sides]
    bounds = [(-30.0, 30.0)] * len(sides) + [(-10.0, 20.0)]
    options = {"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500}
    found = minimize(loss, np.array([*start, 1.0]), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    means = 1 / (1 + np.exp(-found.x[:-1]))
    return -float(found.fun) * total, (float(means[0]), float(means[-1]), float(np.exp(found.x[-1])))
