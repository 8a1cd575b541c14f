"""What the models take of customers at an origin of a back-test, from a shop's orders as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.clv.believed import believed_means
from ca_platform.models.clv.clock import PLAIN, Clock, usual_clock
from ca_platform.models.clv.purchases import orders_per_day
from ca_platform.models.clv.records import Floats, Ints, Summary
from ca_platform.models.clv.season import own_clock, whole_years


@dataclass(frozen=True, slots=True, eq=False)
class Buyers:
    """Customers with at least one order before an origin, a value each, by ascending number.

    Attributes:
        number: the caller's number of the customer.
        summary: of purchase days, in weeks by the clock; what is known ends with the day before the origin.
        purchase_days: their number, 1 and up.
        orders_per_day: to be expected on a purchase day, 1 and up.
        mean_amount: of a purchase day, in the shop's currency, as far as it tells of the next one (``believed``).
        history: their orders, all before the origin.
        origin: number of the first day that is not known.
        clock: tells what a week is to the models of orders.
    """

    number: Ints
    summary: Summary
    purchase_days: Floats
    orders_per_day: Floats
    mean_amount: Floats
    history: History
    origin: int
    clock: Clock = PLAIN

    def __len__(self) -> int:
        return self.number.size

    def weeks_ahead(self, days: float) -> float:
        """Weeks by the clock of the first so many days that are not known."""
        return float(self.clock.weeks(self.origin, self.origin + days))

    def days_ahead(self, weeks: Floats) -> Floats:
        """Days until so many weeks by the clock have passed."""
        return self.clock.days(self.origin, weeks)


def buyers_at(history: History, origin: int, *, has_season: bool = False) -> Buyers:
    """The customers of a history at the begin of a day.

    Args:
        history: orders from the origin on are left out.
        has_season: whether days are counted from 1970-01-01, so that the year of trade tells what a week is.

    >>> buyers = buyers_at(History([1, 1, 1, 2], at=[0.2, 7.1, 7.9, 3.0], amount=[10, 20, 30, 5]), origin=15)
    >>> buyers.purchase_days, buyers.mean_amount, buyers.summary.age_weeks
    (array([2., 1.]), array([30.,  5.]), array([2. , 1.57142857]))
    """
    known = history.until(float(origin))
    starts = known.starts
    clock = clock_at(known, origin, has_season=has_season)
    summary = summary_at(known, origin, clock)
    days = summary.repeats + 1
    return Buyers(
        known.customer[starts],
        summary,
        days,
        orders_per_day(known.counts, days),
        believed_means(_by_day(known), days),
        known,
        origin,
        clock,
    )


def clock_at(known: History, origin: int, *, has_season: bool) -> Clock:
    """The clock of a shop that is known before an origin; the plain one where days have no date."""
    return own_clock(known.day, origin, usual_clock(summary_at(known, origin))) if has_season else PLAIN


def seen_clock_at(history: History, origin: int, *, has_season: bool) -> Clock:
    """The clock of a shop that has seen its own year before an origin; the plain one before that.

    Args:
        history: orders from the origin on are left out.
    """
    known = history.until(float(origin))
    is_young = whole_years(int(known.day.min(initial=origin)), origin) < 1
    return PLAIN if is_young else clock_at(known, origin, has_season=has_season)


def summary_at(history: History, origin: int, clock: Clock = PLAIN) -> Summary:
    """Purchase days of each customer of a history that is cut at an origin, in weeks by a clock.

    What is known ends with the day before the origin.
    """
    starts = history.starts
    gaps = np.diff(history.day, prepend=0)
    gaps[starts] = 0
    later = np.flatnonzero(gaps > 0)
    between = clock.weeks(history.day[later - 1], history.day[later])
    first, last = history.day[starts], history.day[starts + history.counts - 1]
    return Summary(
        _sums((gaps > 0).astype(np.float64), starts),
        clock.weeks(first, last),
        clock.weeks(first, origin - 1),
        log_gaps=float(np.log(between).sum()),
    )


def _by_day(known: History) -> Floats:
    """What was paid on each purchase day, one customer after another."""
    new = np.append(True, (np.diff(known.customer) != 0) | (np.diff(known.day) != 0))[: len(known)]
    return _sums(known.amount, np.flatnonzero(new))


def _sums(column: Floats, starts: Ints) -> Floats:
    return np.asarray(np.add.reduceat(column, starts)) if starts.size else np.zeros(0)
