"""The score of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015, arXiv 1510.03336, section III), standard profile.

A labelled window counts once, by its earliest detection: 1 at its left edge, 0 at its right one; a window without a
detection costs 1. A detection outside costs up to 0.11, less shortly after a window. The first 15 % of a series (of 5,000
rows at most) is not scored. One threshold holds for all series: the one that is best for all of them together. The result
is 100 for a detector that finds each window at its first row, and 0 for one that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# First and last row of a labelled window.
Window = tuple[int, int]

FALSE_ALARM = 0.11
PROBATION, PROBATION_ROWS = 0.15, 5000
_LONG_AFTER = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A series of the benchmark.

    Attributes:
        windows: its labelled ones, in order of time.
    """

    rows: int
    windows: Sequence[Window]

    @property
    def probation(self) -> int:
        """Rows at the beginning that are not scored."""
        return int(np.ceil(min(np.floor(PROBATION * self.rows), PROBATION * PROBATION_ROWS)))

    @property
    def window_of(self) -> Ints:
        """Place of the window that a row lies in, -1 outside."""
        found = np.full(self.rows, -1)
        for place, (first, last) in enumerate(self.windows):
            found[first : last + 1] = place
        return found

    def weights(self) -> Floats:
        """What a detection at each row is worth: 0 to 1 within a window, -0.11 to 0 outside."""
        found = np.full(self.rows, -FALSE_ALARM)
        for first, last in self.windows:
            width = last - first + 1
            after = np.arange(1, self.rows - last) / (width - 1)
            found[last + 1 :] = FALSE_ALARM * np.where(after >= _LONG_AFTER, -1.0, _falling(after))
        for first, last in self.windows:
            width = last - first + 1
            found[first : last + 1] = _falling(-np.arange(width, 0, -1) / width) / _falling(-1.0)
        return found


def _falling(position: Floats | float) -> Floats:
    """The scaled sigmoid of the definition: 1 far before the right edge of a window, 0 at it, -1 far behind it."""
    found: Floats = 2 / (1 + np.exp(5 * np.asarray(position, np.float64))) - 1
    return found


def score_by_threshold(series: Labelled, scores: Floats) -> tuple[Floats, Floats]:
    """Thresholds that make a difference, falling, and the score of the series at each (a row at it is a detection)."""
    counted = np.arange(series.rows) >= series.probation
    weight, window = series.weights()[counted], series.window_of[counted]
    order = np.argsort(-scores[counted], kind="stable")
    ranked, weight, window = scores[counted][order], weight[order], window[order]
    gain = np.where(window < 0, weight, 0.0)
    for place in range(len(series.windows)):
        inside = np.flatnonzero(window == place)
        # A window not detected costs 1; what it earns is the best of the rows detected.
        best = np.maximum.accumulate(np.concatenate([[-1.0], weight[inside]]))
        gain[inside] += np.diff(best)
    total = np.cumsum(gain) - len(series.windows)
    last = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
    return ranked[last], total[last]


def score_at(series: Labelled, scores: Floats, threshold: float) -> float:
    """Score of a series with the rows detected whose score reaches the threshold."""
    thresholds, totals = score_by_threshold(series, scores)
    reached = int(np.count_nonzero(thresholds >= threshold))
    return float(totals[reached - 1]) if reached else -float(len(series.windows))


def best_threshold(corpus: Mapping[str, Labelled], scores: Mapping[str, Floats]) -> float:
    """The one threshold at which all series together score most; infinite where saying nothing is best."""
    steps, gains = [], []
    for name, series in corpus.items():
        thresholds, totals = score_by_threshold(series, scores[name])
        steps.append(thresholds)
        gains.append(np.diff(totals, prepend=-float(len(series.windows))))
    every, change = np.concatenate(steps), np.concatenate(gains)
    order = np.argsort(-every, kind="stable")
    total, ranked = np.cumsum(change[order]), every[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
    best = last[np.argmax(total[last])]
    return float(ranked[best]) if total[best] > 0 else float("inf")


def normalised(corpus: Mapping[str, Labelled], raw: Mapping[str, float]) -> float:
    """0 to 100: between a detector that says nothing and one that finds each window at its first row."""
    windows = sum(len(series.windows) for series in corpus.values())
    return 100 * (sum(raw.values()) + windows) / (2 * windows)
