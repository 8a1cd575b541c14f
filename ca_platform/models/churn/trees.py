"""Gradient-boosted trees that tell whether something happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ca_platform.models.backtest.history import Flags, Floats
from ca_platform.models.trees import Trees, trees_of

TREES = 80
DEPTH = 3
RATE = 0.05
RIDGE = 20.0
_LEAST_LEAF, _MOST_LEAF = 20, 100
_LEAVES_OF_ROWS = 50


def fit_trees(
    columns: Floats, event: Flags, monotone: Sequence[int], seed: int = 0, trees: int = TREES, rate: float = RATE
) -> Trees:
    """Trees of depth 3 by second-order boosting of the logistic likelihood (Friedman 2001; Ke et al. 2017).

    Their sums are the logarithm of the odds. Small steps, large leaves and a ridge on their values: the few thousand customers of a shop say no more. Grown anew
    from the same rows they are the same.

    Args:
        monotone: by column, 1 where the probability may only rise with it, −1 fall, 0 either.
        trees: their number.
        rate: what of each tree counts; half as many of twice the rate say nearly the same.

    >>> columns = np.repeat(np.arange(4.0), 50)[:, None]
    >>> forest = fit_trees(columns, columns[:, 0] > 1, monotone=[1])
    >>> forest.sums(np.array([[0.0], [3.0]])).round(1)
    array([-2.3,  2.3])
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    leaf = int(np.clip(len(columns) // _LEAVES_OF_ROWS, _LEAST_LEAF, _MOST_LEAF))
    forest = HistGradientBoostingClassifier(
        max_iter=trees,
        max_depth=DEPTH,
        learning_rate=rate,
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
    return trees_of(grown, columns, odds)
