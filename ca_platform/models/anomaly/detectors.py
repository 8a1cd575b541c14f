"""Detectors that need no yardstick: a score of each day from the figures themselves."""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.judge import BY_EVIDENCE
from ca_platform.models.anomaly.records import Floats
from ca_platform.models.anomaly.scale import Scaled

SAME_WEEKDAYS = 8
DETECTORS = (*BY_EVIDENCE, "deviation")


def deviation(on_scale: Scaled, first: int = 0) -> Floats:
    """The largest deviation of a metric from the median of the same weekday, in median absolute deviations.

    What shops use: the last eight same weekdays, no trend, no holidays.

    Args:
        first: the row from which on scores are wanted.

    Returns:
        (n - first,) NaN where fewer than four same weekdays are known.
    """
    value = on_scale.value
    days = value.shape[0]
    score = np.full((days - first, value.shape[1]), np.nan)
    begin = max(first, SAME_WEEKDAYS * 7)
    if begin < days:
        past = np.stack([value[begin - 7 * back : days - 7 * back] for back in range(1, SAME_WEEKDAYS + 1)])
        known = np.isfinite(past).sum(axis=0) >= SAME_WEEKDAYS // 2
        past = np.where(known, past, 0.0)
        centre = np.nanmedian(past, axis=0)
        spread = 1.4826 * np.nanmedian(np.abs(past - centre), axis=0)
        away = np.abs(value[begin:] - centre) / np.maximum(spread, 0.01)
        score[begin - first :] = np.where(known, away, np.nan)
    known_days = np.isfinite(score).any(axis=1)
    return np.where(known_days, np.where(np.isfinite(score), score, -np.inf).max(axis=1, initial=-np.inf), np.nan)
