"""Resamples of the items of a report, within what a day may take, beside the intervals of their tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ca_platform.models.experiments import Bootstrap, Comparison
from ca_platform.models.experiments.records import Bools
from ca_platform.models.experiments.special import normal_below, normal_quantile

MOST_OUTCOMES = 20_000
"""Items with more customers who have an outcome are not resampled: their means are normal to three digits."""


def resampled(
    comparison: Comparison, is_chosen: Bools, resample: Callable[[Bools], Bootstrap], alpha: float
) -> Bootstrap:
    """The share of resamples whose own interval covers 0, with the intervals of the test.

    Of a normal mean they cover 0 in Φ(q − t) − Φ(−q − t) of the cases, with t the estimate over its standard error, and q
    the normal quantile of the interval: that is what is said of the items that are not resampled.

    Args:
        comparison: of all items.
        is_chosen: who are resampled.
        resample: those items, in their order.
        alpha: 1 minus the coverage of the intervals.
    """
    quantile = float(normal_quantile(1 - alpha / 2))
    error = np.full(is_chosen.shape, np.inf) if comparison.standard_error is None else comparison.standard_error
    known = np.isfinite(error) & (error > 0)
    place = np.where(known, comparison.estimate / np.where(known, error, 1), 0.0)
    covers = np.where(known, normal_below(quantile - place) - normal_below(-quantile - place), 1.0)
    if is_chosen.any():
        covers[is_chosen] = resample(is_chosen).accept_ratio
    low, high = comparison.low, comparison.high
    return Bootstrap(comparison.estimate, low, high, low, high, covers, comparison.is_sufficient)
