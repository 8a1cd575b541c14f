"""Gradient-boosted trees: grown by scikit-learn, kept as plain arrays.

A pickled model is code, and of one version of a library; arrays can be kept in a table for years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.errors import ReportError
from ca_platform.models.backtest.history import Flags, Floats, Ints

TREES = 80
DEPTH = 3
RATE = 0.05
RIDGE = 20.0
_LEAST_LEAF, _MOST_LEAF = 20, 100
_LEAVES_OF_ROWS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """A forest whose values add up to the logarithm of the odds. Nodes of all trees stand below each other.

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

    def log_odds(self, columns: Floats) -> Floats:
        """Logarithm of the odds, a value per row; NaN in a column is a missing value."""
        total = np.full(len(columns), self.base)
        for root in self.roots:
            node = np.full(len(columns), root)
            for _ in range(DEPTH):
                asked = columns[np.arange(len(columns)), self.feature[node]]
                goes_left = np.where(np.isnan(asked), self.missing_left[node], asked <= self.threshold[node])
                node = np.where(goes_left, self.left[node], self.right[node])
            total += self.value[node]
        return total


def fit_trees(columns: Floats, event: Flags, monotone: Sequence[int], seed: int = 0) -> Trees:
    """Trees of depth 3 by second-order boosting of the logistic likelihood (Friedman 2001; Ke et al. 2017).

    Small steps, large leaves and a ridge on their values: the few thousand customers of a shop say no more. Grown anew
    from the same rows they are the same.

    Args:
        monotone: by column, 1 where the probability may only rise with it, −1 fall, 0 either.

    >>> columns = np.repeat(np.arange(4.0), 50)[:, None]
    >>> forest = fit_trees(columns, columns[:, 0] > 1, monotone=[1])
    >>> forest.log_odds(np.array([[0.0], [3.0]])).round(1)
    array([-2.3,  2.3])
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    leaf = int(np.clip(len(columns) // _LEAVES_OF_ROWS, _LEAST_LEAF, _MOST_LEAF))
    forest = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_depth=DEPTH,
        learning_rate=RATE,
        min_samples_leaf=leaf,
        l2_regularization=RIDGE,
        monotonic_cst=list(monotone),
        early_stopping=False,
        random_state=seed,
    )
    # Only what is loaded by now can be limited: a limit around the first import would not hold for scikit-learn.
    with threadpool_limits(limits=1):
        grown = forest.fit(columns, event)
        odds = grown.decision_function(columns)
    nodes = [grower[0].nodes for grower in grown._predictors]
    roots = np.cumsum([0, *(len(tree) for tree in nodes)])[:-1]
    trees = _joined(float(grown._baseline_prediction[0, 0]), nodes, roots)
    if not np.allclose(trees.log_odds(columns), odds, rtol=1e-9, atol=1e-9):
        raise ReportError(
            "The trees of churn risk cannot be read from the installed version of scikit-learn: their values differ. "
            "Install the version of constraints.txt."
        )
    return trees


def _joined(base: float, nodes: Sequence[np.ndarray], roots: Ints) -> Trees:
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
