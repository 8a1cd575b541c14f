"""What the models take of customers at an origin of a back-test, from a shop's orders as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.clv.purchases import orders_per_day
from ca_platform.models.clv.records import Floats, Ints, Summary

_WEEK = 7.0


@dataclass(frozen=True, slots=True, eq=False)
class Buyers:
    """Customers with at least one order before an origin, a value each, by ascending number.

    Attributes:
        number: the caller's number of the customer.
        summary: of purchase days; what is known ends with the day before the origin.
        purchase_days: their number, 1 and up.
        orders_per_day: to be expected on a purchase day, 1 and up.
        mean_amount: of a purchase day, in the shop's currency.
        history: their orders, all before the origin.
        origin: number of the first day that is not known.
    """

    number: Ints
    summary: Summary
    purchase_days: Floats
    orders_per_day: Floats
    mean_amount: Floats
    history: History
    origin: int

    def __len__(self) -> int:
        return self.number.size


def buyers_at(history: History, origin: int) -> Buyers:
    """The customers of a history at the begin of a day.

    Args:
        history: orders from the origin on are left out.

    >>> buyers = buyers_at(History([1, 1, 1, 2], at=[0.2, 7.1, 7.9, 3.0], amount=[10, 20, 30, 5]), origin=15)
    >>> buyers.purchase_days, buyers.mean_amount, buyers.summary.age_weeks
    (array([2., 1.]), array([30.,  5.]), array([2. , 1.57142857]))
    """
    known = history.until(float(origin))
    starts, orders = known.starts, known.counts
    gaps = np.diff(known.day, prepend=0)
    gaps[starts] = 0
    first, last = known.day[starts], known.day[starts + orders - 1]
    repeats = _sums((gaps > 0).astype(np.float64), starts)
    log_gaps = float(np.log(gaps[gaps > 0] / _WEEK).sum())
    days = repeats + 1
    return Buyers(
        known.customer[starts],
        Summary(repeats, (last - first) / _WEEK, (origin - 1 - first) / _WEEK, log_gaps=log_gaps),
        days,
        orders_per_day(orders, days),
        _sums(known.amount, starts) / days,
        known,
        origin,
    )


def _sums(column: Floats, starts: Ints) -> Floats:
    return np.asarray(np.add.reduceat(column, starts)) if starts.size else np.zeros(0)
