"""Whole reports of promotions that do nothing, many of each shop: the promotions are put on its orders anew for each.

A shop takes longer to make than what its reports find. Of these only the p-values are made, by what calibrates them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from benchmarks.ab_quality import rejections
from benchmarks.ab_shops import Shop, loaded, quiet
from ca_platform.calendar import start_of_day
from ca_platform.facts import ensure_facts
from ca_platform.models import experiments as ab
from ca_platform.models.experiments.order_windows import OrderWindows, instants, order_windows
from ca_platform.models.experiments.placebo_items import Coins, Promoted
from ca_platform.models.experiments.records import Bools, Ints
from ca_platform.models.threads import one_thread

PROMOTIONS, USAGE = 200, 0.004
PER_SHOP = 50
_FIRST_SEED = 3_000
# Promoted tells exactly what is above this, and where there may be something.
_CLEAR = 1e-9


def found(shops: int) -> dict[str, dict[str, list[float]]]:
    """By metric: ``items``, p-values up to .05, and ``reports`` of 200 promotions in which any is significant."""
    p_values: dict[str, list[Any]] = {}
    for seed in range(_FIRST_SEED, _FIRST_SEED + shops):
        with loaded(quiet(seed, 25_000, 75)) as shop:
            windows, observed = _windows(shop)
        promoted, dice = Promoted(windows, observed), np.random.default_rng(seed)
        with one_thread():
            for _ in range(PER_SHOP):
                for metric, p in promoted.p_values(_coins(windows, dice), _CLEAR).items():
                    p_values.setdefault(metric, []).append(p)
    return {
        metric: {
            "items": rejections(np.concatenate(reports)),
            "reports": rejections(np.array([ab.adjusted(report).min() for report in reports])),
        }
        for metric, reports in p_values.items()
    }


def _coins(windows: OrderWindows, dice: np.random.Generator) -> Coins:
    """Each order carries one promotion at most, as in a shop."""
    uses = round(USAGE * len(windows))
    picked: Ints = dice.permutation(len(windows))[: PROMOTIONS * uses].reshape(PROMOTIONS, uses)
    return Coins.of(windows, np.sort(picked, axis=1))


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
