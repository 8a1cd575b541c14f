"""How good the models of customer value are on the hold-outs of public shops."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from benchmarks.clv_chance import by_chance, totals_of_true_model
from benchmarks.clv_parts import parts_missed
from benchmarks.pairs import DATA_VARIABLE
from ca_platform.models import clv
from ca_platform.models.backtest import (
    History,
    Outcome,
    interval_coverage,
    mean_absolute_error,
    normalised_gini,
    total_error,
)
from ca_platform.models.clv.contest import hold_contest, metrics_of
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.forecast import ValueForecast, levelled, share_to_ask
from ca_platform.models.clv.level import Level, total_interval

# By so much the total of orders may be missed.
_GOAL = 0.06

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
        figures = (
            total_error(days, expected),
            mean_absolute_error(days, expected),
            normalised_gini(days, expected),
            total_error(revenue, coming.expected),
            normalised_gini(revenue, coming.expected),
            interval_coverage(revenue, coming.low, coming.high),
        )
        found[title + (" (degenerate)" if fitted.degenerate else "")] = [round(figure, 4) for figure in figures]
    return found


def outcomes(histories: pl.DataFrame, holdout: HoldOut) -> tuple[np.ndarray, np.ndarray]:
    """Purchase days and revenue of each customer in the hold-out."""
    after = holdout.orders.filter(pl.col("day") > holdout.end)
    came = clv.purchase_histories(after, holdout.end + timedelta(weeks=holdout.weeks)).collect()
    joined = histories.select("customer").join(came, on="customer", how="left", maintain_order="left")
    days, revenue = (joined[name].fill_null(0).cast(pl.Float64).to_numpy() for name in ("purchase_days", "amount"))
    return days, revenue


def served(cdnow: Path, retail: Path) -> dict[str, list[str]]:
    """For each hold-out what the contest at earlier origins chooses, in words, and how it then does."""
    return {name: _served(holdout) for name, holdout in holdouts(cdnow, retail).items()}


def _served(holdout: HoldOut) -> list[str]:
    """The hold-out's own outcome is looked at for the last line alone."""
    history, end, days = history_of(holdout.orders), number_of(holdout.end) + 1, 7 * holdout.weeks
    contest = hold_contest(history, end, days, has_season=True)
    buyers = buyers_at(history, end, has_season=True)
    plain = contest.model.forecast(buyers, days, share_to_ask(0.8, days, contest.horizon_days))
    outcome = history.outcome(buyers.number, end, days)
    without = metrics_of(plain, outcome)["orders_total_error"] or 0.0
    said = levelled(plain, contest.orders_level.factor, contest.revenue_level.factor)
    found = metrics_of(said, outcome)
    missed = [
        score.value or 0.0 for score in contest.scores if score.is_served and score.metric == "orders_total_error"
    ]
    origins = ", ".join(f"{value:+.1%}" for value in missed)
    level = contest.orders_level
    total, revenue = (found[f"{measure}_total_error"] or 0.0 for measure in ("orders", "revenue"))
    return [
        f"{contest.served} served; orders at {len(missed)} earlier origins: {origins}",
        f"level {level.factor:.3f} ({level.method}: {level.reason})",
        f"all orders of the hold-out without / with it: {without:+.1%} / {total:+.1%}; all revenue: {revenue:+.1%}",
        f"80 % interval of the total: {_off(without, level, holdout.weeks)}",
        _ranks(found),
        _chance(said, outcome),
        _true_model(buyers.summary, holdout.weeks),
        *parts_missed(history, end, days, said, outcome),
    ]


def _ranks(found: Mapping[str, float | None]) -> str:
    names = ("orders_decile_error", "orders_gini", "revenue_decile_error", "revenue_gini", "coverage")
    orders, orders_gini, revenue, revenue_gini, held = (found[name] or 0.0 for name in names)
    return (
        f"error by tenths, nGini of orders {orders:.3f}, {orders_gini:.3f}, of revenue {revenue:.3f}, "
        f"{revenue_gini:.3f}; within 80 % {held:.1%}"
    )


def _chance(said: ValueForecast, outcome: Outcome) -> str:
    """Beside the errors, what nobody can help."""
    orders = by_chance(outcome.orders.astype(np.float64), said.orders)
    revenue = by_chance(outcome.amount, said.revenue)
    return (
        f"by chance alone, the mean of each tenth known: orders {orders.total:.1%}, by tenths {orders.tenths:.3f}; "
        f"revenue {revenue.total:.1%}, by tenths {revenue.tenths:.3f}"
    )


def _true_model(summary: clv.Summary, weeks: int) -> str:
    """What a model misses of a shop that is of its own kind."""
    truth = clv.fit("pareto_nbd", summary)
    if truth.degenerate:
        return "Pareto/NBD does not describe this shop"
    errors = np.abs(totals_of_true_model(truth, summary.age_weeks, weeks))
    return (
        f"Pareto/NBD, fitted to {errors.size} shops of its kind and this size, misses their orders by "
        f"{np.sqrt(np.mean(errors**2)):.1%}, by no more than {_GOAL:.0%} in {np.mean(errors <= _GOAL):.0%} of them"
    )


def _off(error: float, level: Level, weeks: float) -> str:
    """The interval around the total that was forecast, and the outcome, as shares of the former."""
    ends = total_interval(1.0, level, weeks)
    came = 1 / (level.factor * (1 + error))
    return "none" if ends is None else f"{ends[0]:.2f} to {ends[1]:.2f} of what was forecast, {came:.2f} came"


def history_of(orders: pl.LazyFrame) -> History:
    """Orders as arrays, days counted from 1970."""
    frame = orders.select(
        customer=pl.col("customer").cast(pl.Int64),
        day=pl.col("day").cast(pl.Date).to_physical(),
        amount=pl.col("amount").cast(pl.Float64),
    ).collect()
    return History(frame["customer"], frame["day"], amount=frame["amount"])


def number_of(day: date) -> int:
    """The number of a day in ``history_of``."""
    return (day - date(1970, 1, 1)).days
