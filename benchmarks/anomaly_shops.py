"""Daily figures of simulated shops: sessions, steps, orders and revenue by hour, straight from what the simulator writes."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from ca_platform.models.anomaly import DayMarks, Metric, Panel, hours_figure
from ca_platform.models.anomaly.hours import HOURS
from ca_platform.models.anomaly.records import Floats
from ca_platform.simulate import ShopParameters, simulate_shop
from ca_platform.simulate.clock import black_friday, holidays
from ca_platform.simulate.parameters import STEPS

_COUNTS = ("sessions", *(step.name for step in STEPS), "orders")
METRICS = (
    *(Metric(name, "count") for name in _COUNTS),
    Metric("hours_with_sessions", "ratio", hours_of="sessions"),
    Metric("revenue", "amount"),
    Metric("mean_amount", "amount", "revenue", "orders"),
    *(
        Metric(f"{later}/{earlier}", "ratio", later, earlier)
        for earlier, later in (*pairwise(_COUNTS), ("sessions", "orders"))
    ),
)


def shop(customers: int, days: int, seed: int) -> Panel:
    """The panel of a shop in which nothing goes wrong."""
    with TemporaryDirectory() as folder:
        simulate_shop(
            Path(folder) / "shop",
            parameters=ShopParameters(
                days=days, customers=customers, seed=seed, baskets=False, incidents_per_30_days=0.0
            ),
        )
        sessions = pl.scan_csv(Path(folder) / "shop" / "sessions" / "*.csv", infer_schema=False)
        bought = pl.col("has_purchased").str.to_lowercase().is_in(["true", "1"])
        frame = (
            sessions.group_by(
                day=pl.col("session_start_date").str.slice(0, 10).str.to_date(),
                hour=pl.col("session_start_date").str.slice(11, 2).cast(pl.Int64),
            )
            .agg(
                sessions=pl.len(),
                orders=bought.sum(),
                revenue=pl.col("payment_amount").cast(pl.Float64, strict=False).filter(bought).sum(),
                **{step.name: (pl.col(step.name).fill_null("") != "").sum() for step in STEPS},
            )
            .sort("day")
            .collect()
        )
    first = np.datetime64(str(frame["day"][0]))
    place = (frame["day"].to_numpy().astype("datetime64[D]") - first).astype(np.int64)
    hours = {name: np.zeros((place[-1] + 1, HOURS)) for name in (*_COUNTS, "revenue")}
    for name, values in hours.items():
        values[place, frame["hour"].to_numpy()] = frame[name].to_numpy()
    columns = [_column(metric, hours) for metric in METRICS]
    values, sizes = (np.column_stack(items) for items in zip(*columns, strict=True))
    return Panel(first + np.arange(place[-1] + 1), METRICS, values, sizes, hours)


def _column(metric: Metric, hours: dict[str, Floats]) -> tuple[Floats, Floats]:
    if metric.hours_of is not None:
        return hours_figure(hours[metric.hours_of])
    if metric.numerator is None or metric.denominator is None:
        own = hours[metric.name].sum(axis=1)
        return own, hours["orders"].sum(axis=1) if metric.kind == "amount" else own
    above, below = hours[metric.numerator].sum(axis=1), hours[metric.denominator].sum(axis=1)
    return np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0), below


def special_days(panel: Panel) -> DayMarks:
    """The simulator's holidays and sales, as a shop has them in its settings."""
    days: list[date] = panel.days.tolist()
    found = DayMarks.none(len(days))
    for place, day in enumerate(days):
        found.holiday[place] = holidays(day.year).get(day)
        found.event[place] = "Black Friday" if day == black_friday(day.year) else None
    return found
