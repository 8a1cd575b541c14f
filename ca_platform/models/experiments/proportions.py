"""Shares of customers: conversion of two groups."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Comparison, Floats
from ca_platform.models.experiments.special import normal_quantile, normal_tails

# Up to so many pairs of outcomes the exact test is made (0.1 s for the largest); above, the score test, which differs by a
# few thousandths there.
EXACT_CELLS = 10_000


def proportions(
    successes_a: ArrayLike, customers_a: ArrayLike, successes_b: ArrayLike, customers_b: ArrayLike, alpha: float = 0.05
) -> Comparison:
    """Difference of two shares.

    Small samples by Boschloo 1970, "Raised conditional level of significance for the 2 × 2-table when testing the
    equality of two probabilities" (exact, and more powerful than Fisher's test; SciPy). Larger ones by the score test
    with the factor N − 1 (Campbell 2007, "Chi-squared and Fisher–Irwin tests of two-by-two tables with small sample
    recommendations"; the test of Miettinen and Nurminen 1985, eq. 7). Which of the two goes by the sizes alone. Interval:
    hybrid of Wilson's scores, Newcombe 1998, "Interval estimation for the difference between independent proportions",
    method 10.

    Args:
        successes_a, successes_b: customers with the outcome, of any shape.
        customers_a, customers_b: all customers.
        alpha: 1 minus the coverage of the interval.

    Returns:
        ``statistic`` is the signed root of the score. Insufficient where a side has no customer, or the outcome is
        everybody's or nobody's.

    >>> found = proportions(122, 21_306, 267, 21_307)  # Hillstrom: conversion without a mail, with men's mail
    >>> print(f"{found.estimate:.5f} [{found.low:.5f}, {found.high:.5f}] p = {found.p_value:.1e}")
    0.00681 [0.00501, 0.00864] p = 1.5e-13
    """
    columns = (successes_a, customers_a, successes_b, customers_b)
    hit_a, all_a, hit_b, all_b = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in columns))
    _refuse_odd(hit_a, all_a, hit_b, all_b)
    everybody, hits = all_a + all_b, hit_a + hit_b
    enough = (all_a > 0) & (all_b > 0) & (hits > 0) & (hits < everybody)
    share_a, share_b = hit_a / np.maximum(all_a, 1), hit_b / np.maximum(all_b, 1)
    apart = np.where((all_a > 0) & (all_b > 0), share_b - share_a, 0.0)
    pooled = hits / np.maximum(everybody, 1)
    inverse = 1 / np.maximum(all_a, 1) + 1 / np.maximum(all_b, 1)
    variance = pooled * (1 - pooled) * inverse * everybody / np.maximum(everybody - 1, 1)
    statistic = np.where(enough, apart / np.sqrt(np.where(enough, variance, 1)), 0.0)
    p = np.atleast_1d(np.where(enough, normal_tails(statistic), 1.0))
    few = np.atleast_1d(enough & ((all_a + 1) * (all_b + 1) <= EXACT_CELLS))
    flat = [np.atleast_1d(part).ravel() for part in (hit_a, all_a, hit_b, all_b)]
    exact = p.ravel()
    for place in np.flatnonzero(few.ravel()).tolist():
        exact[place] = boschloo(*(int(part[place]) for part in flat))
    low, high = _newcombe(share_a, all_a, share_b, all_b, alpha)
    return Comparison(
        test="proportions",
        estimate=apart,
        standard_error=None,
        low=np.where(enough, low, -1.0),
        high=np.where(enough, high, 1.0),
        statistic=statistic,
        p_value=exact.reshape(np.shape(enough)),
        is_sufficient=np.asarray(enough),
    )


@lru_cache(maxsize=10_000)
def boschloo(successes_a: int, customers_a: int, successes_b: int, customers_b: int) -> float:
    """Two-sided p-value of Boschloo's exact test, by SciPy; the same for A against B and B against A.

    >>> print(f"{boschloo(2, 10, 8, 10):.4f}")
    0.0118
    """
    from scipy.stats import boschloo_exact

    if (customers_b, successes_b) < (customers_a, successes_a):
        successes_a, customers_a, successes_b, customers_b = successes_b, customers_b, successes_a, customers_a
    table = [[successes_a, successes_b], [customers_a - successes_a, customers_b - successes_b]]
    return min(float(boschloo_exact(table).pvalue), 1.0)


def wilson(successes: ArrayLike, customers: ArrayLike, alpha: float = 0.05) -> tuple[Floats, Floats]:
    """Interval of one share: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    0 to 1 without customers.

    >>> low, high = wilson(5, 100)
    >>> print(f"{low:.4f} {high:.4f}")
    0.0215 0.1118
    """
    of = np.asarray(customers, np.float64)
    share = np.asarray(successes, np.float64) / np.maximum(of, 1)
    low, high = _wilson(share, of, float(normal_quantile(1 - alpha / 2)))
    return np.where(of > 0, low, 0.0), np.where(of > 0, high, 1.0)


def _wilson(share: Floats, customers: Floats, quantile: float) -> tuple[Floats, Floats]:
    of, square = np.maximum(customers, 1), quantile**2
    centre = (share + square / (2 * of)) / (1 + square / of)
    width = quantile * np.sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    return np.asarray(centre - width), np.asarray(centre + width)


def _newcombe(
    share_a: Floats, customers_a: Floats, share_b: Floats, customers_b: Floats, alpha: float
) -> tuple[Floats, Floats]:
    quantile = float(normal_quantile(1 - alpha / 2))
    low_a, high_a = _wilson(share_a, customers_a, quantile)
    low_b, high_b = _wilson(share_b, customers_b, quantile)
    apart = share_b - share_a
    below = np.sqrt((share_b - low_b) ** 2 + (high_a - share_a) ** 2)
    above = np.sqrt((high_b - share_b) ** 2 + (share_a - low_a) ** 2)
    return apart - below, apart + above


def _refuse_odd(hit_a: Floats, all_a: Floats, hit_b: Floats, all_b: Floats) -> None:
    good = (hit_a >= 0) & (hit_a <= all_a) & (hit_b >= 0) & (hit_b <= all_b)
    whole = (hit_a % 1 == 0) & (all_a % 1 == 0) & (hit_b % 1 == 0) & (all_b % 1 == 0)
    bad = np.atleast_1d(~(good & whole)).ravel()
    if bad.any():
        raise ValidationError(
            f"{int(bad.sum()):,} pairs of shares are no counts of customers out of a count, the first is number "
            f"{int(bad.argmax()):,}; give customers with the outcome and all customers of each side."
        )
