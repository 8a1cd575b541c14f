"""Customers who buy exactly as a model says, drawn by its story and not by our formulas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.clv import Fit, Summary
from ca_platform.models.clv.records import Floats, Ints

_MOST = 80


class Simulated(NamedTuple):
    summary: Summary
    is_alive: Ints
    orders: Ints
    log_gaps: float


def simulated(fit: Fit, customers: int, weeks: float, horizon: float, seed: int) -> Simulated:
    """Histories of customers from their first order on, whether they live at the end, their orders after it, and the
    logarithms of the gaps before it."""
    rng = np.random.default_rng(seed)
    # The young have had less time than the old.
    age = rng.uniform(0.3 * weeks, weeks, customers)
    rate = rng.gamma(fit["r"], 1 / fit["alpha"], customers)
    gaps = rng.gamma(fit.regularity, 1.0, (customers, _MOST)) / rate[:, None]
    times = np.cumsum(gaps, axis=1)
    gone = _leaving(fit, times, customers, rng)
    happens = (times < gone[:, None]) & (times < (age + horizon)[:, None])
    known = happens & (times <= age[:, None])
    repeats = known.sum(axis=1)
    log_gaps = float(np.log(gaps[known]).sum())
    recency = np.max(np.where(known, times, 0.0), axis=1)
    return Simulated(
        Summary(repeats, recency, age), (gone > age).astype(np.int64), happens.sum(axis=1) - repeats, log_gaps
    )


def _leaving(fit: Fit, times: Floats, customers: int, rng: np.random.Generator) -> Floats:
    """When each leaves; just after an order in all models but Pareto/NBD."""
    if fit.model == "pareto_nbd":
        return rng.exponential(1 / rng.gamma(fit["s"], 1 / fit["beta"], customers))
    chances = rng.geometric(rng.beta(fit["a"], fit["b"], customers))
    # The order after which a customer leaves, the first one being 0; in BG/NBD it is no chance to leave.
    last = np.minimum(chances - (fit.model != "bg_nbd"), _MOST)
    with_first = np.column_stack([np.zeros(customers), times])
    return np.nextafter(with_first[np.arange(customers), last], np.inf)


def drawn_history(fit: Fit, customers: int, days: int, seed: int) -> History:
    """Orders of customers who come one after another in the first half of the days, with amounts that differ by customer."""
    rng = np.random.default_rng(seed)
    first = np.sort(rng.uniform(0, days / 2, customers))
    rate = rng.gamma(fit["r"], 1 / fit["alpha"], customers)
    times = np.cumsum(rng.gamma(fit.regularity, 1.0, (customers, _MOST)) / rate[:, None], axis=1)
    gone = _leaving(fit, times, customers, rng)
    at = first[:, None] + 7 * np.column_stack([np.zeros(customers), np.where(times < gone[:, None], times, np.inf)])
    buyer, number = np.nonzero(at < days)
    amount = rng.gamma(3.0, 1 / rng.gamma(4.0, 1 / 30.0, customers)[buyer])
    return History(buyer, at[buyer, number], amount=amount)
