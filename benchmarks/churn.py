"""``churn``: the risk of churn on public shops beside the marks, and the time to train for many customers.

Everything is trained with what was known at the origin; the weeks after it serve for these figures alone. Shown are the
model that serves, chosen by the back-test on the shop's own earlier origins, all its candidates, and the orders that
BG/NBD expects and its probability that a customer has left, as scores. AUC and Brier score, the mean gap between
forecast and share by tenths of the customers, and the gap that chance alone would give.

``ours`` and ``rival`` are the shares of pairs of customers that are ranked wrongly on the CDNOW sample (1 − AUC), the
rival being BG/NBD's expected orders. The time is that of training for a synthetic shop of a year: eight candidates, four
origins, each learnt anew at each of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks.harness import Result, child, seconds
from benchmarks.pairs import DATA_VARIABLE

if TYPE_CHECKING:
    from ca_platform.models.backtest import History

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1.0
MARKS = "marks: AUC >= .765 and >= BG/NBD expected, Brier <= .162 on CDNOW, gap <= chance + .02"
_BG_EXPECTED, _BG_LEFT = "BG/NBD, expected orders", "BG/NBD, probability of having left"
# Shop, file, days that are hidden.
_CASES = (
    ("cdnow", "cdnow_sample_2357/transactions.parquet", 273),
    ("retail", "online_retail/lines.parquet", 182),
    ("retail", "online_retail/lines.parquet", 91),
    ("journey", "completejourney/transactions_sample.parquet", 182),
    ("journey", "completejourney/transactions_sample.parquet", 91),
)
_TITLES = {"cdnow": "CDNOW sample", "retail": "Online Retail", "journey": "Complete Journey"}
_DAYS = 365

# AUC, Brier score, decile gap, gap by chance; None where a score is no probability.
Figures = tuple[float, float | None, float | None, float | None]


def run(size: int) -> Result:
    """``size`` is the number of customers of the synthetic shop."""
    found = {
        (shop, days): child("churn:figures", shop, str(public_file(file)), days).value for shop, file, days in _CASES
    }
    training = child("churn:training", size)
    scored = child("churn:scoring", size)
    cdnow = found["cdnow", 273]
    extra: dict[str, Any] = {
        "training": training.seconds,
        "training_cpu_seconds": training.cpu_seconds,
        "peak_memory_gb": training.peak_gb,
        "scoring": scored.seconds,
        **{f"{shop}_{days}_days": values for (shop, days), values in found.items()},
    }
    rows = [("", MARKS), *(row for (shop, days), values in found.items() for row in _table(shop, days, values))]
    rows += [
        (f"training, {size:,} customers", f"{seconds(training.seconds)}, {training.peak_gb:.2f} GB"),
        ("a probability for each of them", seconds(scored.seconds)),
    ]
    ours, rival = 1 - cdnow["served"][0], 1 - cdnow[_BG_EXPECTED][0]
    return Result("churn", size, ours, rival, GOAL, extra=extra, rows=tuple(rows))


def _table(shop: str, days: int, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    customers, silent = values["customers"], values["without_order"]
    title = f"{_TITLES[shop]}, last {days} days"
    yield title, f"AUC   Brier  gap   chance | {customers:,} customers, {silent:.1%} without an order"
    for name, figures in values.items():
        if isinstance(figures, list):
            label = f"  as served: {values['model']}" if name == "served" else f"  {name}"
            yield label, "  ".join("  -  " if figure is None else f"{figure:.4f}" for figure in figures)


def public_file(file: str) -> Path:
    """A file of the public data by its place in their folder."""
    path = Path(os.environ.get(DATA_VARIABLE, "")) / file
    if DATA_VARIABLE not in os.environ or not path.exists():
        raise RuntimeError(f"{DATA_VARIABLE} names no folder with {file}: set it and run again")
    return path


# ---- figures


def figures(shop: str, path: str, hidden: int) -> Callable[[], Any]:
    """Training before the last ``hidden`` days, held against them; of CDNOW the 39 weeks after 1997-09-30."""
    from ca_platform.models import clv
    from ca_platform.models.backtest import auc, brier_score, chance_gap, decile_gap
    from ca_platform.models.churn import TITLES, train
    from ca_platform.models.churn.customers import customers_at

    history = HISTORIES[shop](pl.read_parquet(path))
    end = int(history.day.min()) + 273 if shop == "cdnow" else int(history.day.max()) + 1 - hidden

    def run() -> dict[str, Any]:
        known = history.until(end)
        trained = train(known, end, hidden, has_season=True)
        silent = history.outcome(known.customers, end, hidden).is_silent
        found: dict[str, Any] = {
            "model": TITLES[trained.model.served],
            "customers": int(silent.size),
            "without_order": round(float(silent.mean()), 4),
        }
        said = {"served": trained.model.served} | {
            TITLES[name]: name for name in TITLES if name in trained.model.levels
        }
        for label, name in said.items():
            _, chances = trained.model.served_by(name).probabilities(known, end)
            judged = (auc(silent, chances), brier_score(silent, chances), decile_gap(silent, chances))
            found[label] = [round(figure, 4) for figure in (*judged, chance_gap(chances))]
        summary = customers_at(known, end).summary
        fitted = clv.fit("bg_nbd", summary)
        for label, score in {
            _BG_EXPECTED: -clv.expected_orders(fitted, summary, hidden / 7),
            _BG_LEFT: 1 - clv.probability_alive(fitted, summary),
        }.items():
            found[label] = [round(auc(silent, score), 4), None, None, None]
        return found

    return run


def _cdnow(orders: pl.DataFrame) -> History:
    from ca_platform.models.backtest import History

    return History(orders["customer_id"], orders["date"].dt.epoch("d"), amount=orders["value"])


def _retail(lines: pl.DataFrame) -> History:
    """Orders of known customers that are no cancellations."""
    kept = lines.filter(pl.col("CustomerID").is_not_null() & ~pl.col("InvoiceNo").str.starts_with("C"))
    amount = (pl.col("Quantity") * pl.col("UnitPrice")).sum()
    orders = kept.group_by("InvoiceNo").agg(pl.col("CustomerID").first(), pl.col("InvoiceDate").min(), amount=amount)
    return _timed(orders["CustomerID"], orders["InvoiceDate"], orders["amount"])


def _journey(lines: pl.DataFrame) -> History:
    orders = lines.group_by("basket_id").agg(
        pl.col("household_id").first(), pl.col("transaction_timestamp").min(), amount=pl.col("sales_value").sum()
    )
    return _timed(orders["household_id"], orders["transaction_timestamp"], orders["amount"])


def _timed(customer: pl.Series, instant: pl.Series, amount: pl.Series) -> History:
    from ca_platform.models.backtest import History

    return History(customer, instant.dt.epoch("us") / 86_400_000_000, amount=amount)


HISTORIES: dict[str, Callable[[pl.DataFrame], History]] = {"cdnow": _cdnow, "retail": _retail, "journey": _journey}
"""Orders of the public shops, from their files; days are counted from 1970."""


# ---- time


def training(customers: int) -> Callable[[], Any]:
    """Training for a synthetic shop."""
    from ca_platform.models.churn import train

    history = synthetic(customers)
    return lambda: train(history, _DAYS, 30).model.served


def scoring(customers: int) -> Callable[[], Any]:
    """A probability for every customer of it, by the regression and the trees together."""
    from ca_platform.models.churn import train

    history = synthetic(customers)
    model = train(history.of(history.customers[:: max(customers // 20_000, 1)]), _DAYS, 30).model.served_by("blend")
    return lambda: float(model.probabilities(history, _DAYS)[1].mean())


def synthetic(customers: int) -> History:
    """Customers who come over a year, order at rates of their own and leave after a while; 4 orders on average."""
    import numpy as np

    from ca_platform.models.backtest import History

    dice = np.random.default_rng(11)
    begun = dice.uniform(0, _DAYS, customers)
    lasting = np.minimum(dice.exponential(150, customers), _DAYS - begun)
    more = dice.poisson(dice.gamma(1.0, 0.04, customers) * lasting)
    number = np.repeat(np.arange(customers), more)
    later = begun[number] + dice.random(number.size) * lasting[number]
    at = np.append(begun, later)
    return History(np.append(np.arange(customers), number), at, amount=dice.gamma(2, 20, at.size))
