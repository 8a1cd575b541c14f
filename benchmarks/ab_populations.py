"""Whom the benchmark ``ab`` splits at random: customers of two public shops and of a simulated one, at one moment."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.clv_quality import holdouts
from benchmarks.shops import workplace

Floats = NDArray[np.float64]
PRE_WEEKS = 26


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Customers with an order before the moment, an entry each.

    Attributes:
        amount, orders: after it, within ``weeks``; 0 for one without an order.
        days: amounts of each of the first 28 days after it, a column per day.
        amount_before, orders_before: within the same number of weeks before it.
        covariates: what is known at the moment: amount of the last 26 weeks first, then what is made of it.
    """

    name: str
    weeks: int
    amount: Floats
    orders: Floats
    days: Floats
    amount_before: Floats
    orders_before: Floats
    covariates: tuple[Floats, ...]

    @property
    def customers(self) -> int:
        return self.amount.size


def populations(cdnow: Path, retail: Path) -> list[Population]:
    """The windows are those in which some 73 % have no order."""
    sample, wholesale, *_ = (holdout.orders for holdout in holdouts(cdnow, retail).values())
    return [
        population("CDNOW sample", sample, date(1997, 6, 30), 26),
        population("Online Retail", wholesale, date(2011, 10, 9), 4),
        population("simulated shop", simulated(), date(2024, 6, 30), 4),
    ]


def simulated() -> pl.LazyFrame:
    """Orders (customer, day, amount) of a simulated shop without promotions, experiments and incidents."""
    from ca_platform.simulate import ShopParameters, simulate_shop

    folder = workplace() / "ab-shop"
    if not (folder / "truth.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        quiet = ShopParameters(
            days=240, customers=6_000, baskets=False, promotions=(), experiment=None, incidents_per_30_days=0.0
        )
        simulate_shop(folder, parameters=quiet)
    sessions = pl.scan_csv(folder / "sessions" / "*.csv").filter(pl.col("has_purchased"))
    day = pl.col("session_start_date").str.slice(0, 10).str.to_date()
    return sessions.select(customer="client", day=day, amount=pl.col("payment_amount").cast(pl.Float64))


def population(name: str, orders: pl.LazyFrame, moment: date, weeks: int) -> Population:
    """The customers at the end of the day ``moment``."""
    until = pl.col("day") <= moment
    within = (pl.col("day") > moment) & (pl.col("day") <= moment + timedelta(weeks=weeks))
    before = until & (pl.col("day") > moment - timedelta(weeks=weeks))
    recent = until & (pl.col("day") > moment - timedelta(weeks=PRE_WEEKS))
    days = [(pl.col("day") == moment + timedelta(days=number)) for number in range(1, 29)]
    amount = pl.col("amount")
    frame = (
        orders.group_by("customer")
        .agg(
            is_known=until.any(),
            amount=amount.filter(within).sum(),
            orders=within.sum(),
            amount_before=amount.filter(before).sum(),
            orders_before=before.sum(),
            recent=amount.filter(recent).sum(),
            days_since=(pl.lit(moment) - pl.col("day").filter(until).max()).dt.total_days(),
            **{f"day_{number}": amount.filter(on).sum() for number, on in enumerate(days)},
        )
        .filter("is_known")
        .sort("customer")
        .collect()
    )
    from ca_platform.models.experiments import history_covariates

    def column(name: str) -> Floats:
        return frame[name].cast(pl.Float64).to_numpy()

    return Population(
        name,
        weeks,
        column("amount"),
        column("orders"),
        frame.select(pl.col("^day_.*$").cast(pl.Float64)).to_numpy(),
        column("amount_before"),
        column("orders_before"),
        history_covariates(column("recent"), column("days_since")),
    )


def described(people: Population) -> dict[str, Any]:
    return {
        "customers": people.customers,
        "weeks": people.weeks,
        "without_order": round(float(np.mean(people.amount == 0)), 4),
    }
