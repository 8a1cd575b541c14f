"""Which items stand in which rows, from which cut on: the input of all counting, packed and renumbered.

Items get numbers (*labels*) such that those of a group are neighbours and, within a group, rare ones come first. So the
counting touches little memory at a time, and a rare item, which stands in few rows, is the one that is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
# Numbers of items for which a table of all possible ones is held in memory.
_TABLE_SIZE = 50_000_000
_BLOCK = 500_000


@dataclass(frozen=True, slots=True)
class Incidence:
    """Distinct pairs of a row and an item.

    A row may stand for several alike.

    Attributes:
        starts: where the entries of each row begin, and where the last one ends; a row may have none.
        labels: items of the rows, ascending within a row.
        since: number of the cut from which on an entry counts, by entry.
        weights: how many rows of the caller a row stands for.
        groups, codes: of each label its group and the caller's number of the item.
        cuts: how many there are.
        n_groups: likewise.
    """

    starts: Ints
    labels: Ints
    since: Ints
    weights: Ints
    groups: Ints
    codes: Ints
    cuts: int
    n_groups: int

    @property
    def n_rows(self) -> int:
        return self.starts.size - 1

    @property
    def n_items(self) -> int:
        return self.codes.size

    def item_counts(self) -> Ints:
        """Rows that hold each item, by cut and label."""
        counts = np.zeros(self.cuts * self.n_items)
        weights = None if (self.weights == 1).all() else np.repeat(self.weights, np.diff(self.starts))
        for block in blocks(self.labels.size, at_least=counts.size):
            key = self.labels[block]
            if self.cuts > 1:
                key = self.since[block].astype(np.int64) * self.n_items + key
            counts += np.bincount(key, None if weights is None else weights[block], minlength=counts.size)
        return np.cumsum(counts.reshape(self.cuts, self.n_items), axis=0).astype(np.int64)

    def row_counts(self) -> Ints:
        """Rows with an item, by cut and group."""
        if not self.labels.size:
            return np.zeros((self.cuts, self.n_groups), np.int64)
        is_filled = np.diff(self.starts) > 0
        filled = self.starts[:-1][is_filled]
        since = np.minimum.reduceat(self.since, filled).astype(np.int64) if self.cuts > 1 else 0
        group = self.groups[self.labels[filled]]
        key, weights = since * self.n_groups + group, self.weights[is_filled]
        counts = np.bincount(key, weights=weights, minlength=self.cuts * self.n_groups)
        return np.cumsum(counts.reshape(self.cuts, self.n_groups), axis=0).astype(np.int64)


def incidence(
    rows: Ints,
    codes: Ints,
    *,
    groups: Ints | None = None,
    since: Ints | None = None,
    cuts: int = 1,
    n_groups: int = 1,
) -> Incidence:
    """Pack the lines of baskets. What stands twice in a row counts once, from its first cut on.

    Args:
        rows: number of the basket, or customer, of each line; from 0, gaps are allowed.
        codes: number of its item, from 0.
        groups: group of its row, below ``n_groups``; None: all are one group.
        since: number of the cut from which it counts, below ``cuts``; None: from the first.

    >>> pairs = incidence(np.array([7, 7, 7, 9]), np.array([4, 2, 2, 2]))
    >>> pairs.n_rows, pairs.codes.tolist(), pairs.labels.tolist()
    (2, [4, 2], [0, 1, 1])
    """
    if not rows.size:
        none = np.empty(0, np.int64)
        return Incidence(np.zeros(1, np.int64), none, none, none, none, none, cuts, n_groups)
    label, label_groups, label_codes = _labelled(codes, groups)
    present = np.zeros(int(rows.max()) + 1, bool)
    present[rows] = True
    number = np.cumsum(present) - 1
    width = label_codes.size * cuts
    # Sorting one whole number is several times faster than sorting by three columns.
    key = np.empty(rows.size, np.int64)
    for block in blocks(rows.size):
        key[block] = number[rows[block]] * width + label(block) * cuts
        key[block] += 0 if since is None else since[block]
    key.sort()
    return Incidence(*_entries(key, cuts, width, int(number[-1]) + 1), label_groups, label_codes, cuts, n_groups)


def _entries(key: Ints, cuts: int, width: int, n_rows: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Starts, labels, cuts and weights of the distinct entries from the sorted keys."""
    lengths = np.zeros(n_rows, np.int64)
    labels, since = [], []
    for block in blocks(key.size):
        part = key[block]
        entry = part // cuts if cuts > 1 else part
        before = -1 if block.start == 0 else key[block.start - 1] // cuts
        part = part[np.append(entry[:1] != before, entry[1:] != entry[:-1])]
        row, rest = np.divmod(part, width)
        if row.size:
            lengths[row[0] : row[-1] + 1] += np.bincount(row - row[0])
        labels.append((rest // cuts).astype(np.int32))
        since.append((rest % cuts).astype(np.int16))
    starts = np.append(0, np.cumsum(lengths))
    return starts, np.concatenate(labels), np.concatenate(since), np.ones(n_rows, np.int64)


def blocks(size: int, at_least: int = 0) -> Iterator[slice]:
    """Ranges of lines. New memory costs more than what is done with it: blocks use the same over and over."""
    step = max(_BLOCK, at_least)
    return (slice(low, min(low + step, size)) for low in range(0, size, step))


def _labelled(codes: Ints, groups: Ints | None) -> tuple[Callable[[slice], Ints], Ints, Ints]:
    """What gives the labels of some lines, and the group and code of each label."""
    width = int(codes.max()) + 1

    def item(lines: slice) -> Ints:
        return codes[lines] if groups is None else groups[lines].astype(np.int64) * width + codes[lines]

    size = width if groups is None else (int(groups.max()) + 1) * width
    if size < _TABLE_SIZE:
        counts = np.bincount(item(slice(None)), minlength=size)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(item(slice(None)), return_counts=True)
    group, code = np.divmod(found, width)
    order = np.lexsort((code, counts, group))
    label = np.empty(found.size, np.int64)
    label[order] = np.arange(found.size)
    if size >= _TABLE_SIZE:
        return lambda lines: label[np.searchsorted(found, item(lines))], group[order], code[order]
    table = np.zeros(size, np.int32)
    table[found] = label
    return lambda lines: table[item(lines)], group[order], code[order]
