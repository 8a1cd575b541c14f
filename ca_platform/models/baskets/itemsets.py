"""Frequent item sets: which items stand together in how many rows, up to a size.

Level by level (Agrawal and Srikant 1994, "Fast Algorithms for Mining Association Rules", section 2.1), but without their
candidates: the rows of the frequent sets of a level, as a sparse matrix, times the incidence matrix give the counts of
all sets that are larger by one item, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ca_platform.models.baskets.counting import count_pairs, floor_for, matrix, threads, with_labels
from ca_platform.models.baskets.incidence import Incidence, Ints
from ca_platform.models.baskets.merging import merged
from ca_platform.models.baskets.parts import between, of_items

# A rule on fewer rows says nothing, whatever the share.
LEAST_ROWS = 5
# Rows of the sets of a chunk, which bound its memory.
_CHUNK_ROWS = 2_000_000
_CHUNKS = 8


def needed_rows(all_rows: Ints, share: float, least: int = LEAST_ROWS) -> Ints:
    """The smallest whole numbers of rows that are at least a share, as it was written, of all rows.

    >>> needed_rows(np.array([[1000, 1001, 30]]), 0.01)
    array([[10, 11,  5]])
    """
    exact = Fraction(str(share))
    rows = -(-all_rows.astype(object) * exact.numerator // exact.denominator)
    return np.maximum(rows.astype(np.int64), least)


@dataclass(frozen=True, slots=True)
class Level:
    """The frequent sets of one size.

    Attributes:
        members: labels of each set, ascending; the sets are sorted by them.
        prefix: of each set the number, in the level below, of the set without its last member.
        rows: rows that hold it, by set and cut.
    """

    members: Ints
    prefix: Ints
    rows: Ints


@dataclass(frozen=True, slots=True)
class ItemSets:
    """Frequent sets of items.

    Attributes:
        cuts: for which they were found; all that is by cut begins with the first of these.
        levels: sets of 1, 2, … items: all that are frequent at one of the cuts, and maybe some that are at none.
        floors: rows that a set needs to be frequent, by cut and group.
        all_rows: rows with any item, by cut and group.
        groups, codes: of each label its group and the caller's number of the item.
    """

    cuts: range
    levels: tuple[Level, ...]
    floors: Ints
    all_rows: Ints
    groups: Ints
    codes: Ints

    def numbers(self, members: Ints) -> Ints:
        """Numbers, in their level, of sets with these ascending labels. All must be there."""
        number = members[:, 0]
        for place in range(1, members.shape[1]):
            level, width = self.levels[place], self.codes.size
            keys = level.prefix.astype(np.int64) * width + level.members[:, -1]
            number = np.searchsorted(keys, number.astype(np.int64) * width + members[:, place])
        return number


def frequent_sets(source: Incidence, floors: Ints, max_size: int, limit: int = 100_000) -> list[ItemSets]:
    """Sets of items that stand together in at least ``floors`` rows, of each group at each cut.

    Where more than ``limit`` sets of one size of a group would be frequent, the group's floor is the smallest number of
    rows that leaves at most that many of every size: five equal baskets of 200 items alone hold 64 million sets of four.

    Args:
        source: all entries of a row count from the same cut on.
        floors: by cut and group; they do not fall from cut to cut.
        max_size: of the sets, at least 2.

    Returns:
        The sets of ranges of cuts that follow each other; as a rule one for all cuts.
    """
    return list(_mined(source, floors, max_size, limit, range(source.cuts)))


class _TooManyError(Exception):
    """More sets than allowed for several cuts together."""


def _mined(source: Incidence, floors: Ints, max_size: int, limit: int, cuts: range) -> Iterator[ItemSets]:
    """For all cuts together or, where that gives too many sets, for one half after the other."""
    try:
        yield _Miner(source, floors, limit, cuts).mine(max_size)
    except _TooManyError:
        middle = len(cuts) // 2
        for half in (slice(0, middle), slice(middle, len(cuts))):
            yield from _mined(between(source, half), floors[half], max_size, limit, cuts[half])


class _Miner:
    """Finds the sets of some cuts: what is frequent at the last cut by the floor of the first."""

    def __init__(self, source: Incidence, floors: Ints, limit: int, cuts: range) -> None:
        self._limit = limit
        self._cuts = cuts
        self._all_rows = source.row_counts()
        self._floors = floors.copy()
        self._floor = self._floors[0]
        item_rows = source.item_counts()
        self._kept = np.flatnonzero(item_rows[-1] >= self._floor[source.groups])
        self._item_rows = item_rows[:, self._kept].T
        self._source = merged(of_items(source, self._kept))
        self._groups = self._source.groups

    def mine(self, max_size: int) -> ItemSets:
        singles = np.arange(self._kept.size)[:, None]
        found: list[tuple[Ints, Ints]] = [(singles, self._item_rows)]
        if self._kept.size:
            self._prepare()
            found.append(self._pairs())
            while len(found) < max_size and len(found[-1][0]):
                found.append(self._larger(*found[-1]))
        return self._finished(found)

    def _prepare(self) -> None:
        source = self._source
        self._columns = matrix(source.starts, source.labels, source.n_items).T.tocsr()
        weights = source.weights.astype(np.int32)
        by_entry = np.repeat(weights, np.diff(source.starts))
        self._weighted_rows = matrix(source.starts, source.labels, source.n_items, by_entry)
        since = source.since[source.starts[:-1]]
        self._weighted_cuts = matrix(np.arange(source.n_rows + 1), since, source.cuts, weights)

    def _pairs(self) -> tuple[Ints, Ints]:
        def keep(_: int, first: Ints, second: Ints, rows: Ints) -> tuple[Ints, Ints]:
            chosen = rows >= self._floor[self._groups[first]]
            return np.column_stack([first, second])[chosen], rows[chosen]

        whole = replace(self._source, since=np.zeros_like(self._source.since), cuts=1)
        members, rows = (np.concatenate(each) for each in zip(*count_pairs(whole, keep), strict=True))
        return self._sorted(*self._limited(members, rows))

    def _larger(self, members: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """The frequent sets with one item more."""
        size = members.shape[1]
        # An item of a larger set stands in as many sets of this size as it has items but one.
        is_useful = np.bincount(members.ravel(), minlength=self._kept.size) >= size
        chosen = is_useful[members].all(axis=1)
        members, rows = members[chosen], rows[chosen]
        followers = with_labels(self._weighted_rows, is_useful)

        def grown(chunk: slice) -> tuple[Ints, Ints]:
            own = members[chunk][rows[chunk, -1] >= self._floor[self._groups[members[chunk, 0]]]]
            product = (self._holders(own) @ followers).tocoo()
            row, column = product.coords
            keep = (product.data >= self._floor[self._groups[own[row, 0]]]) & (column > own[row, -1])
            return np.column_stack([own[row[keep]], column[keep]]), product.data[keep]

        larger: Ints = np.empty((0, size + 1), np.int64)
        counts: Ints = np.empty(0, np.int64)
        with threads() as pool:
            for found, its_rows in pool.map(grown, _chunks(rows[:, -1])):
                larger, counts = self._limited(np.concatenate([larger, found]), np.concatenate([counts, its_rows]))
        return self._sorted(larger, counts)

    def _holders(self, members: Ints) -> Any:
        """The rows that hold all members of each set."""
        held = self._columns[members[:, 0]]
        for place in range(1, members.shape[1]):
            held = held.multiply(self._columns[members[:, place]])
        return held.tocsr()

    def _limited(self, members: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """Raise the floors of groups with more sets than allowed, and drop what they leave out."""
        group = self._groups[members[:, 0]]
        for large in np.flatnonzero(np.bincount(group, minlength=1) > self._limit).tolist():
            if len(self._cuts) > 1:
                raise _TooManyError
            self._floor[large] = floor_for(rows[group == large], self._limit)
        keep = rows >= self._floor[group]
        return members[keep], rows[keep]

    def _sorted(self, members: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """In the order of the labels, with the rows by cut in the place of those at the last one."""
        order = np.lexsort(members.T[::-1])
        members, rows = members[order], rows[order]
        if self._source.cuts == 1:
            return members, rows[:, None]
        by_cut = [(self._holders(members[chunk]) @ self._weighted_cuts).toarray() for chunk in _chunks(rows)]
        return members, np.cumsum(np.concatenate([np.empty((0, self._source.cuts), np.int64), *by_cut]), axis=1)

    def _finished(self, found: list[tuple[Ints, Ints]]) -> ItemSets:
        codes = self._source.codes
        sets = ItemSets(self._cuts, (), self._floors, self._all_rows, self._groups, codes)
        for members, rows in found:
            # All items stay, since labels are their numbers.
            is_single = members.shape[1] == 1
            keep = is_single | (rows[:, -1] >= self._floor[self._groups[members[:, 0]]])
            prefix = np.zeros(len(members), np.int64) if is_single else sets.numbers(members[keep, :-1])
            sets = replace(sets, levels=(*sets.levels, Level(members[keep], prefix, rows[keep])))
        return sets


def _chunks(rows: Ints) -> Iterator[slice]:
    """Ranges of sets with about as many rows, which fit into memory together; several, for threads."""
    total = np.cumsum(rows)
    chunk = total // min(_CHUNK_ROWS, int(total[-1]) // _CHUNKS + 1) if rows.size else total
    bounds = [0, *(np.flatnonzero(np.diff(chunk)) + 1).tolist(), rows.size]
    return (slice(low, high) for low, high in pairwise(bounds) if low < high)
