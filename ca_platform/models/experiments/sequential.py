"""Verdicts that may be looked at every day: intervals that hold at all times at once.

Looking at a fixed interval every day for a month calls a quarter of the experiments without effect significant. The
sequence of Waudby-Smith and others holds for ever, and is 1.55 times as wide as the fixed interval at best, whatever it is
tuned to. Up to the planned size a boundary of Brownian motion does better, and half of alpha is spent on each.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Bools, Comparison, Floats
from ca_platform.models.experiments.special import normal_below, normal_quantile

# The boundary is the narrower one from about half of the planned size on; the sequence is tuned to what comes before.
_TUNED_TO = 0.25


def asymptotic_sequence(found: Comparison, size: ArrayLike, tuned_to: ArrayLike, alpha: float = 0.05) -> Comparison:
    """The asymptotic confidence sequence around an estimate.

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence
    sequences" (arXiv 2103.06476v7), eq. 9 (width) and 155 (p-value), tuned by eq. 161.

    Args:
        found: an estimate with its standard error, of the data so far.
        size: how much data that is: customers, where a customer's outcome is complete when it comes in; customers times
            days, where outcomes go on for as long as the experiment does. Above 0.
        tuned_to: the size at which the interval is to be narrowest, in the same unit.
        alpha: 1 minus the probability that the interval holds at all times.

    Returns:
        The estimate with a wider interval; ``p_value`` may be looked at whenever one likes.

    >>> from ca_platform.models.experiments.means import welch
    >>> from ca_platform.models.experiments.records import Moments
    >>> fixed = welch(*(Moments(np.array(500.0), np.array([m * 500]), np.array([[m * m * 500 + 499]])) for m in (1, 1.2)))
    >>> found = asymptotic_sequence(fixed, 1000, 1000)
    >>> print(f"{fixed.p_value:.4f} {found.p_value:.4f} {(found.high - found.low) / (fixed.high - fixed.low):.3f}")
    0.0016 0.0352 1.547
    """
    grown = _spread(size, tuned_to, alpha)
    error, statistic, enough = _standardised(found)
    factor = np.sqrt((grown + 1) / grown * 2 * np.log(np.sqrt(grown + 1) / alpha))
    # Eq. 155: one over the mixture martingale, in logarithms.
    p = np.minimum(np.exp(0.5 * np.log1p(grown) - 0.5 * statistic**2 * grown / (1 + grown)), 1.0)
    return _sequence("asymptotic_sequence", found, np.where(enough, factor * error, np.inf), p)


def planned_boundary(found: Comparison, size: ArrayLike, planned_size: ArrayLike, alpha: float = 0.05) -> Comparison:
    """An interval that holds at all times up to the planned size; afterwards it says nothing.

    A Brownian motion passes ±c before time 1 with probability at most 4 (1 − Φ(c)), by the reflection principle on both
    sides (Lévy 1948; Billingsley 1999, Convergence of Probability Measures, eq. 9.14, of which this is the first term and
    an upper bound). In the limit of O'Brien and Fleming 1979 with a look at every moment.

    Args:
        found, size, alpha: as of ``asymptotic_sequence``.
        planned_size: at which the experiment ends, in the unit of ``size``. Above 0.

    >>> from ca_platform.models.experiments.means import welch
    >>> from ca_platform.models.experiments.records import Moments
    >>> fixed = welch(*(Moments(np.array(500.0), np.array([m * 500]), np.array([[m * m * 500 + 499]])) for m in (1, 1.2)))
    >>> [round(float(planned_boundary(fixed, size, 1000).p_value), 4) for size in (500, 1000, 1001)]
    [0.0507, 0.0031, 1.0]
    """
    done = _positive(size, "size") / _positive(planned_size, "planned size")
    error, statistic, enough = _standardised(found)
    within = done <= 1 + 1e-9
    limit = float(normal_quantile(1 - alpha / 4))
    width = np.where(within & enough, limit * error / np.sqrt(np.minimum(done, 1)), np.inf)
    p = np.where(within, np.minimum(4 * normal_below(-np.abs(statistic) * np.sqrt(done)), 1.0), 1.0)
    return _sequence("planned_boundary", found, width, p)


def sequential(found: Comparison, size: ArrayLike, planned_size: ArrayLike, alpha: float = 0.05) -> Comparison:
    """What an experiment may show on every day: valid whenever one looks, and narrow at the planned size.

    The smaller of both intervals, each at alpha / 2, and twice the smaller p-value (Bonferroni). At the planned size it is
    1.27 times as wide as the fixed one for alpha = .05, where eq. 9 alone cannot go below 1.55; after it eq. 9 goes on.

    Args:
        found, size, alpha: as of ``asymptotic_sequence``.
        planned_size: at which the experiment is to end, fixed before it began, in the unit of ``size``.

    >>> from ca_platform.models.experiments.means import welch
    >>> from ca_platform.models.experiments.records import Moments
    >>> fixed = welch(*(Moments(np.array(500.0), np.array([m * 500]), np.array([[m * m * 500 + 499]])) for m in (1, 1.2)))
    >>> found = sequential(fixed, 1000, 1000)
    >>> print(f"{found.p_value:.4f} {(found.high - found.low) / (fixed.high - fixed.low):.3f}")
    0.0063 1.273
    """
    sequence = asymptotic_sequence(found, size, _TUNED_TO * np.asarray(planned_size, np.float64), alpha / 2)
    boundary = planned_boundary(found, size, planned_size, alpha / 2)
    width = np.minimum(sequence.high - found.estimate, boundary.high - found.estimate)
    p = np.minimum(2 * np.minimum(sequence.p_value, boundary.p_value), 1.0)
    return _sequence("sequential", found, width, p)


def _spread(size: ArrayLike, tuned_to: ArrayLike, alpha: float) -> Floats:
    """Size times the square of the mixture's ρ: eq. 161, which makes the interval narrowest at the size it is tuned to."""
    best = -2 * log(alpha) + log(-2 * log(alpha) + 1)
    return best * _positive(size, "size") / _positive(tuned_to, "size it is tuned to")


def _standardised(found: Comparison) -> tuple[Floats, Floats, Bools]:
    """Standard error and statistic, 1 and 0 where nothing is known, and whether it is."""
    if found.standard_error is None or found.measure != "difference":
        raise ValidationError(
            f"The test {found.test} has no standard error of a difference, so no sequence can be built on it; give a "
            "comparison of means."
        )
    enough = found.is_sufficient & np.isfinite(found.standard_error) & (found.standard_error > 0)
    error = np.where(enough, found.standard_error, 1.0)
    return error, np.where(enough, found.estimate / error, 0.0), enough


def _positive(value: ArrayLike, name: str) -> Floats:
    number = np.asarray(value, np.float64)
    if not np.all(number > 0):
        raise ValidationError(f"The {name} of an experiment is not above 0; give customers, or customers times days.")
    return number


def _sequence(test: str, found: Comparison, width: Floats, p_value: Floats) -> Comparison:
    return Comparison(
        test=test,
        estimate=found.estimate,
        standard_error=found.standard_error,
        low=np.asarray(found.estimate - width),
        high=np.asarray(found.estimate + width),
        statistic=found.statistic,
        p_value=np.where(found.is_sufficient, p_value, 1.0),
        is_sufficient=found.is_sufficient,
    )
