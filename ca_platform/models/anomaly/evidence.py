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
# Share of the days that teach on which a figure that comes and goes must be known to count. Scores of days without it are
# lower, and where most of those that a day is held against are such days, shops in which nothing goes wrong have half as
# many false alarms again.
LEAST_KNOWN = 1 / 3


# Days that a lasting change is looked for in.
LASTING_DAYS = 5
# Standard deviations at which a day counts no more for it: one day alone is no lasting change, however far off, and must
# not have the quiet days after it flagged.
_LONE = 2.0


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
        odds: (n, 2k + 2r) logarithm of the odds of each cause, and of the root causes over the last days together: how
            surprising it is (of an exponential tail the logarithm of one over its share) and the odds before anything was
            seen.
    """

    distance: Floats
    strength: Floats
    surprise: Floats
    distant: Floats
    odds: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What is usual.

    Attributes:
        causes: that are told apart.
        above, below: (m,) how far deviations go on either side, 1 for a normal.
        is_learnt: (m,) figures that count.
        precision: (m, m) inverse covariance of deviations.
        start, excess: (2k + 1 + 2r,) where the tail of each strength begins, and its mean excess.
    """

    causes: Causes
    above: Floats
    below: Floats
    is_learnt: Flags
    precision: Floats
    start: Floats
    excess: Floats

    def evidence(self, seen: Observed) -> Evidence:
        """Evidence of some days."""
        return self.told(*self.measured(seen))

    def told(self, strength: Floats, distance: Floats, together: Floats) -> Evidence:
        """Evidence of what was measured on some days."""
        beyond = (_columns(strength, distance, together) - self.start) / self.excess
        count = strength.shape[1]
        # All causes upwards and downwards, and the roots over the last days, upwards and downwards.
        ways = np.concatenate([np.arange(2 * count), self.causes.roots, count + self.causes.roots])
        surprise = np.delete(beyond, 2 * count, axis=1) - self.causes.doubt[ways]
        odds = surprise + self.causes.prior[ways % max(count, 1)]
        return Evidence(distance, strength, surprise[:, : 2 * count], beyond[:, 2 * count], odds)

    def measured(self, seen: Observed) -> tuple[Floats, Floats, Floats]:
        """Strength of each cause, distance, and strength of the root causes over the last days."""
        strength, distance = _strengths(self.precision, self._sided(seen.deviation), seen.directions)
        sided = self._sided(seen.lasting)
        lasting, _ = _strengths(self.precision, sided, seen.directions[:, self.causes.roots])
        return strength, distance, lasting

    def _sided(self, deviation: Floats) -> Floats:
        return _sided(np.where(self.is_learnt, deviation, np.nan), self.above, self.below)


def yardstick(seen: Observed, causes: Causes) -> Yardstick:
    """Learn what is usual from past days."""
    return _learnt(seen, causes, np.ones(seen.deviation.shape[0], bool))[0]


def held_out(seen: Observed, causes: Causes, is_held_out: Flags) -> Evidence:
    """Evidence of some days by a yardstick of the others.

    Args:
        is_held_out: (n,) the days; neither none of them nor all.
    """
    learnt, measured = _learnt(seen, causes, ~is_held_out)
    return learnt.told(*(values[is_held_out] for values in measured))


def _learnt(seen: Observed, causes: Causes, is_taught: Flags) -> tuple[Yardstick, tuple[Floats, Floats, Floats]]:
    """A yardstick of some of the days, and what it measures on all of them."""
    deviation = seen.deviation[is_taught]
    above, below = _sides(deviation)
    is_learnt: Flags = ~causes.fleeting | (np.isfinite(deviation).mean(axis=0) >= LEAST_KNOWN)
    sided = np.where(np.isfinite(deviation) & is_learnt, _sided(deviation, above, below), np.nan)
    precision = np.asarray(np.linalg.inv(shrunk_covariance(sided)), np.float64)
    blank = np.zeros(0)
    measured = Yardstick(causes, above, below, is_learnt, precision, blank, blank).measured(seen)
    start, excess = _tails(*(values[is_taught] for values in measured))
    return Yardstick(causes, above, below, is_learnt, precision, start, excess), measured


def lasting(deviation: Floats, is_marked: Flags) -> Floats:
    """(n, m) deviations of each day and the four before it together, in standard deviations of their sum.

    Marked days say nothing. The level follows a change meanwhile, so that five days say less than the root of five times
    what one says.

    Example:
        >>> lasting(np.ones((6, 1)), np.zeros(6, bool))[:, 0].round(2).tolist()
        [1.0, 1.41, 1.73, 2.0, 2.24, 2.24]
    """
    known = np.isfinite(deviation) & ~is_marked[:, None]
    count = _of_last_days(known.astype(np.float64))
    total = _of_last_days(np.where(known, np.clip(deviation, -_LONE, _LONE), 0.0))
    return np.where(count > 0, total / np.sqrt(np.maximum(count, 1.0)), np.nan)


def _of_last_days(values: Floats) -> Floats:
    """(n, m) sums over each day and the four before it, from the first of them on."""
    found = np.zeros_like(values)
    for back in reversed(range(min(LASTING_DAYS, values.shape[0]))):
        found[back:] += values[: values.shape[0] - back]
    return found


def _columns(strength: Floats, distance: Floats, lasting_strength: Floats) -> Floats:
    return np.column_stack([strength, -strength, distance, lasting_strength, -lasting_strength])


def _sided(deviation: Floats, above: Floats, below: Floats) -> Floats:
    held = np.where(np.isfinite(deviation), deviation, 0.0)
    return np.where(held > 0, held / above, held / below)


def _sides(deviation: Floats) -> tuple[Floats, Floats]:
    """(m,) each: how far deviations usually go above and below, as shares of what they do of a normal."""
    days = np.isfinite(deviation).sum(axis=0)
    # Unknown ones come last.
    ranked = np.sort(deviation, axis=0)
    place, column = np.clip((_SIDE * (days - 1)).astype(np.int64), 0, None), np.arange(days.size)
    found = []
    for quantile in (ranked[place, column], -ranked[np.maximum(days - 1 - place, 0), column]):
        known = np.maximum(np.where(days > 0, quantile, 0.0) / _NORMAL_SIDE, _LEAST_SIDE)
        found.append((days * np.where(days > 0, known, 1.0) + _SIDE_DAYS) / (days + _SIDE_DAYS))
    return found[0], found[1]


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


def _tails(strength: Floats, distance: Floats, together: Floats) -> tuple[Floats, Floats]:
    """Start and mean excess of the upper fifth of each column, as of an exponential, in the order of ``_columns``.

    The mean excess comes from the median of the excesses, which a few incidents among the past days hardly move.
    """
    both = np.sort(np.concatenate([strength, together], axis=1), axis=0)
    up, down, far = _tail(both), _tail(-both[::-1]), _tail(np.sort(distance)[:, None])
    causes = strength.shape[1]
    parts = (up[:, :causes], down[:, :causes], far, up[:, causes:], down[:, causes:])
    start, middle, count = np.concatenate(parts, axis=1)
    prior = _PRIOR_EXCESS * np.maximum(start, 0.05)
    return start, np.maximum((count * middle / np.log(2) + _PRIOR_DAYS * prior) / (count + _PRIOR_DAYS), 1e-6)


def _tail(ranked: Floats) -> Floats:
    """(3, columns): where the upper fifth of ascending columns starts, the median of what is beyond, and how many are."""
    days = ranked.shape[0]
    place = TAIL * (days - 1)
    low = int(place)
    start = ranked[low] + (ranked[min(low + 1, days - 1)] - ranked[low]) * (place - low)
    count = (ranked[low:] > start).sum(axis=0)
    middle = ranked[np.minimum(days - count + count // 2, days - 1), np.arange(count.size)]
    return np.array([start, np.where(count > 0, middle - start, 0.0), count])
