"""How good the models of customer value are on the hold-outs of public shops."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from benchmarks.pairs import DATA_VARIABLE
from ca_platform.models import clv
from ca_platform.models.backtest import interval_coverage, mean_absolute_error, normalised_gini, total_error
from ca_platform.models.clv.level import PastForecasts, learn_level

# Those whose fits are quick enough for many origins.
LEVEL_MODELS = ("bg_nbd", "mbg_nbd", "mbg_cnbd_k")

# Orders: total error, mean absolute error, Gini; revenue: total error, Gini, share within the interval.
Figures = list[float]


class HoldOut(NamedTuple):
    """Orders (customer, day, amount), the last day that is known, and what is to be forecast from it."""

    orders: pl.LazyFrame
    end: date
    weeks: int


def public_files() -> list[Path]:
    """Where the CDNOW sample and Online Retail lie."""
    folder = Path(os.environ.get(DATA_VARIABLE, ""))
    files = [folder / "cdnow_sample_2357" / "transactions.parquet", folder / "online_retail" / "lines.parquet"]
    missing = [str(file.relative_to(folder)) for file in files if not file.exists()]
    if DATA_VARIABLE not in os.environ or missing:
        raise RuntimeError(f"{DATA_VARIABLE} names no folder with {' and '.join(missing)}: set it and run again")
    return files


def quality(cdnow: Path, retail: Path) -> dict[str, dict[str, Figures]]:
    """Figures of every model for each hold-out."""
    return {name: of_holdout(holdout) for name, holdout in holdouts(cdnow, retail).items()}


def holdouts(cdnow: Path, retail: Path) -> dict[str, HoldOut]:
    """The published split of CDNOW, and the last weeks of Online Retail."""
    sample = pl.scan_parquet(cdnow).select(customer="customer_id", day="date", amount="value")
    known = pl.col("CustomerID").is_not_null() & ~pl.col("InvoiceNo").str.starts_with("C")
    wholesale = (
        pl.scan_parquet(retail)
        .filter(known)
        .group_by("InvoiceNo", customer="CustomerID")
        .agg(day=pl.col("InvoiceDate").min().dt.date(), amount=(pl.col("Quantity") * pl.col("UnitPrice")).sum())
        .select("customer", "day", "amount")
    )
    return {
        "CDNOW sample, 39 weeks": HoldOut(sample, date(1997, 9, 30), 39),
        "Online Retail, 26 weeks": HoldOut(wholesale, date(2011, 6, 10), 26),
        "Online Retail, 13 weeks": HoldOut(wholesale, date(2011, 9, 9), 13),
    }


def of_holdout(holdout: HoldOut) -> dict[str, Figures]:
    """Figures of every model."""
    histories = clv.purchase_histories(holdout.orders, holdout.end).collect()
    days, revenue = outcomes(histories, holdout)
    summary, mean = clv.summary_of(histories), histories["mean_amount"].to_numpy()
    amounts = clv.fit_amounts(histories["purchase_days"].to_numpy(), mean)
    found = {}
    for name, model in clv.MODELS.items():
        fitted = clv.fit(name, summary)
        expected = clv.expected_orders(fitted, summary, holdout.weeks)
        coming = clv.forecast_revenue(fitted, amounts, summary, mean, holdout.weeks)
        title = model.title + (f", k = {fitted.regularity}" if fitted.regularity > 1 else "")
        found[title + (" (degenerate)" if fitted.degenerate else "")] = [
            total_error(days, expected),
            mean_absolute_error(days, expected),
            normalised_gini(days, expected),
            total_error(revenue, coming.expected),
            normalised_gini(revenue, coming.expected),
            interval_coverage(revenue, coming.low, coming.high),
        ]
    return found


def outcomes(histories: pl.DataFrame, holdout: HoldOut) -> tuple[np.ndarray, np.ndarray]:
    """Purchase days and revenue of each customer in the hold-out."""
    after = holdout.orders.filter(pl.col("day") > holdout.end)
    came = clv.purchase_histories(after, holdout.end + timedelta(weeks=holdout.weeks)).collect()
    joined = histories.select("customer").join(came, on="customer", how="left", maintain_order="left")
    days, revenue = (joined[name].fill_null(0).cast(pl.Float64).to_numpy() for name in ("purchase_days", "amount"))
    return days, revenue


def levels(cdnow: Path, retail: Path) -> dict[str, list[str]]:
    """For each hold-out what earlier origins teach of the level, and what it does to the total error of orders."""
    return {name: _level(holdout) for name, holdout in holdouts(cdnow, retail).items()}


def _level(holdout: HoldOut) -> list[str]:
    """Errors at earlier origins in words, the factor and its reason, and the total error without and with it.

    Origins four weeks apart, the first after a quarter of the history, each for a quarter of it; the model has the largest
    likelihood at the end of what is known. The hold-out's own outcome is looked at for the last figures alone.
    """
    start = holdout.orders.select(pl.col("day").min()).collect().item()
    quarter = (holdout.end - start).days // 28
    best = max(LEVEL_MODELS, key=lambda model: _forecast(model, holdout)[2])
    back = range(quarter, 4 * quarter - quarter + 1, 4)
    ends = [holdout.end - timedelta(weeks=weeks) for weeks in reversed(back)]
    totals = [_forecast(best, HoldOut(holdout.orders, end, quarter))[:2] for end in ends]
    weeks = [(end - start).days / 7 for end in ends]
    past = PastForecasts(weeks, quarter, [said for said, _ in totals], [came for _, came in totals])
    level = learn_level(past, (holdout.end - start).days / 7)
    said, came, _ = _forecast(best, holdout)
    errors = ", ".join(f"{expected / actual - 1:+.1%}" for expected, actual in totals)
    return [
        f"{clv.MODELS[best].title}, {quarter} weeks from earlier origins: {errors}",
        f"factor {level.factor:.3f} ({level.method}: {level.reason})",
        f"total error of the hold-out without / with it: {said / came - 1:+.1%} / {level.factor * said / came - 1:+.1%}",
    ]


def _forecast(model: str, holdout: HoldOut) -> tuple[float, float, float]:
    """Total of the purchase days that were forecast, of those that came, and the log likelihood."""
    histories = clv.purchase_histories(holdout.orders, holdout.end).collect()
    summary = clv.summary_of(histories)
    fitted = clv.fit(model, summary)
    days, _ = outcomes(histories, holdout)
    return float(clv.expected_orders(fitted, summary, holdout.weeks).sum()), float(days.sum()), fitted.log_likelihood
