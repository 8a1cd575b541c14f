"""``clv``: customer value by BG/NBD and Gamma–Gamma against lifetimes, and how good all models are on public shops.

Speed is of a synthetic shop, drawn from the models with known parameters, two years by days: both fit both models to it
and forecast the revenue of every customer; both must find the same parameters. Intervals, which lifetimes has not, and
Pareto/NBD are quoted beside it.

Quality is of the hold-outs of the CDNOW sample and of Online Retail (last 26 and 13 weeks), orders of a day counted once:
by how much the total misses, mean absolute error and normalized Gini of orders, total and Gini of revenue, and the share
of customers within their 80 % interval. Below it which model the contest at earlier origins serves, the level that they
teach, what both do to the orders of the hold-out, and whose orders or amounts were missed.

Value classes are of the CDNOW sample, Online Retail and Complete Journey: what every model and both baselines say of the
horizon after the training, which serves for these figures alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.clv_classes import lines, told
from benchmarks.clv_quality import public_files, quality, served
from benchmarks.harness import Measured, Result, child, duel, seconds
from benchmarks.shops import workplace

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 0.2
ROUNDS = 2
HORIZON_WEEKS = 26.0
CLASSED = 10_000
_AGE_DAYS = 730
# Known to the drawn shop: r, α (weeks), a, b, and p, q, v of amounts.
_ORDERS, _AMOUNTS = (0.6, 12.0, 0.8, 2.5), (3.0, 3.5, 40.0)
_MOST_ORDERS = 60


def run(size: int) -> Result:
    """``size`` is the number of customers of the synthetic shop."""
    shop = str(shop_file(size))
    files = [str(file) for file in public_files()]
    ours, rival = duel(lambda: child("clv:our_values", shop), lambda: child("clv:rival_values", shop), ROUNDS)
    _compare(ours, rival)
    intervals, pareto = child("clv:our_intervals", shop), child("clv:our_pareto", shop)
    shops, served_there = child("clv:public_quality", *files).value, child("clv:public_served", *files).value
    classes = child("clv:public_classes", str(Path(files[0]).parents[1])).value
    training = child("clv_classes:training", CLASSED)
    extra: dict[str, Any] = {
        "value_classes_training": training.seconds,
        **{_key("value classes", shop): case for shop, case in classes.items()},
        "intervals": intervals.seconds,
        "pareto_nbd": pareto.seconds,
        "peak_memory_gb": ours.peak_gb,
        **{_key(shop, model): figures for shop, models in shops.items() for model, figures in models.items()},
    }
    rows = [
        (f"BG/NBD, Gamma–Gamma and revenue of {size:,} customers", seconds(ours.seconds)),
        ("lifetimes", seconds(rival.seconds)),
        ("their 80 % intervals", seconds(intervals.seconds)),
        ("Pareto/NBD", seconds(pareto.seconds)),
    ]
    for shop, models in shops.items():
        rows.append((shop, "orders: total    MAE  nGini | revenue: total  nGini  within 80 %"))
        rows += [(f"  {model}", text(figures)) for model, figures in models.items()]
        rows += [("  as served", line) for line in served_there[shop]]
    rows += [*lines(classes), (f"training of value classes, {CLASSED:,} customers", seconds(training.seconds))]
    return Result("clv", size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=tuple(rows))


def text(figures: list[float]) -> str:
    total, error, gini, revenue, revenue_gini, within = figures
    return f"{total:>+13.1%}  {error:.3f}  {gini:.3f} | {revenue:>+14.1%}  {revenue_gini:.3f}  {within:>11.1%}"


def _key(shop: str, model: str) -> str:
    plain = re.sub(r"\W+", "_", f"{shop} {model}".lower())
    return plain.strip("_")


def _compare(ours: Measured, rival: Measured) -> None:
    if not np.allclose(ours.value, rival.value, rtol=0.01):
        raise RuntimeError(f"the parameters differ: {ours.value}, {rival.value}")


# ---- the shop


def shop_file(customers: int) -> Path:
    """Customers drawn by the story of BG/NBD and Gamma–Gamma: repeats, recency, age (weeks), mean amount of a day."""
    path = workplace() / f"clv-{customers}.parquet"
    if path.exists():
        return path
    rng = np.random.default_rng(1)
    parts = [_drawn(min(100_000, customers - begin), rng) for begin in range(0, customers, 100_000)]
    pl.concat(parts).write_parquet(path)
    return path


def _drawn(customers: int, rng: np.random.Generator) -> pl.DataFrame:
    r, alpha, a, b = _ORDERS
    age = rng.integers(1, _AGE_DAYS, customers)
    rate = rng.gamma(r, 1 / alpha, customers) / 7
    days = np.ceil(np.cumsum(rng.exponential(1 / rate[:, None], (customers, _MOST_ORDERS)), axis=1))
    stays = rng.geometric(rng.beta(a, b, customers))
    happens = (days <= age[:, None]) & (np.arange(_MOST_ORDERS) < stays[:, None])
    # Orders of a day count once.
    happens[:, 1:] &= days[:, 1:] > days[:, :-1]
    repeats = happens.sum(axis=1)
    p, q, v = _AMOUNTS
    amount = np.round(rng.gamma(p * (repeats + 1), 1 / rng.gamma(q, 1 / v, customers)), 2)
    columns = {
        "repeats": repeats,
        "recency_weeks": np.max(np.where(happens, days, 0), axis=1) / 7,
        "age_weeks": age / 7,
        "mean_amount": amount / (repeats + 1),
    }
    return pl.DataFrame(columns)


# ---- measured


def our_values(path: str) -> Callable[[], Any]:
    """Both fits and the expected revenue of every customer."""
    from ca_platform.models import clv

    columns = _columns(path)
    _warm()

    def measured() -> list[float]:
        *history, mean = columns
        summary, place = clv.Summary(*history).distinct()
        orders, amounts = clv.fit("bg_nbd", summary), clv.fit_amounts(history[0] + 1, mean)
        revenue = clv.expected_orders(orders, summary, HORIZON_WEEKS)[place]
        revenue *= clv.expected_amount(amounts, history[0] + 1, mean)
        return [*orders.values.values(), *amounts.values.values(), float(revenue.sum())]

    return measured


def rival_values(path: str) -> Callable[[], Any]:
    """The same with lifetimes, which gets pandas' series, the form that it takes."""
    import pandas as pd
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    repeats, recency, age, mean = (pd.Series(column) for column in _columns(path))

    def measured() -> list[float]:
        orders, amounts = BetaGeoFitter(), GammaGammaFitter()
        orders.fit(repeats, recency, age)
        amounts.fit(repeats + 1, mean)
        revenue = orders.conditional_expected_number_of_purchases_up_to_time(HORIZON_WEEKS, repeats, recency, age)
        revenue *= amounts.conditional_expected_average_profit(repeats + 1, mean)
        counts, money = orders.params_, amounts.params_
        values = [*(counts[name] for name in ("r", "alpha", "a", "b")), *(money[name] for name in ("p", "q", "v"))]
        return [*map(float, values), float(revenue.sum())]

    return measured


def our_intervals(path: str) -> Callable[[], Any]:
    """Expected revenue with the shortest 80 % interval of every customer, with known parameters."""
    from ca_platform.models import clv
    from ca_platform.models.clv.gamma_gamma import known_amounts

    *history, mean = _columns(path)
    orders = clv.known("bg_nbd", dict(zip(("r", "alpha", "a", "b"), _ORDERS, strict=True)))
    amounts = known_amounts(*_AMOUNTS)
    _warm()
    return lambda: float(clv.forecast_revenue(orders, amounts, clv.Summary(*history), mean, HORIZON_WEEKS).high.mean())


def our_pareto(path: str) -> Callable[[], Any]:
    """The fit of Pareto/NBD and the expected orders of every customer."""
    from ca_platform.models import clv

    *history, _ = _columns(path)
    _warm()

    def measured() -> float:
        summary, place = clv.Summary(*history).distinct()
        return float(clv.expected_orders(clv.fit("pareto_nbd", summary), summary, HORIZON_WEEKS)[place].sum())

    return measured


def public_quality(cdnow: str, retail: str) -> Callable[[], Any]:
    """Figures by shop and model."""
    return lambda: quality(Path(cdnow), Path(retail))


def public_served(cdnow: str, retail: str) -> Callable[[], Any]:
    """What is served after the contest at earlier origins, by shop."""
    return lambda: served(Path(cdnow), Path(retail))


def public_classes(folder: str) -> Callable[[], Any]:
    """Value classes by shop and model."""
    return lambda: told(Path(folder))


def _columns(path: str) -> list[Any]:
    frame = pl.read_parquet(path)
    return [frame[name].cast(pl.Float64).to_numpy() for name in frame.columns]


def _warm() -> None:
    """Import what is imported when it is first used, as lifetimes imports it at once."""
    import scipy.optimize
    import scipy.special  # noqa: F401
