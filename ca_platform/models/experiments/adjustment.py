"""Means adjusted for what was known of customers before they were assigned: the same difference, a narrower interval.

``cuped`` is the plain form with one covariate and one slope. ``regression_adjusted`` takes several, each side with slopes
of its own, and covariates with missing values (``with_missing``). Covariates must be of the time before assignment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.means import by_student, difference, welch
from ca_platform.models.experiments.records import Comparison, Floats, Moments

# Directions of the covariates that hold less than this share of their variance are rounding, not knowledge.
_LEAST_DIRECTION = 1e-10


def cuped(a: Moments, b: Moments, alpha: float = 0.05) -> Comparison:
    """Difference of the means after the part that the covariate foretells is taken off.

    Deng, Xu, Kohavi and Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data", eq. 4 (adjusted mean) and 5 (slope, of both sides together).

    Args:
        a, b: outcome and covariate, in units of their own.
        alpha: 1 minus the coverage of the interval.

    Returns:
        Welch's test of the adjusted outcome; of the plain one where the covariate does not vary.

    >>> a = Moments.of([2.0, 4.0, 9.0, 5.0], [1.0, 2.0, 4.0, 3.0])
    >>> b = Moments.of([4.0, 5.0, 10.0, 9.0], [1.0, 2.0, 3.0, 4.0])
    >>> print(f"{welch(a, b).p_value:.3f} {cuped(a, b).p_value:.3f}")
    0.374 0.060
    """
    _refuse_without_covariate(a, b)
    covariance = (a + b).covariance
    varies = covariance[..., 1, 1] > 0
    slope = np.where(varies, covariance[..., 0, 1] / np.where(varies, covariance[..., 1, 1], 1), 0.0)
    one, other = _adjusted(a, slope), _adjusted(b, slope)
    found = welch(one, other, alpha)
    return Comparison("cuped", *(getattr(found, name) for name in _FIGURES))


_FIGURES = ("estimate", "standard_error", "low", "high", "statistic", "p_value", "is_sufficient")


def regression_adjusted(a: Moments, b: Moments, alpha: float = 0.05) -> Comparison:
    """Difference of the means, adjusted by a linear regression on the covariates within each side.

    Never less precise than the plain difference in large samples, whatever the sizes of the sides, which one slope for
    both does not promise (Freedman 2008). Lin 2013, "Agnostic notes on regression adjustments to experimental data",
    section 4: regression on side, covariates centred at their mean over both sides, and their products. The variance is
    that of the residuals of each side, with a degree of freedom off for every slope, plus what the mean of the covariates
    over both sides adds where the slopes differ (Negi and Wooldridge 2021, eq. 3.7: customers are a sample too).

    Args:
        a, b: outcome, then covariates. Covariates that say the same as others are dropped.
        alpha: 1 minus the coverage of the interval.

    Returns:
        Insufficient where a side has not at least two customers more than covariates, or nothing varies.

    >>> a = Moments.of([2.0, 4.0, 9.0, 5.0], [1.0, 2.0, 4.0, 3.0])
    >>> b = Moments.of([4.0, 5.0, 10.0, 9.0], [1.0, 2.0, 3.0, 4.0])
    >>> found = regression_adjusted(a, b)
    >>> print(f"{found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}]")
    2.00 [-1.10, 5.10]
    """
    _refuse_without_covariate(a, b)
    both = a + b
    centre = both.mean[..., 1:]
    slopes, shares = [], []
    for side in (a, b):
        slope, explained, rank = _regression(side)
        left = np.maximum(side.count - 1 - rank, 0)
        residual = np.maximum(side.variance() - explained, 0) * (side.count - 1)
        residual = np.where(residual > _LEAST_DIRECTION * side.variance() * side.count, residual, 0)
        slopes.append(slope)
        shares.append((residual / np.maximum(left, 1) / np.maximum(side.count, 1), left))
    (share_a, left_a), (share_b, left_b) = shares
    shift_a = np.sum(slopes[0] * (a.mean[..., 1:] - centre), axis=-1)
    shift_b = np.sum(slopes[1] * (b.mean[..., 1:] - centre), axis=-1)
    enough = (left_a >= 1) & (left_b >= 1) & (share_a + share_b > 0)
    estimate = np.where(enough, difference(a, b) - (shift_b - shift_a), difference(a, b))
    apart = slopes[1] - slopes[0]
    spread = np.einsum("...i,...ij,...j->...", apart, both.covariance[..., 1:, 1:], apart)
    error = share_a + share_b + np.maximum(spread, 0) / np.maximum(both.count, 1)
    below = share_a**2 / np.maximum(left_a, 1) + share_b**2 / np.maximum(left_b, 1)
    degrees = np.where(enough, (share_a + share_b) ** 2 / np.where(below > 0, below, 1), 1)
    return by_student("regression_adjusted", estimate, np.sqrt(error), degrees, enough, alpha)


def variance_reduction(a: Moments, b: Moments, adjusted: Comparison) -> Floats:
    """Share of the variance of the plain difference that the adjustment takes off; 0 where there is nothing to take.

    A little below 0 where the covariates foretell nothing. The same interval without covariates would need that share
    more customers, taken of all that would be needed.
    """
    plain = welch(a.column(0), b.column(0)).standard_error
    if plain is None or adjusted.standard_error is None:
        return np.zeros(a.count.shape)
    known = adjusted.is_sufficient & np.isfinite(plain) & (plain > 0)
    ratio = np.where(known, adjusted.standard_error, 1.0) / np.where(known, plain, 1.0)
    return np.where(known, 1 - ratio**2, 0.0)


def with_missing(covariate: ArrayLike) -> tuple[Floats, ...]:
    """A covariate with missing values (NaN) as columns: the value or 0, and, where any is missing, whether it is.

    With the second column beside it, what stands in for a missing value does not matter, and nobody is left out: being
    known is itself known before the assignment (Zhao and Ding 2024, "To adjust or not to adjust? Estimating the average
    treatment effect in randomized experiments with missing covariates").

    >>> with_missing([3.0, np.nan])
    (array([3., 0.]), array([0., 1.]))
    """
    column = np.asarray(covariate, np.float64)
    missing = np.isnan(column)
    filled = np.where(missing, 0.0, column)
    return (filled, missing.astype(np.float64)) if missing.any() else (filled,)


def history_covariates(amount: ArrayLike, days_since: ArrayLike) -> tuple[Floats, ...]:
    """What best foretells the amount of a customer, of what was known at the assignment.

    The amount by itself makes a poor line: spending is skewed, and those who have been away spend less. Its root bends
    the line, and a decay by the days since the last order (60 days) takes those who are away out of it.

    Args:
        amount: what each spent in the period before, in the shop's currency, 0 and up; NaN for one who is new.
        days_since: days from the last order to the assignment; NaN for one who has none.

    >>> [column.round(2).tolist() for column in history_covariates([9.0, 0.0, np.nan], [60.0, np.nan, np.nan])]
    [[9.0, 0.0, 0.0], [0.0, 0.0, 1.0], [3.0, 0.0, 0.0], [3.31, 0.0, 0.0], [1.1, 0.0, 0.0], [0.37, 0.0, 0.0]]
    """
    spent, *missing = with_missing(amount)
    root = np.sqrt(np.maximum(spent, 0))
    away = np.asarray(days_since, np.float64)
    near = np.where(np.isnan(away), 0.0, np.exp(-np.where(np.isnan(away), 0.0, away) / _DECAY_DAYS))
    return (spent, *missing, root, spent * near, root * near, near)


_DECAY_DAYS = 60.0


def _adjusted(side: Moments, slope: Floats) -> Moments:
    """Outcome minus slope times covariate, as moments."""
    sums = side.sums[..., 0] - slope * side.sums[..., 1]
    squares = side.products[..., 0, 0] - 2 * slope * side.products[..., 0, 1] + slope**2 * side.products[..., 1, 1]
    return Moments(side.count, sums[..., None], np.maximum(squares, 0)[..., None, None])


def _regression(side: Moments) -> tuple[Floats, Floats, Floats]:
    """Slopes of the outcome on the covariates, the variance that they explain, and how many say something."""
    covariance = side.covariance
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1)[..., 1:])
    scale = np.where(scale > 0, scale, 1.0)
    among = covariance[..., 1:, 1:] / (scale[..., :, None] * scale[..., None, :])
    with_outcome = covariance[..., 1:, 0] / scale
    values, vectors = np.linalg.eigh(among)
    told = values > _LEAST_DIRECTION * np.maximum(values.max(axis=-1, keepdims=True), 1)
    along = np.einsum("...ij,...i->...j", vectors, with_outcome)
    weight = np.where(told, along / np.where(told, values, 1), 0.0)
    slopes = np.einsum("...ij,...j->...i", vectors, weight)
    return slopes / scale, np.sum(weight * along, axis=-1), told.sum(axis=-1).astype(np.float64)


def _refuse_without_covariate(a: Moments, b: Moments) -> None:
    if min(a.sums.shape[-1], b.sums.shape[-1]) < 2 or a.sums.shape[-1] != b.sums.shape[-1]:
        raise ValidationError(
            f"The sides to adjust have {a.sums.shape[-1]} and {b.sums.shape[-1]} columns; give both the outcome and the "
            "same covariates, or compare them by `welch`."
        )
