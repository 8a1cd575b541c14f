"""Items that stand together most often."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import polars as pl

from ca_platform.models.baskets.counting import count_pairs, floor_for
from ca_platform.models.baskets.incidence import Incidence, Ints
from ca_platform.models.baskets.listing import Grouping, is_listed, list_pairs, row_cuts
from ca_platform.models.baskets.merging import merged
from ca_platform.models.baskets.parts import by_group

# Counts that are told apart while counting; where the limit lies above, the rest is decided at the end.
_TOLD_APART = 256
# Pairs of a group that are listed.
LIMIT = 100_000

# Types of columns that may not fit into 32 bits.
_TYPES = {"pairs_below": np.int64}

# Group, labels of both items, rows that hold both.
_Block = tuple[Ints, ...]


def frequent_pairs(source: Incidence, min_rows: int = 2, limit: int = LIMIT) -> pl.DataFrame:
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
    whole = [Grouping(np.zeros(source.n_rows, np.int64), 1)]
    if is_listed(source, whole):
        return _listed(source, whole, min_rows, limit)[0]
    tally = _Tally(source.cuts, source.n_groups, min_rows, limit)
    groups, codes = source.groups, source.codes

    def keep(cut: int, first: Ints, second: Ints, rows: Ints) -> _Block:
        return tally.keep(cut, groups[first], first, second, rows)

    blocks = count_pairs(merged(source), keep)
    item_rows, all_rows = source.item_counts(), source.row_counts()
    return pl.concat(
        _finished(tally, cut, blocks[cut :: source.cuts], codes, item_rows[cut], 0, all_rows[cut])
        for cut in range(source.cuts)
    )


def frequent_pairs_by(
    source: Incidence, groupings: Sequence[Grouping], min_rows: int = 2, limit: int = LIMIT
) -> list[pl.DataFrame]:
    """``frequent_pairs`` for each of several groupings of the rows, which share the work where they can.

    Args:
        source: of one group, its rows not merged.
    """
    if is_listed(source, groupings):
        return _listed(source, groupings, min_rows, limit)
    return [frequent_pairs(by_group(source, own), min_rows, limit) for own in groupings]


def _listed(source: Incidence, groupings: Sequence[Grouping], min_rows: int, limit: int) -> list[pl.DataFrame]:
    tallies = [_Tally(source.cuts, own.n_groups, min_rows, limit) for own in groupings]
    found = list_pairs(source, groupings, [tally.keep for tally in tallies])
    return [_of_grouping(source, *each) for each in zip(groupings, tallies, found, strict=True)]


def _of_grouping(source: Incidence, grouping: Grouping, tally: _Tally, blocks: list[_Block]) -> pl.DataFrame:
    width, groups, cuts = source.n_items, grouping.groups, row_cuts(source)
    lengths = np.diff(source.starts)
    item = np.repeat(groups.astype(np.int64), lengths) * width + source.labels
    is_filled = lengths > 0
    item_rows = np.zeros(grouping.n_groups * width, np.int64)
    all_rows = np.zeros(grouping.n_groups, np.int64)
    frames = []
    for cut in range(source.cuts):
        item_rows += np.bincount(item[source.since == cut], minlength=item_rows.size)
        all_rows += np.bincount(groups[is_filled & (cuts == cut)], minlength=all_rows.size)
        frames.append(_finished(tally, cut, blocks[cut :: source.cuts], source.codes, item_rows, width, all_rows))
    return pl.concat(frames)


class _Tally:
    """Counts how many pairs stand in how many rows, and from that which need not be kept."""

    def __init__(self, cuts: int, n_groups: int, min_rows: int, limit: int) -> None:
        self.limit = limit
        self._lock = Lock()
        # Pairs by cut, group and rows; the last column holds all above.
        self._pairs = np.zeros((cuts, n_groups, _TOLD_APART), np.int64)
        self.floor = np.full((cuts, n_groups), min_rows, np.int64)

    @property
    def pairs(self) -> Ints:
        """All pairs, by cut and group."""
        total: Ints = self._pairs.sum(axis=2)
        return total

    def keep(self, cut: int, group: Ints, first: Ints, second: Ints, rows: Ints) -> _Block:
        """Those pairs of a block that may still be among the kept ones in the end."""
        place = group * _TOLD_APART + np.minimum(rows, _TOLD_APART - 1)
        found = np.bincount(place, minlength=self._pairs[cut].size).reshape(self._pairs[cut].shape)
        with self._lock:
            self._pairs[cut] += found
            self._raise(cut)
            chosen = rows >= self.floor[cut][group]
        return tuple(column[chosen].astype(np.int32) for column in (group, first, second, rows))

    def _raise(self, cut: int) -> None:
        """Raise the floors to the smallest number of rows that leaves no more pairs than allowed."""
        at_least = np.cumsum(self._pairs[cut][:, ::-1], axis=1)[:, ::-1]
        enough = (at_least <= self.limit).argmax(axis=1)
        # Without such a number: above all that are told apart.
        enough[at_least[:, -1] > self.limit] = _TOLD_APART - 1
        np.maximum(self.floor[cut], enough, out=self.floor[cut])


def _finished(
    tally: _Tally, cut: int, blocks: list[_Block], codes: Ints, item_rows: Ints, width: int, all_rows: Ints
) -> pl.DataFrame:
    """The pairs of a cut that stay.

    Args:
        item_rows: rows that hold each item, by group × width + label.
    """
    empty = np.empty(0, np.int64)
    columns = [np.concatenate([empty, *parts]) for parts in zip(*blocks, strict=True)] if blocks else [empty] * 4
    group, first, second, rows = _with_enough(columns, tally.floor[cut])
    floors = tally.floor[cut].copy()
    for large in np.flatnonzero(np.bincount(group, minlength=1) > tally.limit).tolist():
        floors[large] = floor_for(rows[group == large], tally.limit)
    group, first, second, rows = _with_enough([group, first, second, rows], floors)
    below = tally.pairs[cut] - np.bincount(group, minlength=floors.size)
    found = {
        "cut": np.full(rows.size, cut),
        "group": group,
        "first": codes[first],
        "second": codes[second],
        "rows": rows,
        "rows_first": item_rows[group * width + first],
        "rows_second": item_rows[group * width + second],
        "all_rows": all_rows[group],
        "min_rows": floors[group],
        "pairs_below": below[group],
    }
    # Small numbers: there may be 100,000 rows of each of many values and days.
    return pl.DataFrame({name: column.astype(_TYPES.get(name, np.uint32)) for name, column in found.items()})


def _with_enough(columns: Sequence[Ints], floors: Ints) -> list[Ints]:
    """The pairs in enough rows; of the columns the first is the group, the last the rows."""
    chosen = columns[-1] >= floors[columns[0]]
    return [column[chosen] for column in columns]
