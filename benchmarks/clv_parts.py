"""Which part of a shop's revenue a forecast of customer value misses: orders or amounts, whose, and newcomers'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ca_platform.models.backtest import History, Outcome, rolling_origins, total_error
from ca_platform.models.clv.arrivals import Arrivals
from ca_platform.models.clv.customers import seen_clock_at
from ca_platform.models.clv.forecast import ValueForecast
from ca_platform.models.clv.newcomers import forecast_newcomers
from ca_platform.models.clv.records import Floats

# Customers by forecast revenue, the most first, are parted at these shares of them.
_PARTS = (0.0, 0.01, 0.1, 0.5, 1.0)


def amount_error(forecast: ValueForecast, outcome: Outcome) -> float:
    """Relative error of the mean amount of an order: orders missed left out.

    >>> one = np.ones(2)
    >>> said = ValueForecast(one, 9 * one, 9 * one, one, one, one, one, one)
    >>> round(amount_error(said, Outcome(np.array([4, 0]), np.array([40.0, 0.0]))), 3)
    -0.1
    """
    orders, revenue = (1 + total_error(*pair) for pair in _pairs(forecast, outcome))
    return revenue / orders - 1


def by_forecast(forecast: ValueForecast, outcome: Outcome) -> Iterator[tuple[float, float, float]]:
    """Of the first hundredth, the rest of the first tenth, of the first half, and all others by their forecast revenue:
    what part of all revenue they brought, and the errors of their orders and revenue."""
    place = np.argsort(-forecast.revenue, kind="stable")
    for begin, end in pairwise(_PARTS):
        rows = place[round(begin * place.size) : round(end * place.size)]
        orders, revenue = (
            total_error(came[rows], said[rows]) if came[rows].any() else np.nan
            for came, said in _pairs(forecast, outcome)
        )
        yield float(outcome.amount[rows].sum() / max(outcome.amount.sum(), 1e-9)), orders, revenue


def parts_missed(history: History, end: int, days: int, forecast: ValueForecast, outcome: Outcome) -> Sequence[str]:
    """All of it in words, for a forecast of so many days from an end on."""
    after = history.amount[(history.at >= end) & (history.at < end + days)]
    largest = float(after.max(initial=0.0) / max(after.sum(), 1e-9))
    arrivals = Arrivals.of(history, end + days)
    origins = rolling_origins(arrivals.start, end, days)
    coming = forecast_newcomers(
        arrivals.until(end), days, origins, lambda at: seen_clock_at(history, at, has_season=True)
    )
    came, paid = arrivals.outcome(end, days)
    told = "  ".join(
        f"{part:.0%} {orders:+.0%} {revenue:+.0%}" for part, orders, revenue in by_forecast(forecast, outcome)
    )
    new = f"newcomers {_error(coming.customers.sum(), came)}, their revenue {_error(coming.revenue.sum(), paid)}"
    return (
        f"amount of an order {amount_error(forecast, outcome):+.1%}; the largest order is {largest:.1%} of all that came",
        f"first 1, 10, 50 % by forecast, rest: part of revenue, orders, revenue: {told}",
        f"{new}; {paid / max(after.sum(), 1e-9):.0%} of all that came",
    )


def _pairs(forecast: ValueForecast, outcome: Outcome) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    return (outcome.orders.astype(np.float64), forecast.orders), (outcome.amount, forecast.revenue)


def _error(said: float, came: float) -> str:
    return f"{said / came - 1:+.1%}" if came else f"{said:.0f} of none"
