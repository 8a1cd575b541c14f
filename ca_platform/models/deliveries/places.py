"""Map cells to which deliveries take longer than to the cells around them."""

from __future__ import annotations

import numpy as np

from ca_platform.models.deliveries.records import Flags, Floats, Ints

ENOUGH = 5
"""Deliveries that a cell must have to be called abnormal."""
FALSE_SHARE = 0.05
"""Of the cells that are called abnormal, the share that may be so by chance."""

_AREA = 3
_NORMAL = 1.4826  # standard deviation over median absolute deviation of a normal variable
_LEAST = 1e-9


def score_cells(
    part: Ints, around: Ints, deliveries: Ints, log_sum: Floats, log_square: Floats
) -> tuple[Floats, Flags]:
    """By how many standard deviations each cell lies above its neighbours, and whether that is abnormal.

    The mean logarithm of the cell's durations against the median of such means in the larger cell around it (of the
    part, where that holds fewer than three cells), over its standard error and the spread of cells around their
    neighbours, which is taken from the median. A cell is abnormal with ``ENOUGH`` deliveries and a one-sided p-value
    that passes Benjamini and Hochberg (1995) over the cells of its part.

    Args:
        part: number of the part of the shop, from 0.
        around: number of the larger cell, from 0.
        deliveries: of the cell, at least 1.
        log_sum, log_square: sums of log(1 + minutes) and of its square over the deliveries of the cell.

    Returns:
        Score (NaN where the part has no other cell) and flag by cell.

    >>> zeros, one = np.zeros(4, np.int64), np.ones(4)
    >>> score, abnormal = score_cells(zeros, zeros, 10 + zeros, 30 * one + [0, 1, 2, 20], 91 * one + [0, 6, 12, 160])
    >>> score.round(1).tolist(), abnormal.tolist()
    ([-1.0, -0.3, 0.3, 12.5], [False, False, False, True])
    """
    if not part.size:
        return np.zeros(0), np.zeros(0, np.bool_)
    mean = log_sum / deliveries
    area = part * (int(around.max()) + 1) + around
    expected = np.where(_sizes(area) >= _AREA, _medians(area, mean), _medians(part, mean))
    inside = np.maximum(log_square - log_sum * mean, 0.0)
    variance = np.bincount(part, inside) / np.maximum(np.bincount(part, deliveries - 1), 1.0)
    error = variance[part] / deliveries
    difference = mean - expected
    between = (_NORMAL * _medians(part, np.abs(difference))) ** 2 - _medians(part, error)
    spread = np.sqrt(error + np.maximum(between, 0.0))
    known = _sizes(part) > 1
    score = np.where(known, difference / np.maximum(spread, _LEAST), np.nan)
    return score, _discoveries(part, score, known & (deliveries >= ENOUGH))


def _sizes(group: Ints) -> Ints:
    """Rows in each row's group."""
    _, code, counts = np.unique(group, return_inverse=True, return_counts=True)
    sizes: Ints = counts[code.reshape(-1)]
    return sizes


def _medians(group: Ints, values: Floats) -> Floats:
    """Median of each row's group."""
    _, code, counts = np.unique(group, return_inverse=True, return_counts=True)
    ordered = values[np.lexsort((values, code.reshape(-1)))]
    starts = np.cumsum(counts) - counts
    medians: Floats = (ordered[starts + (counts - 1) // 2] + ordered[starts + counts // 2]) / 2
    return medians[code.reshape(-1)]


def _discoveries(part: Ints, score: Floats, eligible: Flags) -> Flags:
    """Benjamini–Hochberg by part, over the cells that may be called abnormal."""
    from scipy.special import ndtr

    found = np.zeros(len(part), np.bool_)
    rows = np.flatnonzero(eligible)
    p = ndtr(-score[rows])
    order = np.lexsort((p, part[rows]))
    rows, p = rows[order], p[order]
    _, starts, counts = np.unique(part[rows], return_index=True, return_counts=True)
    for start, count in zip(starts, counts, strict=True):
        ranks = np.arange(1, count + 1)
        passed = np.flatnonzero(p[start : start + count] <= FALSE_SHARE * ranks / count)
        if passed.size:
            found[rows[start : start + passed[-1] + 1]] = True
    return found
