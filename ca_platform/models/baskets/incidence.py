"""Which items stand in which rows, from which cut on: the input of all counting, packed and renumbered.

Items get numbers (*labels*) such that those of a group are neighbours and, within a group, rare ones come first. So the
counting touches little memory at a time, and a rare item, which stands in few rows, is the one that is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
# Numbers of items for which a table of all possible ones is held in memory.
_TABLE_SIZE = 50_000_000


@dataclass(frozen=True, slots=True)
class Incidence:
    """Distinct pairs of a row and an item.

    Attributes:
        starts: where the entries of each row begin, and where the last one ends; a row may have none.
        labels: items of the rows, ascending within a row.
        since: number of the cut from which on an entry counts, by entry.
        groups, codes: of each label its group and the caller's number of the item.
        cuts: how many there are.
        n_groups: likewise.
    """

    starts: Ints
    labels: Ints
    since: Ints
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
        key = self.since.astype(np.int64) * self.n_items + self.labels
        counts = np.bincount(key, minlength=self.cuts * self.n_items).reshape(self.cuts, self.n_items)
        return np.cumsum(counts, axis=0)

    def row_counts(self) -> Ints:
        """Rows with an item, by cut and group."""
        if not self.labels.size:
            return np.zeros((self.cuts, self.n_groups), np.int64)
        filled = self.starts[:-1][np.diff(self.starts) > 0]
        since = np.minimum.reduceat(self.since, filled).astype(np.int64)
        group = self.groups[self.labels[filled]]
        counts = np.bincount(since * self.n_groups + group, minlength=self.cuts * self.n_groups)
        return np.cumsum(counts.reshape(self.cuts, self.n_groups), axis=0)


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
        return Incidence(np.zeros(1, np.int64), none, none, none, none, cuts, n_groups)
    labels, label_groups, label_codes = _labelled(codes, groups)
    present = np.zeros(int(rows.max()) + 1, bool)
    present[rows] = True
    numbers = np.cumsum(present) - 1
    # Sorting one whole number is several times faster than sorting by three columns.
    key = (numbers[rows] * label_codes.size + labels) * cuts
    key += 0 if since is None else since
    key.sort()
    entry, when = np.divmod(key, cuts) if cuts > 1 else (key, np.zeros(key.size, np.int8))
    first = np.ones(entry.size, bool)
    np.not_equal(entry[1:], entry[:-1], out=first[1:])
    row, label = np.divmod(entry[first], label_codes.size)
    starts = np.zeros(int(numbers[-1]) + 2, np.int64)
    np.cumsum(np.bincount(row), out=starts[1:])
    return Incidence(
        starts, label.astype(np.int32), when[first].astype(np.int16), label_groups, label_codes, cuts, n_groups
    )


def _labelled(codes: Ints, groups: Ints | None) -> tuple[Ints, Ints, Ints]:
    """Label of each line, and the group and code of each label."""
    width = int(codes.max()) + 1
    item = codes.astype(np.int64) if groups is None else groups.astype(np.int64) * width + codes
    if int(item.max()) < _TABLE_SIZE:
        lines = np.bincount(item)
        found = np.flatnonzero(lines)
        lines = lines[found]
        place = np.zeros(int(item.max()) + 1, np.int32)
        place[found] = np.arange(found.size, dtype=np.int32)
        position = place[item]
    else:
        found, position, lines = np.unique(item, return_inverse=True, return_counts=True)
    group, code = np.divmod(found, width)
    order = np.lexsort((code, lines, group))
    label = np.empty(found.size, np.int64)
    label[order] = np.arange(found.size)
    return label[position], group[order], code[order]
