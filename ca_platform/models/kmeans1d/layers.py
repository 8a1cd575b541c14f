"""One layer of the dynamic program: the best place to cut, for every end at once.

The cost of clusters on a line fulfils the quadrangle inequality, so that the best cut moves with the end and never back
(Aggarwal, Klawe, Moran, Shor and Wilber 1987; Grønlund et al. 2017, "Fast Exact k-Means, k-Medians and Bregman
Divergence Clustering in 1D", section 2.2). Dividing and conquering, each level looks at the ends halfway between those
that are known, between whose cuts theirs must lie: about twice as many pairs as ends, in a few calls of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ca_platform.models.kmeans1d.clusters import Floats
from ca_platform.models.kmeans1d.sums import Places

Cost = Callable[[Places, Places], Floats]
"""Cost from one index to another, no smaller one; broadcast against each other."""

# Up to so many ends all pairs take less time than the levels.
ALL_PAIRS = 96


def next_layer(before: Floats, cost: Cost, lag: int) -> Floats:
    """``after[j]``, the least ``before[i] + cost(i, j)`` over ``i ≤ j − lag``; infinite where there is none.

    >>> next_layer(np.array([0.0, 1.0, 4.0]), lambda i, j: (j - i) ** 2.0, 1)
    array([inf,  1.,  2.])
    """
    if len(before) <= ALL_PAIRS:
        return _all_pairs(before, cost, lag)
    return _halving(before, cost, lag)


def _all_pairs(before: Floats, cost: Cost, lag: int) -> Floats:
    index = np.arange(len(before))
    start, end = index[:, None], index[None, :]
    is_allowed = start <= end - lag
    totals = np.where(is_allowed, before[:, None] + cost(np.minimum(start, end), end), np.inf)
    found: Floats = totals.min(axis=0)
    return found


def _halving(before: Floats, cost: Cost, lag: int) -> Floats:
    count = len(before)
    after = np.full(count, np.inf)
    cuts = np.zeros(count, dtype=np.int64)
    if lag == 0:
        after[0] = before[0] + cost(np.zeros(1, np.int64), np.zeros(1, np.int64))[0]
    stride = 1 << (count - 1).bit_length()
    while stride := stride // 2:
        ends = np.arange(stride, count, 2 * stride)
        lowest = cuts[ends - stride]
        beyond = ends + stride
        highest = np.where(beyond < count, cuts[np.minimum(beyond, count - 1)], count - 1)
        highest = np.maximum(np.minimum(highest, ends - lag), lowest)
        after[ends], cuts[ends] = _best(before, cost, ends, lowest, highest)
    return after


def _best(before: Floats, cost: Cost, ends: Places, lowest: Places, highest: Places) -> tuple[Floats, Places]:
    """The least total of each end with a cut from ``lowest`` to ``highest``, and the first such cut."""
    lengths = highest - lowest + 1
    firsts = np.cumsum(lengths) - lengths
    starts = np.arange(lengths.sum()) - np.repeat(firsts - lowest, lengths)
    totals = before[starts] + cost(starts, np.repeat(ends, lengths))
    least = np.minimum.reduceat(totals, firsts)
    is_least = np.flatnonzero(totals == np.repeat(least, lengths))
    return least, starts[is_least[np.searchsorted(is_least, firsts)]]
