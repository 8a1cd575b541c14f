"""Whole reports of promotions that do nothing, and of pairs of them, many of each shop: put on its orders anew for each.

A shop takes longer to make than what its reports find. Of these only the p-values are made, by what calibrates them.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from benchmarks.ab_quality import ALPHA, rejections
from benchmarks.ab_shops import Shop, loaded, quiet
from ca_platform.calendar import start_of_day
from ca_platform.facts import ensure_facts
from ca_platform.models import experiments as ab
from ca_platform.models.experiments.order_windows import OrderWindows, instants, order_windows
from ca_platform.models.experiments.placebo_items import Coins, Promoted, paid
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.models.threads import one_thread

# Promotions of a report, and the share of all orders that carries each.
PROMOTIONS = {"200 promotions": (200, 0.004), "8 promotions of many": (8, 0.08)}
PAIRED = (12, 0.05)
PER_SHOP = 50
_PAIRS = "pairs of 12 promotions"
_METHODS: dict[str, Literal["benjamini_hochberg", "benjamini_yekutieli"]] = {
    **dict.fromkeys(PROMOTIONS, "benjamini_hochberg"),
    # Pairs share their customers, as in the report.
    _PAIRS: "benjamini_yekutieli",
}
_FIRST_SEED = 3_000
# Promoted tells exactly what is above this, and where there may be something.
_CLEAR = 1e-9


def found(shops: int) -> dict[str, dict[str, list[float]]]:
    """By promotions and metric: ``items``, p-values up to .05, and ``reports`` of them in which any is significant."""
    p_values: dict[tuple[str, str], list[Any]] = {}
    for seed in range(_FIRST_SEED, _FIRST_SEED + shops):
        with loaded(quiet(seed, 25_000, 75)) as shop:
            windows, observed = _windows(shop)
        promoted, dice = Promoted(windows, observed), np.random.default_rng(seed)
        with one_thread():
            for _ in range(PER_SHOP):
                for name, (count, usage) in PROMOTIONS.items():
                    coins = Coins.of(windows, _picked(windows, count, usage, dice))
                    for metric, p in promoted.p_values(coins, _CLEAR).items():
                        p_values.setdefault((name, metric), []).append(p)
                p_values.setdefault((_PAIRS, "amount"), []).append(_of_pairs(windows, dice))
    return {
        f"{name}, {metric}": {
            "items": rejections(np.concatenate(reports)),
            "reports": rejections(np.array([ab.adjusted(report, _METHODS[name]).min() for report in reports])),
        }
        for (name, metric), reports in p_values.items()
    }


def _of_pairs(windows: OrderWindows, dice: np.random.Generator) -> Floats:
    """P-values of all pairs of some promotions."""
    picked = _picked(windows, *PAIRED, dice)
    one, other = (Coins.of(windows, picked[side]) for side in np.triu_indices(picked.shape[0], 1))
    return paid(windows, one, other, ALPHA)["amount"]


def _picked(windows: OrderWindows, count: int, usage: float, dice: np.random.Generator) -> Ints:
    """Each order carries one promotion at most, as in a shop."""
    uses = round(usage * len(windows))
    picked: Ints = dice.permutation(len(windows))[: count * uses].reshape(count, uses)
    return np.sort(picked, axis=1)


def _windows(shop: Shop) -> tuple[OrderWindows, Bools]:
    """The time around every order, and which of them may be compared at the end of the last day."""
    zone = shop.settings.business.time_zone
    for fact in ("customer_orders", "first_sessions"):
        ensure_facts(fact, shop.days, shop.settings, shop.lake)
    whole = pl.col("slice") == 0
    arrived = shop.lake.scan("first_sessions").filter(whole).select("customer", pl.col("at").dt.epoch("us")).collect()
    customer = arrived["customer"].to_numpy().astype(np.int64)
    downloads = np.full(int(customer.max()) + 1, np.iinfo(np.int64).max)
    downloads[customer] = arrived["at"].to_numpy()
    windows = order_windows(instants(shop.lake.scan("customer_orders").filter(whole)).collect(), zone)
    first = int(start_of_day(shop.days[0], zone).timestamp()) * 1_000_000
    last = shop.days[-1].toordinal() - date(1970, 1, 1).toordinal()
    return windows, windows.observed(last, first, downloads)
