"""The same by loops over baskets: every subset of every basket."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np

from ca_platform.models.baskets import Incidence, incidence

Baskets = dict[int, frozenset[int]]


class Lines:
    """Random lines of baskets, by group and cut."""

    def __init__(
        self, seed: int, *, baskets: int = 40, items: int = 12, lines: int = 200, groups: int = 2, cuts: int = 3
    ) -> None:
        dice = np.random.default_rng(seed)
        self.rows = dice.integers(0, baskets, lines)
        # Some items are much more frequent than others.
        self.codes = (items * dice.random(lines) ** 1.7).astype(np.int64)
        self.groups = dice.integers(0, groups, baskets)[self.rows]
        self.since = dice.integers(0, cuts, baskets)[self.rows]
        self.cuts, self.n_groups = cuts, groups

    def packed(self) -> Incidence:
        return incidence(
            self.rows, self.codes, groups=self.groups, since=self.since, cuts=self.cuts, n_groups=self.n_groups
        )

    def baskets(self, cut: int, group: int) -> Baskets:
        found: dict[int, set[int]] = {}
        for row, code, own, since in zip(self.rows, self.codes, self.groups, self.since, strict=True):
            if own == group and since <= cut:
                found.setdefault(int(row), set()).add(int(code))
        return {row: frozenset(items) for row, items in found.items()}


def subsets(baskets: Baskets, size: int) -> Counter[tuple[int, ...]]:
    """Rows that hold each set of a size."""
    return Counter(chosen for items in baskets.values() for chosen in combinations(sorted(items), size))
