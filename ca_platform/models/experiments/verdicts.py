"""What stands around a test: whether the sides came out as planned, many tests at once, and what could have been found."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Bools, Floats
from ca_platform.models.experiments.special import chi_square_tail, normal_below, normal_quantile

# Minimum sample of a verdict: customers of a side, and those of them with an outcome above 0.
LEAST_CUSTOMERS, LEAST_OUTCOMES = 30, 10


def is_enough(customers: ArrayLike, outcomes: ArrayLike) -> Bools:
    """Whether a side is large enough for a verdict: 30 customers, 10 of them with an outcome that is not 0.

    >>> is_enough([30, 500, 29], [10, 9, 29])
    array([ True, False, False])
    """
    return np.asarray((np.asarray(customers) >= LEAST_CUSTOMERS) & (np.asarray(outcomes) >= LEAST_OUTCOMES))


def sample_ratio(customers: ArrayLike, shares: ArrayLike | None = None) -> Floats:
    """P-value of the sizes of the variants, given how customers were to be split.

    Pearson 1900, "On the criterion that a given system of deviations …"; Fabijan et al. 2019, "Diagnosing sample ratio
    mismatch in online controlled experiments". Small where assignment or logging is broken: below .001 no verdict.

    Args:
        customers: by variant, on the last axis.
        shares: of the variants, as planned; equal unless said. They need not sum to 1. A variant that nobody was to get
            is refused.

    Returns:
        1 without customers, or with a single variant.

    >>> print(f"{sample_ratio([821_588, 815_482]):.2e}")
    1.82e-06
    """
    seen = np.asarray(customers, np.float64)
    planned = np.ones(seen.shape[-1:]) if shares is None else np.asarray(shares, np.float64)
    if planned.shape != seen.shape[-1:] or not np.all(planned > 0) or not np.all(seen >= 0):
        raise ValidationError(
            f"The variants have {seen.shape[-1]} sizes and {planned.size} planned shares, or one of them is not above 0; "
            "give a count and a share above 0 for each variant."
        )
    expected = seen.sum(axis=-1, keepdims=True) * planned / planned.sum()
    statistic = np.sum((seen - expected) ** 2 / np.where(expected > 0, expected, 1), axis=-1)
    return chi_square_tail(statistic, planned.size - 1) if planned.size > 1 else np.ones(seen.shape[:-1])


def adjusted(
    p_values: ArrayLike,
    method: Literal["benjamini_hochberg", "benjamini_yekutieli"] = "benjamini_hochberg",
    is_sufficient: ArrayLike | None = None,
) -> Floats:
    """P-values that bound the false discovery rate: of the items at or below alpha at most alpha are wrong on average.

    Benjamini and Hochberg 1995, "Controlling the false discovery rate", for tests that are independent or positively
    dependent; Benjamini and Yekutieli 2001, "The control of the false discovery rate in multiple testing under
    dependency", theorem 1.3, for any (pairs that share customers). By SciPy.

    Args:
        p_values: of the items, one axis.
        method: which of the two.
        is_sufficient: items that were tested; the others are no part of the family and get 1.

    >>> adjusted([0.01, 0.04, 0.03, 0.5], is_sufficient=[True, True, True, False]).round(3)
    array([0.03, 0.04, 0.04, 1.  ])
    """
    from scipy.stats import false_discovery_control

    p = np.asarray(p_values, np.float64)
    tested = np.ones(p.shape, bool) if is_sufficient is None else np.asarray(is_sufficient, bool)
    result = np.ones(p.shape)
    if tested.any():
        kind = "bh" if method == "benjamini_hochberg" else "by"
        # Rounding must not put a corrected value below its own.
        result[tested] = np.maximum(false_discovery_control(p[tested], method=kind), p[tested])
    return result


def power(effect: ArrayLike, standard_error: ArrayLike, alpha: float = 0.05) -> Floats:
    """Probability that a true effect is found by a two-sided test, by the normal approximation.

    Args:
        effect: the true difference, in the unit of the outcome; for a 10 % change a tenth of the mean of A.
        standard_error: of the estimated difference at the observed size. Infinite gives alpha, 0 gives 1.
        alpha: of the single test, without correction.

    >>> print(f"{power(2.8, 1.0):.3f} {power(0.0, 1.0):.3f}")
    0.800 0.050
    """
    quantile = float(normal_quantile(1 - alpha / 2))
    size, error = np.abs(np.asarray(effect, np.float64)), np.asarray(standard_error, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(error > 0, size / error, np.where(size > 0, np.inf, 0.0))
    return np.asarray(normal_below(shift - quantile) + normal_below(-shift - quantile))


def detectable(standard_error: ArrayLike, aim: float = 0.8, alpha: float = 0.05) -> Floats:
    """The smallest true difference that is found with the probability ``aim``, in the unit of the standard error.

    The chance of finding it in the wrong direction is left out: below 1e-5 for powers from .5 up.

    >>> print(f"{detectable(1.0):.3f}")
    2.802
    """
    quantiles = float(normal_quantile(1 - alpha / 2) + normal_quantile(aim))
    return quantiles * np.asarray(standard_error, np.float64)


def customers_needed(
    effect: ArrayLike, standard_error: ArrayLike, customers: ArrayLike, aim: float = 0.8, alpha: float = 0.05
) -> Floats:
    """Customers with which a true difference would be found with the probability ``aim``: "what would have to be true".

    Args:
        effect: the true difference, in the unit of the outcome. 0 needs infinitely many.
        standard_error: of the difference with the customers that there are.
        customers: those, of one side or of both; the answer is of the same.

    >>> print(f"{customers_needed(1.4, 1.0, 1000):.0f}")
    4005
    """
    size = np.abs(np.asarray(effect, np.float64))
    ratio = np.where(size > 0, detectable(standard_error, aim, alpha) / np.where(size > 0, size, 1), np.inf)
    return np.asarray(np.asarray(customers, np.float64) * ratio**2)
