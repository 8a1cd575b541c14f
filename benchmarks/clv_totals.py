"""Whether the intervals of a shop's whole revenue hold as often as they say, on public shops.

``python -m benchmarks.clv_totals [SHOP …]``: for each horizon at ends all through the history, every so many weeks, known
customers and newcomers are forecast with what was known by then and held against what came, the whole and day by day.
One model of orders and the baseline compete, so that many ends can be tried.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.churn import HISTORIES
from benchmarks.pairs import DATA_VARIABLE
from ca_platform.models.backtest import History, Origin
from ca_platform.models.clv.contest import hold_contest
from ca_platform.models.clv.course import (
    Missed,
    Scatter,
    daily_course,
    day_intervals,
    milestones,
    spread_of_sums,
    sum_intervals,
)
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.newcomers import Arrivals, forecast_newcomers, weekday_shares

HORIZONS = (28, 91, 182)
MODELS = ("naive", "mbg_cnbd_k")
_LEAST_DAYS = 112


def _superstore(lines: pl.DataFrame) -> History:
    orders = lines.group_by("Order ID").agg(
        customer=pl.col("Customer ID").first(), day=pl.col("Order Date").min(), amount=pl.col("Sales").sum()
    )
    number = orders["customer"].rank("dense").cast(pl.Int64)
    return History(number, orders["day"].to_physical(), amount=orders["amount"])


# Shop: its file, its orders, days from one end to the next.
SHOPS: dict[str, tuple[str, Callable[[pl.DataFrame], History], int]] = {
    "cdnow": ("cdnow_sample_2357/transactions.parquet", HISTORIES["cdnow"], 21),
    "retail": ("online_retail/lines.parquet", HISTORIES["retail"], 14),
    "superstore": ("superstore/lines.parquet", _superstore, 56),
}


@dataclass(frozen=True, slots=True)
class Held:
    """One forecast of a whole: what was said over what came, whether the interval held, its width, and the days held."""

    log_error: float
    is_held: bool
    half_width: float
    days_held: float


def held(history: History, arrivals: Arrivals, end: int, horizon: int) -> Held | None:
    """A forecast at the begin of a day; None where too little was known for an interval."""
    contest = hold_contest(history, end, horizon, MODELS)
    buyers, known = buyers_at(history, end), arrivals.until(end)
    totals = np.array([contest.model.forecast(buyers, days).revenue.sum() for days in milestones(horizon)])
    scores = [one for one in contest.scores if one.is_served and one.metric == "revenue_total_error"]
    origins = [Origin(one.origin, one.horizon) for one in scores]
    newcomers = forecast_newcomers(known, horizon, origins)
    errors = [np.nan if one.value is None else one.value for one in scores]
    weekday = weekday_shares(known.by_day, known.start)
    customers = daily_course(milestones(horizon), contest.revenue_level.factor * totals, weekday, end)
    said, came = customers + newcomers.revenue, arrivals.by_day[end - arrivals.start :][:horizon]
    level = Missed.of(known, origins, errors, newcomers).level(newcomers.revenue.sum() / said.sum())
    scatter = Scatter.of(known.by_day, weekday, known.start)
    counted = float(spread_of_sums(said, scatter)[-1])
    sums = sum_intervals(said, level, scatter, horizon / 7, counted=counted)
    days = day_intervals(said, level, scatter, horizon / 7)
    if sums is None or days is None:
        return None
    low, high, total = sums.low[-1], sums.high[-1], came.sum()
    inside = np.mean((came >= days.low) & (came <= days.high))
    return Held(
        float(np.log(said.sum() / total)), bool(low <= total <= high), float(np.log(high / low) / 2), float(inside)
    )


def row(shop: str, horizon: int, found: list[Held]) -> str:
    """A line of the table."""
    totals, days = np.mean([one.is_held for one in found]), np.mean([one.days_held for one in found])
    error, width = np.mean([abs(one.log_error) for one in found]), np.mean([one.half_width for one in found])
    return f"{shop:12}{horizon:5}{len(found):6}{totals:10.0%}{days:8.0%}{np.expm1(error):12.1%}{np.expm1(width):12.1%}"


def main(shops: list[str]) -> None:
    """Print the table of these shops, or of all."""
    folder = Path(os.environ[DATA_VARIABLE])
    print("shop         days  ends    totals    days  mean error  half width")
    every: list[Held] = []
    for shop in shops or list(SHOPS):
        file, orders, step = SHOPS[shop]
        history = orders(pl.read_parquet(folder / file))
        arrivals = Arrivals.of(history, int(history.day.max()) + 1)
        for horizon in HORIZONS:
            ends = range(arrivals.start + _LEAST_DAYS, arrivals.end - horizon + 1, step)
            found = [one for end in ends if (one := held(history, arrivals, end, horizon)) is not None]
            every += found
            print(row(shop, horizon, found), flush=True)
    print(row("all", 0, every))


if __name__ == "__main__":
    main(sys.argv[1:])
