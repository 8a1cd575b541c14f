"""Rows with the same items become one row that stands for several.

Many baskets of a shop are alike, all the more when only frequent items are left of them; so is what FP-growth (Han, Pei
and Yin 2000) gains by its tree. Rows are found alike by a random number for each entry, added up (Zobrist 1970), and
then compared entry by entry, so that nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ca_platform.models.baskets.incidence import Incidence, Ints

# Entries that are looked at together: what fits into a processor's cache is made over and over in the same memory.
_ENTRIES = 500_000
# Fewer rows must be left of all, else nothing is merged.
_WORTH_IT = 0.9


def merged(source: Incidence) -> Incidence:
    """The same with one row for all that have the same entries from the same cuts on, and none without entries.

    >>> from ca_platform.models.baskets import incidence
    >>> sorted(merged(incidence(np.array([0, 0, 1, 1, 2]), np.array([5, 6, 6, 5, 5]))).weights.tolist())
    [1, 2]
    """
    filled = np.flatnonzero(np.diff(source.starts) > 0)
    if not filled.size:
        return source
    # Rows without entries lie between others at no distance.
    starts = np.append(source.starts[filled], source.starts[-1])
    weights = source.weights[filled]
    _, first, place = np.unique(_sums(source, starts), return_index=True, return_inverse=True)
    if first.size > _WORTH_IT * filled.size or not _alike(source, starts, first[place]):
        return replace(source, starts=starts, weights=weights)
    lengths = np.diff(starts)[first]
    ends = np.cumsum(lengths)
    entries = np.arange(int(ends[-1])) + np.repeat(starts[first] - (ends - lengths), lengths)
    return replace(
        source,
        starts=np.append(0, ends),
        labels=source.labels[entries],
        since=source.since[entries],
        weights=np.bincount(place, weights=weights).astype(np.int64),
    )


def _sums(source: Incidence, starts: Ints) -> npt.NDArray[np.uint64]:
    """For each row the sum of the random numbers of its entries."""
    dice = np.random.default_rng(0)
    numbers = dice.integers(0, 2**64, source.n_items * source.cuts, dtype=np.uint64)
    sums = np.empty(starts.size - 1, np.uint64)
    for low, high in row_blocks(starts):
        begin, end = int(starts[low]), int(starts[high])
        entries = source.labels[begin:end]
        if source.cuts > 1:
            entries = entries + source.since[begin:end].astype(np.int64) * source.n_items
        np.add.reduceat(numbers[entries], starts[low:high] - begin, out=sums[low:high])
    return sums


def _alike(source: Incidence, starts: Ints, others: Ints) -> bool:
    """Whether each row has the same entries as another one."""
    lengths = np.diff(starts)
    if not np.array_equal(lengths, lengths[others]):
        return False
    shift = starts[others] - starts[:-1]
    for low, high in row_blocks(starts):
        begin, end = int(starts[low]), int(starts[high])
        entries = np.arange(begin, end) + np.repeat(shift[low:high], lengths[low:high])
        for column in (source.labels, source.since):
            if not np.array_equal(column[begin:end], column[entries]):
                return False
    return True


def row_blocks(starts: Ints) -> Iterator[tuple[int, int]]:
    """Ranges of rows with about as many entries."""
    edges = np.arange(0, int(starts[-1]) + 1, _ENTRIES)[1:]
    bounds = np.unique([0, *np.searchsorted(starts, edges).tolist(), starts.size - 1])
    return ((int(low), int(high)) for low, high in pairwise(bounds))
