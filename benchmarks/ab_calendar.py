"""Before and after on the calendar of a real shop: days on which nothing was done, and the same with a change put in."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.ab_quality import rejections
from ca_platform.models import experiments as ab
from ca_platform.models.experiments import Moments
from ca_platform.models.threads import one_thread

Counts = NDArray[np.signedinteger]
AFTER, BEFORE = 20, 160
CHANGE = 1.2
DRAWS, BLOCK_DAYS = 399, 6
CASES = 600


def quiet_days(orders: pl.LazyFrame, cases: int = CASES, seed: int = 41) -> dict[str, tuple[list[float], list[float]]]:
    """Rejections on quiet days and with 20 % more orders on the last 20, by test.

    A random half of the customers is judged, the other half is their control; the last day is any day of the shop with
    enough days before it. Days are those on which the shop sells: a week has six.
    """
    table = orders.select("customer", "day").collect()
    days = table["day"].unique().sort()
    day = days.search_sorted(table["day"]).to_numpy()
    customer = table["customer"].rank("dense").cast(pl.Int64).to_numpy() - 1
    weekday = days.dt.weekday().to_numpy()
    dice = np.random.default_rng(seed)
    found: dict[str, tuple[list[float], list[float]]] = {}
    with one_thread():
        for _ in range(cases):
            is_own = (dice.random(int(customer.max()) + 1) < 0.5)[customer]
            end = int(dice.integers(BEFORE + AFTER, days.len() + 1))
            window = slice(end - BEFORE - AFTER, end)
            own, others = (np.bincount(day[part], minlength=days.len())[window] for part in (is_own, ~is_own))
            for place, change in enumerate((1.0, CHANGE)):
                for name, p in _p_values(own, others, weekday[window], change).items():
                    found.setdefault(name, ([], []))[place].append(p)
    return {name: (rejections(np.array(quiet)), rejections(np.array(more))) for name, (quiet, more) in found.items()}


def _p_values(own: Counts, others: Counts, weekday: Counts, change: float) -> dict[str, float]:
    is_after = np.arange(own.size) >= BEFORE
    # Half an order keeps a day without one finite.
    value = np.log(own + 0.5) + np.log(change) * is_after
    weight = 1 / (1 / (own + 0.5) + 1 / (others + 0.5))
    control = np.log(others + 0.5)
    series = ab.daily_series(value, is_after, weekday=weekday, control=control, weight=weight, trend=False)
    tests = {
        "plain t of days": ab.welch(Moments.of(value[~is_after]), Moments.of(value[is_after])),
        "newey_west, control": ab.newey_west(series),
        "block_permutation, control": ab.block_permutation(series, BLOCK_DAYS, DRAWS),
    }
    return {name: float(test.p_value) for name, test in tests.items()}
