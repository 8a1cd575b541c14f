"""How strange a day is, measured by what is usual: the strength of each cause, and the distance of all figures together.

A yardstick is learnt from past days. It holds how far deviations usually go on either side, how they hang together, and
how fast the strengths of each cause thin out, so that a heavy tail of one figure (a shop whose revenue has giant orders)
does not raise the bar for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.causes import Causes
from ca_platform.models.anomaly.covariance import shrunk_covariance
from ca_platform.models.anomaly.records import Flags, Floats, Ints

# Where the tail of a strength begins, and what a tail is with few days: that of a normal.
TAIL = 0.8
_PRIOR_DAYS, _PRIOR_EXCESS = 15.0, 0.5
# Quantile by which a side is measured, what it is of a normal, and the days that speak for 1.
_SIDE, _NORMAL_SIDE, _SIDE_DAYS, _LEAST_SIDE = 0.9, 1.2816, 20.0, 0.2
_TINY = 1e-12


# Days that a lasting change is looked for in.
LASTING_DAYS = 5
# Standard deviations at which a day counts no more for it: one day alone is no lasting change, however far off.
_LONE = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What is known of some days, a row each.

    Attributes:
        deviation: (n, m) residuals in standard deviations; NaN where a figure is not known.
        lasting: (n, m) the same of the last days together.
        directions: (n, k, m) of the causes, in standard deviations of the day.
    """

    deviation: Floats
    lasting: Floats
    directions: Floats

    def rows(self, days: Ints | slice | Flags) -> Observed:
        """Some of the days."""
        return Observed(self.deviation[days], self.lasting[days], self.directions[days])


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What speaks for each cause on some days.

    How far a strength lies in its tail is told in mean excesses above where the tail begins.

    Attributes:
        distance: (n,) Mahalanobis distance of the day's deviations.
        strength: (n, k) by how many standard deviations each cause has moved, if it is the one that has; signed.
        surprise: (n, 2k) how far each cause's strength lies in its tail, upwards first and then downwards.
        distant: (n,) the same of the distance.
        lasting: (n, 2r) the same of the root causes over the last days together.
    """

    distance: Floats
    strength: Floats
    surprise: Floats
    distant: Floats
    lasting: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What is usual.

    Attributes:
        causes: that are told apart.
        above, below: (m,) how far deviations go on either side, 1 for a normal.
        precision: (m, m) inverse covariance of deviations.
        start, excess: (2k + 1 + 2r,) where the tail of each strength begins, and its mean excess.
    """

    causes: Causes
    above: Floats
    below: Floats
    precision: Floats
    start: Floats
    excess: Floats

    def evidence(self, seen: Observed) -> Evidence:
        """Evidence of some days."""
        strength, distance, together = self.measured(seen)
        beyond = (_columns(strength, distance, together) - self.start) / self.excess
        both = 2 * strength.shape[1]
        doubt = self.causes.doubt
        roots = self.causes.roots
        of_roots = doubt[np.concatenate([roots, strength.shape[1] + roots])]
        return Evidence(distance, strength, beyond[:, :both] - doubt, beyond[:, both], beyond[:, both + 1 :] - of_roots)

    def measured(self, seen: Observed) -> tuple[Floats, Floats, Floats]:
        """Strength of each cause, distance, and strength of the root causes over the last days."""
        strength, distance = _strengths(self.precision, _sided(seen.deviation, self.above, self.below), seen.directions)
        sided = _sided(seen.lasting, self.above, self.below)
        lasting, _ = _strengths(self.precision, sided, seen.directions[:, self.causes.roots])
        return strength, distance, lasting


def yardstick(seen: Observed, causes: Causes) -> Yardstick:
    """Learn what is usual from past days."""
    above, below = _side(seen.deviation), _side(-seen.deviation)
    sided = np.where(np.isfinite(seen.deviation), _sided(seen.deviation, above, below), np.nan)
    precision = np.asarray(np.linalg.inv(shrunk_covariance(sided)), np.float64)
    blank = np.zeros(0)
    plain = Yardstick(causes, above, below, precision, blank, blank)
    start, excess = _tail(_columns(*plain.measured(seen)))
    return Yardstick(causes, above, below, precision, start, excess)


def lasting(deviation: Floats, is_marked: Flags) -> Floats:
    """(n, m) deviations of each day and the four before it together, in standard deviations of their sum.

    Marked days say nothing. The level follows a change meanwhile, so that five days say less than the root of five times
    what one says.

    Example:
        >>> lasting(np.ones((6, 1)), np.zeros(6, bool))[:, 0].round(2).tolist()
        [1.0, 1.41, 1.73, 2.0, 2.24, 2.24]
    """
    known = np.isfinite(deviation) & ~is_marked[:, None]
    found = np.full(deviation.shape, np.nan)
    for day in range(deviation.shape[0]):
        rows = slice(max(day + 1 - LASTING_DAYS, 0), day + 1)
        count = known[rows].sum(axis=0)
        total = np.where(known[rows], np.clip(deviation[rows], -_LONE, _LONE), 0.0).sum(axis=0)
        found[day] = np.where(count > 0, total / np.sqrt(np.maximum(count, 1)), np.nan)
    return found


def _columns(strength: Floats, distance: Floats, lasting_strength: Floats) -> Floats:
    return np.column_stack([strength, -strength, distance, lasting_strength, -lasting_strength])


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
