"""The candidates: each learns from windows of the past, and says how likely customers are not to order in one.

All give logarithms of the odds, so that they can be averaged and moved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.catalogue.models import CHURN_CANDIDATES
from ca_platform.models.backtest.history import Flags, Floats
from ca_platform.models.churn.expectations import ORDER_MODELS
from ca_platform.models.churn.features import MONOTONE, Features
from ca_platform.models.churn.logistic import Logistic, fit_logistic
from ca_platform.models.churn.trees import fit_trees
from ca_platform.models.trees import Trees

CANDIDATES = tuple(CHURN_CANDIDATES)

# One column is hardly shrunk; seven that say nearly the same are.
_RIDGE_OF_ONE, _RIDGE_OF_ALL = 1.0, 100.0

_LINE = "logistic"


@dataclass(frozen=True, slots=True)
class Learnt:
    """The fitted candidates.

    Attributes:
        lines: regressions, by candidate.
    """

    lines: Mapping[str, Logistic]
    trees: Trees

    def log_odds(self, rows: Features, names: Collection[str] = CANDIDATES) -> dict[str, Floats]:
        """Logarithm of the odds of no order within the window, by candidate, a value per row."""
        parts = {*names, _LINE, "trees"} if "blend" in names else set(names)
        said = {name: line.log_odds(columns_of(rows, name)) for name, line in self.lines.items() if name in parts}
        if "trees" in parts:
            said["trees"] = self.trees.sums(rows.tree)
        if "blend" in names:
            said["blend"] = (said[_LINE] + said["trees"]) / 2
        return {name: said[name] for name in names}


def learn(windows: Sequence[tuple[Features, Flags]], seed: int = 0) -> Learnt:
    """Fit every candidate to what happened in windows of the past, all of them together.

    Args:
        windows: the columns of the customers at each origin, and who then did not order.
    """
    silent = np.concatenate([event for _, event in windows])

    def together(name: str) -> Floats:
        return np.concatenate([columns_of(rows, name) for rows, _ in windows])

    ridges = dict.fromkeys(("recency", *ORDER_MODELS), _RIDGE_OF_ONE) | {_LINE: _RIDGE_OF_ALL}
    lines = {name: fit_logistic(together(name), silent, ridge) for name, ridge in ridges.items()}
    return Learnt(lines, fit_trees(together("trees"), silent, MONOTONE, seed))


def columns_of(rows: Features, candidate: str) -> Floats:
    """The columns that a candidate learns from."""
    if candidate in rows.expected:
        return rows.expected[candidate]
    return {"recency": rows.idle, _LINE: rows.line, "trees": rows.tree}[candidate]
