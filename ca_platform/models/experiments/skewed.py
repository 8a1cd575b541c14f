"""Welch's test of two groups whose outcome is skewed, or of which one is small: with the skewness taken out."""

from __future__ import annotations

import numpy as np

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.hall import bent, straightened
from ca_platform.models.experiments.means import welch
from ca_platform.models.experiments.records import Comparison, Floats, Moments
from ca_platform.models.experiments.special import student_quantile, student_tails


def welch_skewed(a: Moments, b: Moments, alpha: float = 0.05) -> Comparison:
    """Difference of the means of two groups, corrected for the skewness of the outcome.

    Hall 1992, "On the removal of skewness by transformation", section 2 (``hall``). The third moment is that of both groups
    together, blind to the sides, which keeps it from following the few large outcomes that make a difference. Thirty skewed
    amounts (2.5) against a thousand: Welch's test calls 7.7 % of comparisons of nothing significant, and 0.8 % at .001; this
    one 3.9 % and 0.03 %.

    Args:
        a, b: the outcome, and its square as the second column.
        alpha: 1 minus the coverage of the interval, which is the inverse of the test.

    Returns:
        Insufficient where Welch's test is.

    >>> few, many = np.array([1.0, 2.0, 3.0, 30.0]), np.array([2.0, 4.0, 5.0, 9.0, 8.0, 3.0, 1.0, 2.0])
    >>> sides = [Moments.of(side, side**2) for side in (few, many)]
    >>> print(f"{welch(*sides).p_value:.3f} {welch_skewed(*sides).p_value:.3f}")
    0.549 0.462
    """
    if min(a.sums.shape[-1], b.sums.shape[-1]) < 2:
        raise ValidationError("The sides to compare have one column; give both the outcome and its square.")
    found = welch(a, b, alpha)
    both = a + b
    count = np.maximum(both.count, 1)
    mean = both.sums[..., 0] / count
    square = both.products[..., 0, 0] / count
    cubes = both.products[..., 0, 1] / count - 3 * mean * square + 2 * mean**3
    spread = np.maximum(square - mean**2, 0)
    size_a, size_b = np.maximum(a.count, 1), np.maximum(b.count, 1)
    error = spread * (1 / size_a + 1 / size_b)
    enough = found.is_sufficient & (error > 0)
    skewness = np.where(enough, cubes * (1 / size_b**2 - 1 / size_a**2) / np.where(enough, error, 1) ** 1.5, 0.0)
    statistic = straightened(found.statistic, skewness)
    degrees = _degrees(a, b)
    quantile = student_quantile(1 - alpha / 2, degrees)
    own = np.where(enough, found.standard_error if found.standard_error is not None else 1.0, 1.0)
    low, high = (found.estimate - own * bent(end, skewness) for end in (quantile, -quantile))
    return Comparison(
        test="welch_skewed",
        estimate=found.estimate,
        standard_error=found.standard_error,
        low=np.where(enough, low, -np.inf),
        high=np.where(enough, high, np.inf),
        statistic=statistic,
        p_value=np.where(enough, student_tails(statistic, degrees), 1.0),
        is_sufficient=enough,
    )


def _degrees(a: Moments, b: Moments) -> Floats:
    """Welch's degrees of freedom; 1 where nothing varies."""
    share_a, share_b = (side.variance() / np.maximum(side.count, 1) for side in (a, b))
    below = share_a**2 / np.maximum(a.count - 1, 1) + share_b**2 / np.maximum(b.count - 1, 1)
    return np.where(below > 0, (share_a + share_b) ** 2 / np.where(below > 0, below, 1), 1.0)
