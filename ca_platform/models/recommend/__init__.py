"""What customers are likely to buy next, why, and how often that came true.

Purchases in, numbers out: customers, orders and items are numbers of the caller's. Nothing later than the day asked for
is looked at, and the same history gives the same lists.
"""

from ca_platform.models.recommend.backtest import BASELINES, HORIZON, PLACES, SERVED, Score, backtest, tuned, winner
from ca_platform.models.recommend.blend import Weights
from ca_platform.models.recommend.fit import NEVER, Fit
from ca_platform.models.recommend.history import Purchases
from ca_platform.models.recommend.lists import recommendations
from ca_platform.models.recommend.ranking import NONE
from ca_platform.models.recommend.reasons import REASONS, Recommended

__all__ = [
    "BASELINES",
    "HORIZON",
    "NEVER",
    "NONE",
    "PLACES",
    "REASONS",
    "SERVED",
    "Fit",
    "Purchases",
    "Recommended",
    "Score",
    "Weights",
    "backtest",
    "recommendations",
    "tuned",
    "winner",
]
