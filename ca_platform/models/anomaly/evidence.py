"""How strange a day is, measured by what is usual: the strength of each cause, and the distance of all figures together.

A yardstick is learnt from past days. It holds how far deviations usually go on either side, how they hang together, and
how fast the strengths of each cause thin out, so that a heavy tail of one figure (a shop whose revenue has giant orders)
does not raise the bar for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.covariance import shrunk_covariance
from ca_platform.models.anomaly.records import Floats

# Where the tail of a strength begins, and what a tail is with few days: that of a normal.
TAIL = 0.8
_PRIOR_DAYS, _PRIOR_EXCESS = 15.0, 0.5
# Quantile by which a side is measured, what it is of a normal, and the days that speak for 1.
_SIDE, _NORMAL_SIDE, _SIDE_DAYS, _LEAST_SIDE = 0.9, 1.2816, 20.0, 0.2
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for each cause on some days.

    Attributes:
        distance: (n,) Mahalanobis distance of the day's deviations.
        strength: (n, k) by how many standard deviations each cause has moved, if it is the one that has; signed.
        surprise: (n, 2k) how far each cause's strength lies in its tail, upwards first and then downwards, in mean
            excesses.
        distance_surprise: (n,) the same of the distance.
    """

    distance: Floats
    strength: Floats
    surprise: Floats
    distance_surprise: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What is usual.

    Attributes:
        above, below: (m,) how far deviations go on either side, 1 for a normal.
        precision: (m, m) inverse covariance of deviations.
        start, excess: (2k + 1,) where the tail of each strength, and of the distance, begins, and its mean excess.
    """

    above: Floats
    below: Floats
    precision: Floats
    start: Floats
    excess: Floats

    def evidence(self, deviation: Floats, directions: Floats) -> Evidence:
        """Evidence of some days.

        Args:
            deviation: (n, m) in standard deviations; NaN says nothing.
            directions: (n, k, m) of the causes, in standard deviations of the day.
        """
        strength, distance = _strengths(self.precision, _sided(deviation, self.above, self.below), directions)
        surprise = (np.column_stack([strength, -strength, distance]) - self.start) / self.excess
        return Evidence(distance, strength, surprise[:, :-1], surprise[:, -1])


def yardstick(deviation: Floats, directions: Floats) -> Yardstick:
    """Learn what is usual from past days.

    Args:
        deviation: (n, m) in standard deviations; NaN where a figure is not known.
        directions: (n, k, m) of the causes, in standard deviations of each day.
    """
    above, below = _side(deviation), _side(-deviation)
    sided = _sided(deviation, above, below)
    precision = np.asarray(
        np.linalg.inv(shrunk_covariance(np.where(np.isfinite(deviation), sided, np.nan))), np.float64
    )
    strength, distance = _strengths(precision, sided, directions)
    start, excess = _tail(np.column_stack([strength, -strength, distance]))
    return Yardstick(above, below, precision, start, excess)


def _sided(deviation: Floats, above: Floats, below: Floats) -> Floats:
    held = np.where(np.isfinite(deviation), deviation, 0.0)
    return np.where(held > 0, held / above, held / below)


def _side(deviation: Floats) -> Floats:
    """How far deviations go upwards: by their 90 % quantile, shrunk towards 1."""
    known = np.isfinite(deviation)
    days = known.sum(axis=0)
    ranked = np.sort(np.where(known, deviation, np.inf), axis=0)
    place = np.clip((_SIDE * (days - 1)).astype(np.int64), 0, max(deviation.shape[0] - 1, 0))
    quantile = np.take_along_axis(ranked, place[None, :], axis=0)[0]
    quantile = np.where(
        days > 0, np.maximum(np.where(np.isfinite(quantile), quantile, 0.0) / _NORMAL_SIDE, _LEAST_SIDE), 1.0
    )
    found: Floats = (days * quantile + _SIDE_DAYS) / (days + _SIDE_DAYS)
    return found


def _strengths(precision: Floats, sided: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """By how many standard deviations each cause has moved, if it is the one that has, and the distance of the day.

    The first is a likelihood ratio of one cause against none (a matched filter). Products go day by day (a stack of small
    ones), so that the last digits do not depend on how many days are judged at once.
    """
    weighted = (sided[:, None, :] @ precision)[:, 0]
    projected = (directions @ weighted[:, :, None])[:, :, 0]
    length = ((directions @ precision) * directions).sum(axis=2)
    strength = np.where(length > _TINY, projected / np.sqrt(np.maximum(length, _TINY)), 0.0)
    return strength, np.sqrt(np.maximum((weighted * sided).sum(axis=1), 0.0))


def _tail(strength: Floats) -> tuple[Floats, Floats]:
    """Start and mean excess of each column's upper fifth, as of an exponential.

    The mean excess comes from the median of the excesses, which a few incidents among the past days hardly move.
    """
    start = np.quantile(strength, TAIL, axis=0)
    beyond = strength > start
    count = beyond.sum(axis=0)
    excess = np.where(beyond, strength - start, np.inf)
    middle = np.sort(excess, axis=0)[np.maximum(count // 2, 0).clip(max=strength.shape[0] - 1), np.arange(count.size)]
    mean = np.where(np.isfinite(middle), middle / np.log(2), 0.0)
    prior = _PRIOR_EXCESS * np.maximum(start, 0.05)
    return start, np.maximum((count * mean + _PRIOR_DAYS * prior) / (count + _PRIOR_DAYS), 1e-6)
