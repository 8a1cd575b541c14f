"""How many customers will order for the first time on each day of a horizon, in ways that are tried at earlier origins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from ca_platform.models.backtest import Origin
from ca_platform.models.clv.arrivals import WEEK, Arrivals
from ca_platform.models.clv.clock import Clock
from ca_platform.models.clv.records import Floats

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


def first_orders(arrivals: Arrivals, horizon: int, way: str, clock: Clock) -> Floats:
    """First orders of each day of a horizon by one of the ways, spread over weekdays."""
    by_week = _WAYS[way](arrivals.came / clock.trade(arrivals.start, arrivals.came.size), horizon)
    weekday = weekday_shares(arrivals.came, arrivals.start)
    by_day = by_week * weekday[(arrivals.end + np.arange(horizon)) % WEEK]
    return np.asarray(by_day * clock.trade(arrivals.end, horizon))


def best_way(arrivals: Arrivals, origins: Sequence[Origin], clocks: Mapping[int, Clock]) -> tuple[str, str]:
    """The way that would have left the least error of the number of first orders, and why it is taken, in words."""
    errors: dict[str, list[float]] = {way: [] for way in _WAYS}
    for at in origins:
        known, came = arrivals.until(at.at), arrivals.outcome(at.at, at.horizon)[0]
        for way in _usable(known):
            said = first_orders(known, at.horizon, way, clocks[at.at]).sum()
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


def _usable(arrivals: Arrivals) -> Iterable[str]:
    return (way for way in _WAYS if arrivals.came.size >= _NEEDS.get(way, 0))


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
