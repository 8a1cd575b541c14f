"""Forests of small trees: grown by scikit-learn, kept and asked as plain arrays.

A pickled model is code, and of one version of a library; arrays can be kept in a table for years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.errors import ReportError
from ca_platform.models.backtest.history import Flags, Floats, Ints

MOST_LEAVES = 8
_KINDS = dict.fromkeys(("roots", "feature", "left", "right"), np.int64) | {"missing_left": np.bool_}


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """A forest whose values add up. Nodes of all trees stand below each other; a tree has at most 8 leaves.

    Attributes:
        base: the value without any tree.
        roots: place of each tree's root.
        feature: column that a node asks for.
        threshold: rows at or below it go left.
        left, right: places of the next nodes; a leaf's are its own.
        missing_left: whether rows without a value go left.
        value: of a leaf.
    """

    base: float
    roots: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    missing_left: Flags
    value: Floats

    def sums(self, columns: Floats) -> Floats:
        """The sum of the base and of every tree's value, a value per row; NaN in a column is a missing value.

        By the leaves that are left (Lucchese et al. 2015, "QuickScorer", section 3): each node that a row passes on the
        right rules out the leaves under its left side, and the first leaf that is not ruled out is the row's.
        """
        total = np.full(len(columns), self.base)
        own = np.ascontiguousarray(np.transpose(columns))
        missing = np.isnan(own)
        first = [np.argmax([bits >> place & 1 for place in range(MOST_LEAVES)]) for bits in range(256)]
        for root in self.roots.tolist():
            leaves: list[int] = []
            nodes: list[tuple[int, int]] = []
            self._walk(root, leaves, nodes)
            left = np.full(len(columns), 255, np.uint8)
            for node, under in nodes:
                feature = self.feature[node]
                goes_left = own[feature] <= self.threshold[node]
                if self.missing_left[node]:
                    goes_left |= missing[feature]
                left &= goes_left.view(np.uint8) * np.uint8(under) | np.uint8(255 - under)
            values = self.value[leaves]
            total += np.append(values, np.zeros(MOST_LEAVES - values.size))[first][left]
        return total

    def arrays(self) -> dict[str, Floats]:
        """All numbers, by name; ``from_arrays`` makes the same trees of them."""
        return {item.name: np.atleast_1d(np.asarray(getattr(self, item.name), np.float64)) for item in fields(self)}

    @staticmethod
    def from_arrays(numbers: Mapping[str, ArrayLike]) -> Trees:
        """The trees of which these are the numbers; other names are not looked at."""
        columns: dict[str, Any] = {
            item.name: np.asarray(numbers[item.name]).astype(_KINDS.get(item.name, np.float64))
            for item in fields(Trees)
        }
        return Trees(**columns | {"base": float(columns["base"][0])})

    def _walk(self, node: int, leaves: list[int], nodes: list[tuple[int, int]]) -> None:
        """Leaves of a subtree from left to right, and its nodes, each with the bits of the leaves under its left side."""
        if self.left[node] == node:
            leaves.append(node)
            return
        begin = len(leaves)
        self._walk(int(self.left[node]), leaves, nodes)
        nodes.append((node, (1 << len(leaves)) - (1 << begin)))
        self._walk(int(self.right[node]), leaves, nodes)


def trees_of(grown: Any, columns: Floats, said: Floats) -> Trees:
    """The trees of a histogram-based booster of scikit-learn, of one output.

    Args:
        said: what it says of these columns, before any link function.

    Raises:
        ReportError: the arrays say something else, because the library keeps its trees in another way.
    """
    nodes = [grower[0].nodes for grower in grown._predictors]
    roots = np.cumsum([0, *(len(tree) for tree in nodes)])[:-1]
    trees = _joined(float(grown._baseline_prediction[0, 0]), nodes, roots)
    if not np.allclose(trees.sums(columns), said, rtol=1e-9, atol=1e-9):
        raise ReportError(
            "Trees cannot be read from the installed version of scikit-learn: their values differ. Install the version "
            "of constraints.txt."
        )
    return trees


def _joined(base: float, nodes: Sequence[NDArray[Any]], roots: Ints) -> Trees:
    """The nodes of scikit-learn's trees below each other."""
    whole = np.concatenate(nodes)
    offset = np.repeat(roots, [len(tree) for tree in nodes])
    own, is_leaf = np.arange(whole.size), whole["is_leaf"].astype(bool)
    return Trees(
        base,
        roots,
        np.where(is_leaf, 0, whole["feature_idx"]).astype(np.int64),
        np.where(is_leaf, 0.0, whole["num_threshold"]),
        np.where(is_leaf, own, whole["left"] + offset),
        np.where(is_leaf, own, whole["right"] + offset),
        whole["missing_go_to_left"].astype(bool),
        whole["value"].astype(np.float64),
    )
