"""A model of orders whose ranks are corrected by trees that were trained out of time.

Trees learn from customers at earlier origins what they then did within a horizon that has ended since. They tell apart
customers whom a model of orders takes for equal, but know the level of the past alone, which in a young shop is far off.
So each customer's forecast becomes the geometric mean of both, and the total stays that of the model of orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.forecast import ValueForecast, ValueModel
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.record import Parameters, columns_from
from ca_platform.models.clv.records import Floats
from ca_platform.models.trees import MOST_LEAVES, Trees, trees_of

BASE = "mbg_cnbd_k"

# Windows end half a horizon after each other; more of them are of a shop that was another one.
_WINDOWS = 4
_SEEDS = 3
# Fewer customers with an order within the windows teach nothing.
_LEAST_BUYERS = 50


@dataclass(frozen=True, slots=True, eq=False)
class BoostedModel:
    """A model of orders and amounts with trees, for horizons like the one they were trained on.

    Attributes:
        orders, revenue: trees of several seeds, whose sums are logarithms and whose mean counts; none where there was
            too little to learn from.
        horizon_days: what they were trained on; a longer horizon takes the same ratios.
    """

    base: ValueModel
    orders: tuple[Trees, ...]
    revenue: tuple[Trees, ...]
    horizon_days: float

    @property
    def degenerate(self) -> bool:
        """Whether the model of orders is."""
        return self.base.degenerate

    @property
    def reason(self) -> str:
        """Why, in words."""
        return self.base.reason

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

    def said_by_trees(self, buyers: Buyers) -> Floats:
        """Orders within the horizon of the training by the trees alone, up to a factor for all; only where there are any."""
        return _mean(self.orders, _columns(buyers, self.base, self.horizon_days))

    def to_parameters(self) -> Parameters:
        """All numbers; ``from_parameters`` makes the same model of them."""
        forests = {"orders": self.orders, "revenue": self.revenue}
        columns: Parameters = {
            f"{measure}.{place}.{name}": column
            for measure, forest in forests.items()
            for place, trees in enumerate(forest)
            for name, column in trees.arrays().items()
        }
        return self.base.to_parameters() | {"horizon_days": self.horizon_days} | columns

    @staticmethod
    def from_parameters(parameters: Parameters) -> BoostedModel:
        """The model of which these are the numbers."""
        orders, revenue = (
            tuple(Trees.from_arrays(columns) for place in range(_SEEDS) if (columns := _kept(parameters, name, place)))
            for name in ("orders", "revenue")
        )
        horizon = float(columns_from(parameters, "horizon_days")[""][0])
        return BoostedModel(ValueModel.from_parameters(BASE, parameters), orders, revenue, horizon)


def fit_boosted(past: Past, at: int, horizon_days: int) -> BoostedModel:
    """Train on windows that have ended before a day, and fit the model of orders to all that is known by then.

    Args:
        past: orders from ``at`` on are not looked at; of many customers some teach the trees.
        horizon_days: length of the windows; each has at least as much history before it.
    """
    return past.once((BASE, "trees", at, horizon_days), lambda: _fitted(past, at, horizon_days))


def window_ends(past: Past, at: int, horizon_days: int) -> list[int]:
    """The earlier origins whose horizon has ended before a day, and that have as much history before them."""
    ends = [at - horizon_days - place * max(horizon_days // 2, 1) for place in range(_WINDOWS)]
    return [end for end in ends if end - past.start >= horizon_days]


def _fitted(past: Past, at: int, horizon_days: int) -> BoostedModel:
    base = past.value(BASE, at)
    windows = [_window(past.few, end, horizon_days) for end in window_ends(past, at, horizon_days)]
    columns, orders, revenue = (
        np.concatenate([window[place] for window in windows]) if windows else np.zeros(0) for place in range(3)
    )
    if np.count_nonzero(orders) < _LEAST_BUYERS or np.all(revenue == 0):
        return BoostedModel(base, (), (), horizon_days)
    return BoostedModel(base, _trees(columns, orders), _trees(columns, revenue), horizon_days)


def _kept(parameters: Parameters, measure: str, place: int) -> dict[str, Floats]:
    return columns_from(parameters, f"{measure}.{place}.")


def _window(past: Past, at: int, horizon_days: int) -> tuple[Floats, Floats, Floats]:
    """Columns of the customers at an origin, and their orders and revenue within the horizon after it."""

    def make() -> tuple[Floats, Floats, Floats]:
        buyers = past.buyers(at)
        outcome = past.history.outcome(buyers.number, at, horizon_days)
        return _columns(buyers, past.value(BASE, at), horizon_days), outcome.orders.astype(np.float64), outcome.amount

    return past.once(("window", at, horizon_days), make)


def _columns(buyers: Buyers, base: ValueModel, horizon_days: float) -> Floats:
    """What the trees take, a row per customer; times in horizons, NaN where a customer has no gap."""
    coming = base.expect(buyers, horizon_days)
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


def _trees(columns: Floats, outcome: Floats) -> tuple[Trees, ...]:
    """Boosted trees of a few leaves under Poisson's deviance, for outcomes relative to their mean."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    found = []
    # Only what is loaded by now can be limited: a limit around the first import would not hold for scikit-learn.
    with threadpool_limits(limits=1):
        for seed in range(_SEEDS):
            grown = HistGradientBoostingRegressor(
                loss="poisson",
                max_iter=120,
                learning_rate=0.05,
                max_leaf_nodes=MOST_LEAVES,
                min_samples_leaf=40,
                l2_regularization=1.0,
                max_features=0.5,
                random_state=seed,
            ).fit(columns, outcome / outcome.mean())
            found.append(trees_of(grown, columns, np.log(grown.predict(columns))))
    return tuple(found)


def _mean(forest: tuple[Trees, ...], columns: Floats) -> Floats:
    return np.asarray(np.mean([np.exp(trees.sums(columns)) for trees in forest], axis=0))


def _ratios(plain: Floats, forest: tuple[Trees, ...], columns: Floats) -> Floats:
    """By how much each forecast changes: to the geometric mean with the trees', the total kept."""
    said = _mean(forest, columns)
    scale = plain.mean() / said.mean()
    mixed = np.sqrt(plain * said * scale)
    whole = mixed.sum()
    if not whole:
        return np.ones(plain.size)
    ratio = np.divide(mixed, plain, out=np.ones(plain.size), where=plain > 0)
    return np.asarray(ratio * plain.sum() / whole)
