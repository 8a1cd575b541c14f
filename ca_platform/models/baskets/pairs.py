"""Items that stand together most often."""

from __future__ import annotations

from threading import Lock

import numpy as np
import polars as pl

from ca_platform.models.baskets.counting import count_pairs, floor_for
from ca_platform.models.baskets.incidence import Incidence, Ints
from ca_platform.models.baskets.merging import merged

# Counts that are told apart while counting; where the limit lies above, the rest is decided at the end.
_TOLD_APART = 256

# Types of columns that may not fit into 32 bits.
_TYPES = {"pairs_below": np.int64}

_Block = tuple[Ints, Ints, Ints]


def frequent_pairs(source: Incidence, min_rows: int = 2, limit: int = 100_000) -> pl.DataFrame:
    """Unordered pairs of items by the number of rows that hold both, of each group at each cut.

    Pairs in fewer than ``min_rows`` rows are left out. Where more than ``limit`` pairs of a group would stay, its
    ``min_rows`` is the smallest number of rows that leaves at most that many.

    Returns:
        ``cut``, ``group``, ``first`` and ``second`` (the caller's numbers, in no order), ``rows`` that hold both,
        ``rows_first`` and ``rows_second`` that hold each, ``all_rows`` of the group with any item, ``min_rows`` in use,
        and ``pairs_below``: pairs that stand together in at least one row, but in fewer than that.

    >>> from ca_platform.models.baskets import incidence
    >>> frequent_pairs(incidence(np.array([0, 0, 1, 1, 1]), np.array([5, 6, 5, 6, 7]))).row(0)
    (0, 0, 5, 6, 2, 2, 2, 2, 2, 2)
    """
    tally = _Tally(source, min_rows, limit)
    blocks = count_pairs(merged(source), tally.keep)
    item_rows, all_rows = source.item_counts(), source.row_counts()
    frames = [
        _finished(source, cut, tally, blocks[cut :: source.cuts], item_rows[cut], all_rows[cut])
        for cut in range(source.cuts)
    ]
    return pl.concat(frames)


class _Tally:
    """Counts how many pairs stand in how many rows, and from that which need not be kept."""

    def __init__(self, source: Incidence, min_rows: int, limit: int) -> None:
        self._groups = source.groups
        self.limit = limit
        self._lock = Lock()
        shape = (source.cuts, source.n_groups)
        # Pairs by cut, group and rows; the last column holds all above.
        self._pairs = np.zeros((*shape, _TOLD_APART), np.int64)
        self.floor = np.full(shape, min_rows, np.int64)

    @property
    def pairs(self) -> Ints:
        """All pairs, by cut and group."""
        total: Ints = self._pairs.sum(axis=2)
        return total

    def keep(self, cut: int, first: Ints, second: Ints, rows: Ints) -> _Block:
        """Those pairs of a block that may still be among the kept ones in the end."""
        group = self._groups[first]
        place = group * _TOLD_APART + np.minimum(rows, _TOLD_APART - 1)
        found = np.bincount(place, minlength=self._pairs[cut].size).reshape(self._pairs[cut].shape)
        with self._lock:
            self._pairs[cut] += found
            self._raise(cut)
            chosen = rows >= self.floor[cut][group]
        return first[chosen], second[chosen], rows[chosen]

    def _raise(self, cut: int) -> None:
        """Raise the floors to the smallest number of rows that leaves no more pairs than allowed."""
        at_least = np.cumsum(self._pairs[cut][:, ::-1], axis=1)[:, ::-1]
        enough = (at_least <= self.limit).argmax(axis=1)
        # Without such a number: above all that are told apart.
        enough[at_least[:, -1] > self.limit] = _TOLD_APART - 1
        np.maximum(self.floor[cut], enough, out=self.floor[cut])


def _finished(
    source: Incidence, cut: int, tally: _Tally, blocks: list[_Block], item_rows: Ints, all_rows: Ints
) -> pl.DataFrame:
    empty = np.empty(0, np.int32)
    first, second, rows = (
        (np.concatenate([empty, *columns]) for columns in zip(*blocks, strict=True)) if blocks else (empty,) * 3
    )
    group = source.groups[first] if first.size else empty
    chosen = rows >= tally.floor[cut][group]
    first, second, rows, group = (column[chosen] for column in (first, second, rows, group))
    floors = tally.floor[cut].copy()
    for large in np.flatnonzero(np.bincount(group, minlength=1) > tally.limit).tolist():
        floors[large] = floor_for(rows[group == large], tally.limit)
    chosen = rows >= floors[group]
    first, second, rows, group = (column[chosen] for column in (first, second, rows, group))
    below = tally.pairs[cut] - np.bincount(group, minlength=source.n_groups)
    columns = {
        "cut": np.full(rows.size, cut),
        "group": group,
        "first": source.codes[first],
        "second": source.codes[second],
        "rows": rows,
        "rows_first": item_rows[first],
        "rows_second": item_rows[second],
        "all_rows": all_rows[group],
        "min_rows": floors[group],
        "pairs_below": below[group],
    }
    # Small numbers: there may be 100,000 rows of each of many values and days.
    return pl.DataFrame({name: column.astype(_TYPES.get(name, np.uint32)) for name, column in columns.items()})
