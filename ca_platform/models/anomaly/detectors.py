"""Detectors: from the deviations of a day to one score of it, larger for stranger days.

A detector reads the residuals of all days and gives the score of each from that day and those before it; what it learns is
learnt anew every week.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.baseline import Residuals
from ca_platform.models.anomaly.causes import Causes
from ca_platform.models.anomaly.covariance import shrunk_covariance
from ca_platform.models.anomaly.records import Flags, Floats, Ints

REFIT_DAYS = 7
# Days of which a covariance is learnt, and the fewest.
WINDOW_DAYS, LEAST_DAYS = 365, 7
SAME_WEEKDAYS = 8
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """How strongly each cause is seen on each day.

    Attributes:
        distance: (n,) mean squared Mahalanobis distance per metric known.
        strength: (n, k) by how many standard deviations each cause has moved, if it is the one that has; signed.
    """

    distance: Floats
    strength: Floats

    @property
    def cause(self) -> Ints:
        """(n,) the cause that is seen most; -1 where nothing is known."""
        known = np.asarray(np.isfinite(self.strength).any(axis=1))
        return np.where(known, np.nanargmax(np.where(known[:, None], np.abs(self.strength), 0.0), axis=1), -1)


def evidence(found: Residuals, possible: Causes, is_marked: Flags) -> Evidence:
    """Distance and causes of every day, by a covariance of the days before its week."""
    deviation, spread = found.deviation, found.spread
    days, _ = deviation.shape
    known = np.isfinite(deviation)
    distance = np.full(days, np.nan)
    strength = np.full((days, len(possible.names)), np.nan)
    learnable = known.any(axis=1) & ~is_marked
    for begin in range(0, days, REFIT_DAYS):
        before = np.flatnonzero(learnable[:begin])[-WINDOW_DAYS:]
        block = np.arange(begin, min(begin + REFIT_DAYS, days))
        block = block[known[block].any(axis=1)]
        if before.size < LEAST_DAYS or not block.size:
            continue
        covariance = shrunk_covariance(deviation[before])
        for day in block:
            # A day at a time: of several at once the last digits would depend on how many there are.
            at = known[day]
            here = deviation[day, at]
            directions = possible.shifts[:, at] / spread[day, at]
            weighted = np.linalg.solve(covariance[np.ix_(at, at)], np.column_stack([here, *directions]))
            distance[day] = here @ weighted[:, 0] / here.size
            length = (directions * weighted[:, 1:].T).sum(axis=1)
            projected = directions @ weighted[:, 0]
            strength[day] = np.where(length > _TINY, projected / np.sqrt(np.maximum(length, _TINY)), 0.0)
    return Evidence(distance, strength)


def matched(_: Residuals, seen: Evidence) -> Floats:
    """The strength of the strongest cause: a likelihood ratio of one cause against none (a matched filter)."""
    return _largest(np.abs(seen.strength))


def mahalanobis(_: Residuals, seen: Evidence) -> Floats:
    """The Mahalanobis distance of the deviations."""
    return np.sqrt(seen.distance)


def deviation(found: Residuals, _: Evidence) -> Floats:
    """The largest deviation of a metric from the median of the same weekday, in median absolute deviations.

    The baseline that shops use: the last eight same weekdays, no trend, no holidays.
    """
    value = found.scaled.value
    score = np.full(value.shape, np.nan)
    first = SAME_WEEKDAYS * 7
    if value.shape[0] > first:
        past = np.stack([value[first - 7 * back : value.shape[0] - 7 * back] for back in range(1, SAME_WEEKDAYS + 1)])
        known = np.isfinite(past).sum(axis=0) >= SAME_WEEKDAYS // 2
        past = np.where(known, past, 0.0)
        centre = np.nanmedian(past, axis=0)
        spread = 1.4826 * np.nanmedian(np.abs(past - centre), axis=0)
        score[first:] = np.where(known, np.abs(value[first:] - centre) / np.maximum(spread, 0.01), np.nan)
    return _largest(score)


DETECTORS: dict[str, Callable[[Residuals, Evidence], Floats]] = {
    "matched": matched,
    "mahalanobis": mahalanobis,
    "deviation": deviation,
}


def _largest(values: Floats) -> Floats:
    known = np.isfinite(values).any(axis=1)
    return np.where(known, np.where(np.isfinite(values), values, -np.inf).max(axis=1, initial=-np.inf), np.nan)
