"""Customers who have not come yet: how many will order for the first time, and what they will be worth.

Forecast from the history of first orders alone: how many come on each day of the horizon, and what those who came lately
have spent on each day since their first one. Nothing is assumed of who they are. Which way of counting on them serves is
tried at earlier origins, each time with nothing but what was known by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History, Origin
from ca_platform.models.clv.clock import PLAIN, Clock
from ca_platform.models.clv.level import Level, PastForecasts, learn_level
from ca_platform.models.clv.records import Floats, Ints

WEEK = 7
YEAR = 52 * WEEK
"""Days after which the same weekday is at the same time of the year again."""

# What serves where earlier origins do not show that another way is better: the geometric mean of the two shortest recent
# means and the trend, which misses less than each of them where first orders rise, fall or stay.
_PLAIN = "blend"
_RECENT_WEEKS = {"4 weeks": 4, "8 weeks": 8, "13 weeks": 13, "26 weeks": 26}
# The growth since a year before is taken over so many days, and is no more than so much.
_GROWTH_DAYS, _MOST_GROWTH = 8 * WEEK, 4.0
# A trend is that of so many weeks, no fewer than so many, and halves in as many.
_TREND_WEEKS, _LEAST_TREND_WEEKS, _HALF_LIFE = 26, 13, 13
# First orders in a week's time that are as good as none.
_LITTLE = 0.01
# Another way must have been tried at so many origins, and have left at most this part of the plain one's mean error, which
# is a logarithm, and so much less.
_LEAST_TRIALS, _LEFT, _LEAST_GAIN = 3, 0.7, 0.01

# What customers of an age spend is told by those who reached it in so many last days; an age that nobody has reached
# takes the mean of so many ages before it. Who seems to be new when the data begin may have ordered for years, and
# orders more than a newcomer: those of the first part of the history tell nothing where there are others.
_LATELY, _LAST_AGES = 182, 28
_NOT_NEW = 1 / 4


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """First orders of a shop by day, and what those who came have spent since.

    Attributes:
        start: number of the day of the shop's first order.
        came: customers with their first order on each day from ``start`` on; its length says what is known.
        first: for each sum the day of the first order of those it is of, counted from ``start``.
        age: for each sum the days since then.
        spent: sums of what was paid, in the shop's currency.

    >>> arrivals = Arrivals.of(History([1, 2, 1], at=[0.5, 2.1, 2.9], amount=[10, 5, 7]), end=4)
    >>> arrivals.came, arrivals.first, arrivals.age, arrivals.spent
    (array([1., 0., 1., 0.]), array([0, 0, 2]), array([0, 2, 0]), array([10.,  7.,  5.]))
    """

    start: int
    came: Floats
    first: Ints
    age: Ints
    spent: Floats

    @classmethod
    def of(cls, history: History, end: int) -> Arrivals:
        """Those of a history before a day."""
        known = history.until(float(end))
        start = int(known.day.min(initial=end))
        days = end - start
        first = np.repeat(known.day[known.starts], known.counts) - start
        cell, place = np.unique(first * max(days, 1) + known.day - start, return_inverse=True)
        by_first, day = np.divmod(cell, max(days, 1))
        came = np.bincount(known.day[known.starts] - start, minlength=days).astype(np.float64)
        spent = np.bincount(place, known.amount, minlength=cell.size).astype(np.float64)
        return cls(start, came, by_first, day - by_first, spent)

    @property
    def end(self) -> int:
        """The first day that is not known."""
        return self.start + self.came.size

    def until(self, end: int) -> Arrivals:
        """What was known at the begin of a day."""
        days = min(max(end - self.start, 0), self.came.size)
        known = self.first + self.age < days
        return Arrivals(self.start, self.came[:days], self.first[known], self.age[known], self.spent[known])

    def outcome(self, origin: int, horizon: int) -> tuple[float, float]:
        """Customers with their first order in a horizon, and what they spent by its end."""
        begin = origin - self.start
        inside = (self.first >= begin) & (self.first + self.age < begin + horizon)
        return float(self.came[begin : begin + horizon].sum()), float(self.spent[inside].sum())

    def amount(self, begin: int, horizon: int) -> float:
        """What all customers spent from a day on, for so many days."""
        day = self.first + self.age + self.start
        return float(self.spent[(day >= begin) & (day < begin + horizon)].sum())

    @property
    def by_day(self) -> Floats:
        """What all customers spent on each day."""
        return np.bincount(self.first + self.age, self.spent, minlength=self.came.size).astype(np.float64)


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
    way, reason = _best_way(arrivals, origins, clocks)
    clock = clocks[arrivals.end]
    customers = _first_orders(arrivals, horizon_days, way, clock)
    return Newcomers(customers, level.factor * _revenue(arrivals, customers, clock), tried, level, way, reason)


def weekday_shares(by_day: Floats, start: int, lately: int = 13 * WEEK) -> Floats:
    """What part of a week's sum each weekday has had lately, by the day's number modulo 7; a seventh each without any.

    Drawn towards equal parts as if one more week had had them, so that few events make no pattern.

    Args:
        by_day: counts or sums from day ``start`` on.
        lately: so many last days are counted.

    >>> weekday_shares(np.tile([0.0, 1, 1, 1, 1, 1, 2], 13), start=0).round(2)
    array([0.01, 0.14, 0.14, 0.14, 0.14, 0.14, 0.28])
    """
    days = min(lately, by_day.size // WEEK * WEEK)
    last = by_day[by_day.size - days :]
    begin = start + by_day.size - days
    sums = np.bincount((begin + np.arange(days)) % WEEK, last, minlength=WEEK)
    whole = sums.sum()
    weeks = days / WEEK
    return (sums / whole * weeks + 1 / WEEK) / (weeks + 1) if whole > 0 else np.full(WEEK, 1 / WEEK)


def _tried(arrivals: Arrivals, origin: Origin, origins: Sequence[Origin], clocks: Mapping[int, Clock]) -> float:
    """Revenue of newcomers as it would have been forecast at an origin, before any level."""
    known, clock = arrivals.until(origin.at), clocks[origin.at]
    way, _ = _best_way(known, [other for other in origins if other.end <= origin.at], clocks)
    return float(_revenue(known, _first_orders(known, origin.horizon, way, clock), clock).sum())


def _best_way(arrivals: Arrivals, origins: Sequence[Origin], clocks: Mapping[int, Clock]) -> tuple[str, str]:
    """The way that would have left the least error of the number of first orders, and why it is taken, in words."""
    errors: dict[str, list[float]] = {way: [] for way in _WAYS}
    for at in origins:
        known, came = arrivals.until(at.at), arrivals.outcome(at.at, at.horizon)[0]
        for way in _usable(known):
            said = _first_orders(known, at.horizon, way, clocks[at.at]).sum()
            # One more on both sides: nobody is a forecast too.
            errors[way].append(abs(float(np.log((said + 1) / (came + 1)))))
    trials = len(errors[_PLAIN])
    if trials < _LEAST_TRIALS:
        return _PLAIN, "too few earlier origins tell which way is the best"
    tried = {way: float(np.mean(own)) for way, own in errors.items() if len(own) == trials and way in _usable(arrivals)}
    plain, best = tried[_PLAIN], min(tried, key=lambda way: tried[way])
    if plain - tried[best] < max((1 - _LEFT) * plain, _LEAST_GAIN):
        return _PLAIN, f"at {trials} earlier origins no other way was clearly better"
    left = f"{tried[best] / plain:.0%}".replace("%", " %")
    return best, f"at {trials} earlier origins it would have left {left} of the error of the plain way"


def _usable(arrivals: Arrivals) -> Iterable[str]:
    return (way for way in _WAYS if arrivals.came.size >= _NEEDS.get(way, 0))


def _first_orders(arrivals: Arrivals, horizon: int, way: str, clock: Clock) -> Floats:
    """First orders of each day of a horizon by one of the ways, spread over weekdays."""
    by_week = _WAYS[way](arrivals.came / clock.trade(arrivals.start, arrivals.came.size), horizon)
    weekday = weekday_shares(arrivals.came, arrivals.start)
    by_day = by_week * weekday[(arrivals.end + np.arange(horizon)) % WEEK]
    return np.asarray(by_day * clock.trade(arrivals.end, horizon))


def _recent(weeks: int) -> Callable[[Floats, int], Floats]:
    """The mean of the last weeks."""

    def rate(came: Floats, horizon: int) -> Floats:
        days = min(weeks * WEEK, came.size)
        return np.full(horizon, came[came.size - days :].sum() / max(days, 1) * WEEK)

    return rate


def _trend(came: Floats, horizon: int) -> Floats:
    """The trend of the last half-year goes on, and slackens."""
    weeks = min(came.size // WEEK, _TREND_WEEKS)
    by_week = came[came.size - weeks * WEEK :].reshape(weeks, WEEK).sum(axis=1)
    place = np.arange(weeks) - (weeks - 1) / 2
    log = np.log(by_week + 1)
    slope = float(place @ log / (place @ place))
    ahead = (np.arange(horizon) + 0.5) / WEEK
    slackened = _HALF_LIFE / np.log(2) * (1 - 0.5 ** (ahead / _HALF_LIFE))
    return np.asarray(np.maximum(np.exp(log.mean() + slope * ((weeks - 1) / 2 + slackened)) - 1, 0))


def _season(came: Floats, horizon: int) -> Floats:
    """The year before, smoothed over weeks, times what has come lately over what came then."""
    now, then = (came[came.size - days - _GROWTH_DAYS : came.size - days].sum() for days in (0, YEAR))
    growth = min(now / then, _MOST_GROWTH) if then else 1.0
    # Each day of the horizon has a day of the last year that is one, or two, years before it.
    place = came.size - YEAR + np.arange(horizon) % YEAR
    sums = np.concatenate([[0.0], np.cumsum(came)])
    begin, end = np.maximum(place - WEEK, 0), np.minimum(place + WEEK + 1, came.size)
    return np.asarray(growth * (sums[end] - sums[begin]) / (end - begin) * WEEK)


def _blend(came: Floats, horizon: int) -> Floats:
    parts = [_recent(weeks) for weeks in (4, 8)]
    parts += [_trend] if came.size >= _LEAST_TREND_WEEKS * WEEK else []
    logs = [np.log1p(part(came, horizon) / _LITTLE) for part in parts]
    return np.asarray(_LITTLE * np.expm1(np.mean(logs, axis=0)))


_WAYS: dict[str, Callable[[Floats, int], Floats]] = {
    _PLAIN: _blend,
    **{name: _recent(weeks) for name, weeks in _RECENT_WEEKS.items()},
    "trend": _trend,
    "season": _season,
}
"""First orders in a week's time, for each day of a horizon."""

_NEEDS = {"season": YEAR + _GROWTH_DAYS, "trend": _LEAST_TREND_WEEKS * WEEK}


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
