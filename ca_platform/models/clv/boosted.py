"""A model of orders whose ranks are corrected by trees that were trained out of time.

Trees learn from customers at earlier origins what they then did within a horizon that has ended since. They tell apart
customers whom a model of orders takes for equal, but know the level of the past alone, which in a young shop is far off.
So each customer's forecast becomes the geometric mean of both, and the total stays that of the model of orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.clv.customers import Buyers, buyers_at
from ca_platform.models.clv.forecast import ValueForecast, ValueModel, fit_value
from ca_platform.models.clv.records import Floats

BASE = "mbg_cnbd_k"

# Windows end half a horizon after each other; more of them are of a shop that was another one.
_WINDOWS = 4
_SEEDS = 3
# Fewer customers with an order within the windows teach nothing.
_LEAST_BUYERS = 50
# More rows change nothing that one could see; every so many-th is taken then.
_MOST_ROWS = 100_000


class _Regressor(Protocol):
    def predict(self, columns: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True, eq=False)
class BoostedModel:
    """A model of orders and amounts with trees, for horizons like the one they were trained on.

    Attributes:
        orders, revenue: trees of several seeds, whose mean counts; none where there was too little to learn from.
        horizon_days: what they were trained on; a longer horizon takes the same ratios.
    """

    base: ValueModel
    orders: tuple[_Regressor, ...]
    revenue: tuple[_Regressor, ...]
    horizon_days: float

    @property
    def degenerate(self) -> bool:
        return self.base.degenerate

    def forecast(self, buyers: Buyers, days: float, share: float = 0.8) -> ValueForecast:
        """Forecast so many days of customers; their intervals widen and narrow with their revenue."""
        plain = self.base.forecast(buyers, days, share)
        if not self.orders or not len(buyers):
            return plain
        columns = _columns(buyers, self.base, self.horizon_days)
        orders = plain.orders * _ratios(plain.orders, self.orders, columns)
        ratio = _ratios(plain.revenue, self.revenue, columns)
        amount = np.divide(ratio * plain.revenue, orders, out=np.zeros(len(buyers)), where=orders > 0)
        return replace(
            plain,
            orders=orders,
            amount=amount,
            revenue=ratio * plain.revenue,
            low=ratio * plain.low,
            high=ratio * plain.high,
        )


def fit_boosted(history: History, end: int, horizon_days: int, seed: int = 0) -> BoostedModel:
    """Train on windows that have ended before a day, and fit the model of orders to all that is known by then.

    Args:
        history: orders from ``end`` on are not looked at.
        horizon_days: length of the windows; each has at least as much history before it.
    """
    known = history.until(float(end))
    start = int(known.day.min(initial=end))
    base = fit_value(BASE, buyers_at(known, end))
    ends = [end - horizon_days - place * max(horizon_days // 2, 1) for place in range(_WINDOWS)]
    windows = [_window(known, at, horizon_days) for at in ends if at - start >= horizon_days]
    columns, orders, revenue = (
        np.concatenate([window[place] for window in windows]) if windows else np.zeros(0) for place in range(3)
    )
    if np.count_nonzero(orders) < _LEAST_BUYERS or np.all(revenue == 0):
        return BoostedModel(base, (), (), horizon_days)
    rows = slice(None, None, -(-orders.size // _MOST_ROWS))
    return BoostedModel(
        base, _trees(columns[rows], orders[rows], seed), _trees(columns[rows], revenue[rows], seed), horizon_days
    )


def _window(known: History, at: int, horizon_days: int) -> tuple[Floats, Floats, Floats]:
    """Columns of the customers at an origin, and their orders and revenue within the horizon after it."""
    buyers = buyers_at(known, at)
    outcome = known.outcome(buyers.number, at, horizon_days)
    columns = _columns(buyers, fit_value(BASE, buyers), horizon_days)
    return columns, outcome.orders.astype(np.float64), outcome.amount


def _columns(buyers: Buyers, base: ValueModel, horizon_days: float) -> Floats:
    """What the trees take, a row per customer; times in horizons, NaN where a customer has no gap."""
    coming = base.forecast(buyers, horizon_days)
    weeks, summary = horizon_days / 7, buyers.summary
    gap = np.full(len(buyers), np.nan)
    np.divide(summary.recency_weeks, summary.repeats, out=gap, where=summary.repeats > 0)
    return np.column_stack(
        [
            np.log(coming.orders + 1e-4),
            np.log1p(coming.revenue),
            coming.no_order,
            coming.alive,
            (summary.age_weeks - summary.recency_weeks) / weeks,
            summary.age_weeks / weeks,
            summary.repeats,
            gap / weeks,
            np.log1p(buyers.mean_amount),
        ]
    )


def _trees(columns: Floats, outcome: Floats, seed: int) -> tuple[_Regressor, ...]:
    """Boosted trees of a few leaves under Poisson's deviance, for outcomes relative to their mean."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return tuple(
            HistGradientBoostingRegressor(
                loss="poisson",
                max_iter=120,
                learning_rate=0.05,
                max_leaf_nodes=8,
                min_samples_leaf=40,
                l2_regularization=1.0,
                max_features=0.5,
                random_state=seed + number,
            ).fit(columns, outcome / outcome.mean())
            for number in range(_SEEDS)
        )


def _ratios(plain: Floats, trees: Sequence[_Regressor], columns: Floats) -> Floats:
    """By how much each forecast changes: to the geometric mean with the trees', the total kept."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        said = np.mean([tree.predict(columns) for tree in trees], axis=0)
    scale = plain.mean() / said.mean()
    mixed = np.sqrt(plain * said * scale)
    whole = mixed.sum()
    if not whole:
        return np.ones(plain.size)
    ratio = np.divide(mixed, plain, out=np.ones(plain.size), where=plain > 0)
    return np.asarray(ratio * plain.sum() / whole)
