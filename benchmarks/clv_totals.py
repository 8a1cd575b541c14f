"""``clv-totals``: whether the intervals of a shop's whole revenue hold as often as they say, on public shops.

For each horizon, known customers and newcomers are forecast at ends all through the history with what was known by then,
and held against what came, the whole and day by day. One model of orders and the baseline compete, so that many ends can
be tried. Ours is by how much the share of totals within their 80 % interval is off 80 %, the rival's what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.churn import HISTORIES, public_file
from benchmarks.harness import Result, child
from ca_platform.models.backtest import History, Origin
from ca_platform.models.clv.arrivals import Arrivals
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
from ca_platform.models.clv.customers import buyers_at, seen_clock_at
from ca_platform.models.clv.first_orders import weekday_shares
from ca_platform.models.clv.newcomers import forecast_newcomers

DEFAULT, LARGE = 8, 40
SHARE, ALLOWED = 0.8, 0.05
HORIZONS = (28, 91, 182)
MODELS = ("naive", "mbg_cnbd_k")
_LEAST_DAYS = 112


def _superstore(lines: pl.DataFrame) -> History:
    orders = lines.group_by("Order ID").agg(
        customer=pl.col("Customer ID").first(), day=pl.col("Order Date").min(), amount=pl.col("Sales").sum()
    )
    number = orders["customer"].rank("dense").cast(pl.Int64)
    return History(number, orders["day"].to_physical(), amount=orders["amount"])


# Shop: its file, its orders.
SHOPS: dict[str, tuple[str, Callable[[pl.DataFrame], History]]] = {
    "cdnow": ("cdnow_sample_2357/transactions.parquet", HISTORIES["cdnow"]),
    "retail": ("online_retail/lines.parquet", HISTORIES["retail"]),
    "superstore": ("superstore/lines.parquet", _superstore),
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
    contest = hold_contest(history, end, horizon, MODELS, has_season=True)
    buyers, known = buyers_at(history, end, has_season=True), arrivals.until(end)
    totals = np.array([contest.model.forecast(buyers, days).revenue.sum() for days in milestones(horizon)])
    scores = [one for one in contest.scores if one.is_served and one.metric == "revenue_total_error"]
    origins = [Origin(one.origin, one.horizon) for one in scores]
    newcomers = forecast_newcomers(known, horizon, origins, lambda at: seen_clock_at(history, at, has_season=True))
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


def figures(found: Sequence[Held]) -> tuple[float, float, float, float]:
    """Share of totals and of days within their interval, mean error, half the width of an interval."""
    totals, days = np.mean([one.is_held for one in found]), np.mean([one.days_held for one in found])
    error, width = np.mean([abs(one.log_error) for one in found]), np.mean([one.half_width for one in found])
    return float(totals), float(days), float(np.expm1(error)), float(np.expm1(width))


def run(size: int) -> Result:
    """``size`` is the number of ends at most, for each shop and horizon."""
    folder = public_file(SHOPS["cdnow"][0]).parents[1]
    measured = {shop: child("clv_totals:of_shop", str(folder), shop, size) for shop in SHOPS}
    found = {
        (shop, int(horizon)): [Held(*one) for one in held]
        for shop, own in measured.items()
        for horizon, held in own.value.items()
    }
    every = [one for own in found.values() for one in own]
    off = abs(figures(every)[0] - SHARE)
    rows = [("shop, horizon, ends", "totals   days  mean error  half width")]
    rows += [(f"  {shop}, {horizon} days, {len(own)}", _text(figures(own))) for (shop, horizon), own in found.items()]
    rows.append((f"  all, {len(every)}", _text(figures(every))))
    extra = {f"{shop}_{horizon}": figures(own) for (shop, horizon), own in found.items()}
    return Result("clv-totals", size, off, ALLOWED, 1.0, extra={**extra, "all": figures(every)}, rows=tuple(rows))


def of_shop(folder: str, shop: str, ends: int) -> Callable[[], Any]:
    """What was held of a shop, by horizon."""
    file, orders = SHOPS[shop]
    history = orders(pl.read_parquet(Path(folder) / file))
    arrivals = Arrivals.of(history, int(history.day.max()) + 1)

    def measured() -> dict[str, Any]:
        found: dict[str, Any] = {}
        for horizon in HORIZONS:
            first, last = arrivals.start + _LEAST_DAYS, arrivals.end - horizon
            days = sorted({int(day) for day in np.linspace(first, last, ends)}) if last >= first else []
            forecasts = (held(history, arrivals, day, horizon) for day in days)
            own = [astuple(one) for one in forecasts if one is not None]
            if own:
                found[str(horizon)] = own
        return found

    return measured


def _text(told: tuple[float, float, float, float]) -> str:
    totals, days, error, width = told
    return f"{totals:6.0%}{days:7.0%}{error:12.1%}{width:12.1%}"
