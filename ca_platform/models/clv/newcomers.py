"""Customers who have not come yet: how many will order for the first time, and what they will be worth.

Forecast from the history of first orders alone: how many come on each day of the horizon, and what those who came lately
have spent on each day since their first one. Nothing is assumed of who they are. Which way of counting on them serves is
tried at earlier origins, each time with nothing but what was known by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import Origin
from ca_platform.models.clv.arrivals import WEEK, Arrivals
from ca_platform.models.clv.clock import PLAIN, Clock
from ca_platform.models.clv.first_orders import best_way, first_orders
from ca_platform.models.clv.level import Level, PastForecasts, learn_level
from ca_platform.models.clv.records import Floats

# What customers of an age spend is told by those who reached it in so many last days; an age that nobody has reached
# takes the mean of so many ages before it. Who seems to be new when the data begin may have ordered for years, and
# orders more than a newcomer: those of the first part of the history tell nothing where there are others.
_LATELY, _LAST_AGES = 182, 28
_NOT_NEW = 1 / 4


@dataclass(frozen=True, slots=True, eq=False)
class Newcomers:
    """Who is still to come within a horizon.

    Attributes:
        customers: first orders expected on each day.
        revenue: of these customers on each day, their later orders included, in the shop's currency.
        tried: their revenue as it was forecast at earlier origins, each time with what was known by then.
        level: what ``revenue`` has been multiplied by, and how far it was off at these origins.
        way: how first orders were forecast.
        reason: why so, in words.
    """

    customers: Floats
    revenue: Floats
    tried: Floats
    level: Level
    way: str
    reason: str


def _plain(_: int) -> Clock:
    return PLAIN


def forecast_newcomers(
    arrivals: Arrivals, horizon_days: int, origins: Sequence[Origin], clock_at: Callable[[int], Clock] = _plain
) -> Newcomers:
    """First orders of the days after what is known, and what those customers will have spent by the end of the horizon.

    Args:
        horizon_days: 1 and up.
        origins: at which ways are tried, the earliest first; their horizons must have ended with what is known.
        clock_at: the clock of the shop as it was known at the begin of a day: of a season that is known, newcomers have
            their part.

    Returns:
        Zeros where nobody has come lately.

    >>> steady = Arrivals(0, np.full(200, 3.0), np.arange(200), np.zeros(200, int), np.full(200, 60.0))
    >>> coming = forecast_newcomers(steady, 10, [Origin(at, 10) for at in (160, 170, 180, 190)])
    >>> float(coming.customers.sum().round(6)), float(coming.revenue.sum().round(6)), coming.way
    (30.0, 600.0, 'blend')
    """
    clocks = {at: clock_at(at) for at in {arrivals.end, *(origin.at for origin in origins)}}
    tried = np.array([_tried(arrivals, at, origins, clocks) for at in origins], np.float64)
    came = [arrivals.outcome(at.at, at.horizon)[1] for at in origins]
    weeks = (origins[0].horizon if origins else horizon_days) / WEEK
    level = learn_level(PastForecasts([at.at / WEEK for at in origins], weeks, tried, came), arrivals.end / WEEK)
    way, reason = best_way(arrivals, origins, clocks)
    clock = clocks[arrivals.end]
    customers = first_orders(arrivals, horizon_days, way, clock)
    return Newcomers(customers, level.factor * _revenue(arrivals, customers, clock), tried, level, way, reason)


def _tried(arrivals: Arrivals, origin: Origin, origins: Sequence[Origin], clocks: Mapping[int, Clock]) -> float:
    """Revenue of newcomers as it would have been forecast at an origin, before any level."""
    known, clock = arrivals.until(origin.at), clocks[origin.at]
    way, _ = best_way(known, [other for other in origins if other.end <= origin.at], clocks)
    return float(_revenue(known, first_orders(known, origin.horizon, way, clock), clock).sum())


def _revenue(arrivals: Arrivals, customers: Floats, clock: Clock) -> Floats:
    """What customers who come on the days of a horizon spend on each of these days."""
    days = customers.size
    if not days:
        return customers
    # Who comes has bought on that day, whatever the season: it is what follows that has one.
    by_age = _spending(arrivals, days, clock)
    first, later = by_age[0] * customers, np.convolve(customers, np.append(0.0, by_age[1:]))[:days]
    return np.asarray(first + later * clock.trade(arrivals.end, days))


def _spending(arrivals: Arrivals, ages: int, clock: Clock) -> Floats:
    """What a customer spends in the mean on each day since the first order's, that day being the first.

    Later days count as those of a day without a season.
    """
    days = arrivals.came.size
    seen = min(ages, days)
    came = _surely_new(arrivals.came)
    until = days - np.arange(seen)
    reached = np.concatenate([[0.0], np.cumsum(came)])
    customers = reached[until] - reached[np.maximum(until - _LATELY, 0)]
    lately = (arrivals.age < seen) & (arrivals.first + arrivals.age >= days - _LATELY) & (came[arrivals.first] > 0)
    trade = np.where(arrivals.age > 0, clock.trade(arrivals.start, days)[arrivals.first + arrivals.age], 1.0)
    spent = np.bincount(arrivals.age[lately], (arrivals.spent / trade)[lately], minlength=seen)
    curve = np.divide(spent, customers, out=np.zeros(seen), where=customers > 0)
    told = int(np.flatnonzero(customers)[-1]) + 1 if customers.any() else 0
    tail = curve[max(told - _LAST_AGES, 1) : told].mean() if told > 1 else 0.0
    curve[told:] = tail
    return np.append(curve, np.full(ages - seen, tail))


def _surely_new(came: Floats) -> Floats:
    """First orders by day, without those when the data begin if there are later ones."""
    begin = int(came.size * _NOT_NEW)
    later = np.where(np.arange(came.size) < begin, 0.0, came)
    return later if later.any() else came
