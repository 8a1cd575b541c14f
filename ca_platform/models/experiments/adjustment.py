"""Means adjusted for what was known of customers before they were assigned: the same difference, a narrower interval.

``cuped`` is the plain form with one covariate and one slope. ``regression_adjusted`` takes several, also ones
with missing values (``with_missing``). Covariates must be of the time before assignment.
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
    """Difference of the means, adjusted for several covariates by the slopes that make it most precise.

    Slopes minimize the variance of the difference, whatever the sizes of the sides, so that in large samples it is never
    less precise than the plain one, which least squares over both sides does not promise (Freedman 2008). Tsiatis,
    Davidian, Zhang and Lu 2008, "Covariate adjustment for two-sample treatment comparisons in randomized clinical trials",
    section 3; for two sides it is the regression that weighs each side by the other's size (Lin 2013, "Agnostic notes on
    regression adjustments to experimental data", section 3.2). Both sides share the slopes: with slopes of its own for each
    side one customer who spends much bends the line to himself, and Online Retail had 7 % false positives. A degree of
    freedom is taken off for each slope.

    Args:
        a, b: outcome, then covariates. Covariates that say the same as others are dropped.
        alpha: 1 minus the coverage of the interval.

    Returns:
        Insufficient where a side has fewer than two customers, both have not two more than covariates, or nothing varies.

    >>> a = Moments.of([2.0, 4.0, 9.0, 5.0, 4.0], [1.0, 2.0, 4.0, 3.0, 2.0])
    >>> b = Moments.of([4.0, 5.0, 10.0, 9.0, 7.0], [1.0, 2.0, 3.0, 4.0, 3.0])
    >>> found = regression_adjusted(a, b)
    >>> print(f"{found.estimate:.2f} [{found.low:.2f}, {found.high:.2f}]")
    1.79 [-0.07, 3.64]
    """
    _refuse_without_covariate(a, b)
    shares = [side.covariance / np.maximum(side.count, 1)[..., None, None] for side in (a, b)]
    together = shares[0] + shares[1]
    slopes, rank = _slopes(together)
    # Variance of outcome minus slopes times covariates, a side at a time.
    direction = np.concatenate([np.ones((*rank.shape, 1)), -slopes], axis=-1)
    left_a, left_b = (np.maximum(np.einsum("...i,...ij,...j->...", direction, share, direction), 0) for share in shares)
    error = left_a + left_b
    # What rounding leaves of an outcome that the covariates foretell wholly.
    error = np.where(error > _LEAST_DIRECTION * together[..., 0, 0], error, 0)
    below = left_a**2 / np.maximum(a.count - 1, 1) + left_b**2 / np.maximum(b.count - 1, 1)
    degrees = np.where(error > 0, error**2 / np.where(below > 0, below, 1), 0.0)
    enough = (a.count >= 2) & (b.count >= 2) & (error > 0) & (degrees > rank + 1)
    apart = b.mean - a.mean
    adjusted = apart[..., 0] - np.sum(slopes * apart[..., 1:], axis=-1)
    estimate = np.where(enough, adjusted, difference(a, b))
    spent = np.where(enough, degrees / np.where(enough, degrees - rank, 1), 1.0)
    degrees = np.where(enough, degrees - rank, 1.0)
    return by_student("regression_adjusted", estimate, np.sqrt(error * spent), degrees, enough, alpha)


def variance_reduction(a: Moments, b: Moments, adjusted: Comparison) -> Floats:
    """Share of the variance of the plain difference that the adjustment takes off; 0 where there is nothing to take.

    A little below 0 where the covariates foretell nothing. The same interval without covariates would need that share
    more customers, taken of all that would be needed.

    >>> a = Moments.of([2.0, 4.0, 9.0, 5.0], [1.0, 2.0, 4.0, 3.0])
    >>> b = Moments.of([4.0, 5.0, 10.0, 9.0], [1.0, 2.0, 3.0, 4.0])
    >>> print(f"{variance_reduction(a, b, cuped(a, b)):.2f}")
    0.85
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


def _slopes(covariance: Floats) -> tuple[Floats, Floats]:
    """Slopes of the first column on the others, and how many directions of those say something."""
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1)[..., 1:])
    scale = np.where(scale > 0, scale, 1.0)
    among = covariance[..., 1:, 1:] / (scale[..., :, None] * scale[..., None, :])
    values, vectors = np.linalg.eigh(among)
    told = values > _LEAST_DIRECTION * np.maximum(values.max(axis=-1, keepdims=True), 1)
    along = np.einsum("...ij,...i->...j", vectors, covariance[..., 1:, 0] / scale)
    weight = np.where(told, along / np.where(told, values, 1), 0.0)
    return np.einsum("...ij,...j->...i", vectors, weight) / scale, told.sum(axis=-1).astype(np.float64)


def _refuse_without_covariate(a: Moments, b: Moments) -> None:
    if min(a.sums.shape[-1], b.sums.shape[-1]) < 2 or a.sums.shape[-1] != b.sums.shape[-1]:
        raise ValidationError(
            f"The sides to adjust have {a.sums.shape[-1]} and {b.sums.shape[-1]} columns; give both the outcome and the "
            "same covariates, or compare them by `welch`."
        )
