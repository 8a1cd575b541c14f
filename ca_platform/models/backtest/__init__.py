"""Back-tests: what a model would have said at earlier times, held against what then happened.

A history of orders is cut at an origin; what lies before is all that a model may see, what lies in the horizon after it
is the outcome. Several origins that roll through the history show how far one lucky or unlucky period misleads. Metrics
are functions of arrays, a value per customer, and say on which input they have no value (NaN).
"""

from ca_platform.models.backtest.classes import accuracy, confusion, log_loss, macro_f1, recalls
from ca_platform.models.backtest.history import History, Outcome
from ca_platform.models.backtest.metrics import (
    decile_error,
    interval_coverage,
    mean_absolute_error,
    normalised_gini,
    root_mean_squared_error,
    spearman,
    total_error,
)
from ca_platform.models.backtest.origins import Origin, rolling_origins
from ca_platform.models.backtest.probabilities import Decile, auc, brier_score, chance_gap, decile_gap, deciles

__all__ = [
    "Decile",
    "History",
    "Origin",
    "Outcome",
    "accuracy",
    "auc",
    "brier_score",
    "chance_gap",
    "confusion",
    "decile_error",
    "decile_gap",
    "deciles",
    "interval_coverage",
    "log_loss",
    "macro_f1",
    "mean_absolute_error",
    "normalised_gini",
    "recalls",
    "rolling_origins",
    "root_mean_squared_error",
    "spearman",
    "total_error",
]
