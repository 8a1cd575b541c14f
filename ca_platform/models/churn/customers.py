"""What is known of each customer at an origin: counts, dates and gaps of the orders before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.models.clv import Summary
from ca_platform.models.clv.clock import PLAIN, Clock
from ca_platform.models.clv.customers import clock_at, summary_at


@dataclass(frozen=True, slots=True, eq=False)
class Customers:
    """Customers with at least one order before an origin, a value each, by ascending number.

    Attributes:
        number: the caller's number of the customer.
        orders: their number, at least 1.
        idle_days: from the last order to the origin.
        age_days: from the first order to the origin.
        mean_gap_days, last_gap_days, longest_gap_days: between consecutive orders; NaN for customers with one.
        mean_amount: of an order, in the currency of the shop.
        summary: purchase days, as the models of orders take them, in weeks by the clock.
        origin: number of the first day that is not known.
        clock: tells what a week is to the models of orders.
    """

    number: Ints
    orders: Ints
    idle_days: Floats
    age_days: Floats
    mean_gap_days: Floats
    last_gap_days: Floats
    longest_gap_days: Floats
    mean_amount: Floats
    summary: Summary
    origin: int
    clock: Clock = PLAIN

    def weeks_ahead(self, days: float) -> float:
        """Weeks by the clock of the first so many days that are not known."""
        return float(self.clock.weeks(self.origin, self.origin + days))


def customers_at(history: History, origin: int, *, has_season: bool = False) -> Customers:
    """The customers of a history at an origin.

    Args:
        history: nothing of it lies at the origin or after it.
        has_season: whether days are counted from 1970-01-01, so that the year of trade tells what a week is.

    >>> known = customers_at(History([1, 1, 2], at=[0.5, 3.5, 2.0]), 10)
    >>> known.orders, known.idle_days, known.mean_gap_days
    (array([2, 1]), array([6.5, 8. ]), array([ 3., nan]))
    """
    starts, orders = history.starts, history.counts
    ends = starts + orders - 1
    first, last = history.at[starts], history.at[ends]
    repeats = orders > 1
    between = np.diff(history.at, prepend=0.0)
    between[starts] = 0.0
    clock = clock_at(history, origin, has_season=has_season)
    nothing = np.full(orders.size, np.nan)
    return Customers(
        number=history.customer[starts],
        orders=orders,
        idle_days=origin - last,
        age_days=origin - first,
        mean_gap_days=np.divide(last - first, orders - 1, out=nothing.copy(), where=repeats),
        last_gap_days=np.where(repeats, between[ends], np.nan),
        longest_gap_days=np.where(repeats, _by_customer(np.maximum, between, starts), np.nan),
        mean_amount=_by_customer(np.add, history.amount, starts) / orders,
        summary=summary_at(history, origin, clock),
        origin=origin,
        clock=clock,
    )


def orders_since(history: History, customers: Ints, day: float) -> Ints:
    """Orders of each of these customers from a day on; ``customers`` are those of the history."""
    recent = history.customer[history.at >= day]
    return np.bincount(np.searchsorted(customers, recent), minlength=customers.size)


def _by_customer(combine: np.ufunc, values: Floats, starts: Ints) -> Floats:
    if not starts.size:
        return np.zeros(0)
    combined: Floats = combine.reduceat(values, starts)
    return combined
