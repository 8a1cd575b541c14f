"""Tests of means by Student's t on sufficient statistics: Welch for two groups, paired for two times of the same ones.

They make no assumption on the distribution beyond finite variances and enough customers for the means to be about normal;
``ab_calibration`` measures whether they are, on the shop itself.
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.experiments.records import Bools, Comparison, Floats, Moments
from ca_platform.models.experiments.special import student_quantile, student_tails


def welch(a: Moments, b: Moments, alpha: float = 0.05) -> Comparison:
    """Difference of the means of two groups with variances of their own.

    Welch 1947, "The generalization of 'Student's' problem when several different population variances are involved", eq.
    28 and 29 (degrees of freedom).

    Args:
        a, b: the first column is compared; outcome per customer, 0 for one without an order.
        alpha: 1 minus the coverage of the interval.

    Returns:
        Insufficient where a side has fewer than two customers, or neither varies.

    >>> found = welch(Moments.of([1.0, 2.0, 3.0, 6.0]), Moments.of([4.0, 6.0, 7.0, 11.0]))
    >>> print(f"{found.estimate:.1f} [{found.low:.2f}, {found.high:.2f}] p = {found.p_value:.4f}")
    4.0 [-0.57, 8.57] p = 0.0750
    """
    share_a, share_b = (side.variance() / np.maximum(side.count, 1) for side in (a, b))
    error = share_a + share_b
    enough = (a.count >= 2) & (b.count >= 2) & (error > 0)
    below = share_a**2 / np.maximum(a.count - 1, 1) + share_b**2 / np.maximum(b.count - 1, 1)
    degrees = np.where(enough, error**2 / np.where(below > 0, below, 1), 1)
    return by_student("welch", difference(a, b), np.sqrt(error), degrees, enough, alpha)


def paired_t(pairs: Moments, alpha: float = 0.05) -> Comparison:
    """Mean change of the same customers from the first column to the second.

    Student 1908, "The probable error of a mean". Insufficient for fewer than two customers, or where all change alike.

    >>> found = paired_t(Moments.of([3.0, 1.0, 4.0, 2.0], [5.0, 2.0, 8.0, 3.0]))
    >>> print(f"{found.estimate:.1f} p = {found.p_value:.4f}")
    2.0 p = 0.0663
    """
    return one_sample("paired_t", pairs.combined(-1, 1), alpha)


def one_sample(name: str, change: Moments, alpha: float = 0.05) -> Comparison:
    """Whether the mean of the first column is 0."""
    error = np.sqrt(change.variance() / np.maximum(change.count, 1))
    enough = (change.count >= 2) & (error > 0)
    return by_student(name, change.mean[..., 0], error, np.maximum(change.count - 1, 1), enough, alpha)


def difference(a: Moments, b: Moments) -> Floats:
    """Mean of B minus mean of A, 0 where a side has nobody."""
    return np.where((a.count > 0) & (b.count > 0), b.mean[..., 0] - a.mean[..., 0], 0.0)


def by_student(
    test: str, estimate: Floats, standard_error: Floats, degrees: Floats, enough: Bools, alpha: float
) -> Comparison:
    """The comparison that an estimate and its standard error make, by Student's t."""
    error = np.where(enough, standard_error, np.inf)
    statistic = np.where(enough, estimate / np.where(enough, standard_error, 1), 0.0)
    width = np.where(enough, student_quantile(1 - alpha / 2, degrees) * np.where(enough, standard_error, 1), np.inf)
    return Comparison(
        test=test,
        estimate=np.asarray(estimate),
        standard_error=error,
        low=np.asarray(estimate - width),
        high=np.asarray(estimate + width),
        statistic=statistic,
        p_value=np.where(enough, student_tails(statistic, degrees), 1.0),
        is_sufficient=np.asarray(enough),
    )
