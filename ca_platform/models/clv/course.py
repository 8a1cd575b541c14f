"""Expected revenue of a shop by day: of customers who are known, of those who are still to come, and how far off it may be.

Models of customers say what comes within a horizon, and know neither weekdays nor how far a whole shop may miss. Totals at
a few horizons are joined by a curve that never falls and spread over the weekdays as lately; what earlier forecasts of the
total have missed, and how revenue scatters from day to day, makes the intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import Origin
from ca_platform.models.clv.arrivals import WEEK, Arrivals
from ca_platform.models.clv.level import MOST_WIDTH, Level, PastForecasts, learn_level, log_width
from ca_platform.models.clv.newcomers import Newcomers
from ca_platform.models.clv.records import Floats

# Days are held against the mean of so many days before and after them, of so many last days, of no fewer than so many.
_AROUND, _LATELY, _LEAST_DAYS = 14, 182, 28
# More than so many times what was forecast counts as that.
_MOST_RATIO = 10.0
# In so many parts the distribution of the level's error is taken.
_PARTS = 25


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Ends of an interval of amounts, in their unit."""

    low: Floats
    high: Floats


def milestones(horizon_days: int) -> tuple[int, ...]:
    """Days ahead at which totals are asked for: early ones, as the course bends most there, and the whole horizon.

    >>> milestones(182), milestones(20)
    ((7, 28, 91, 182), (7, 10, 20))
    """
    wanted = {WEEK, 4 * WEEK, horizon_days // 2, horizon_days}
    return tuple(sorted(days for days in wanted if 0 < days <= horizon_days))


def daily_course(days_ahead: Sequence[int], totals: Floats, weekday: Floats, first_day: int) -> Floats:
    """Amounts of each day, from totals of the first so many days.

    A monotone cubic curve through the totals (Fritsch and Carlson 1980), whose increments are spread within each seven
    days by the weekdays' shares.

    Args:
        days_ahead: ascending, 1 and up; the last one is the horizon.
        totals: of the days up to each of them, in the last dimension; a total below an earlier one counts as that.
        weekday: what part of a week's sum each weekday has, by the day's number modulo 7.
        first_day: number of the first day of the horizon.

    Returns:
        A row of days for each row of totals; each sums to its last total.

    >>> daily_course([7, 14], np.array([70.0, 140.0]), np.array([0, 1, 1, 1, 1, 1, 1]) / 6, first_day=0)[:8].round(1)
    array([ 0. , 11.7, 11.7, 11.7, 11.7, 11.7, 11.7,  0. ])
    """
    from scipy.interpolate import PchipInterpolator

    whole = np.maximum(totals[..., -1:], 0)
    risen = np.clip(np.maximum.accumulate(totals, axis=-1), 0, whole)
    # Steps that cannot be seen would be divided by.
    rising = np.round(np.divide(risen, whole, out=np.zeros(totals.shape), where=whole > 0), 12)
    points = np.concatenate([np.zeros_like(whole), rising], axis=-1)
    horizon = days_ahead[-1]
    curve = whole * PchipInterpolator([0, *days_ahead], points, axis=-1)(np.arange(horizon + 1))
    increments = np.maximum(np.diff(curve, axis=-1), 0)
    share = weekday[(first_day + np.arange(horizon)) % WEEK]
    found: Floats = np.zeros_like(increments)
    for begin in range(0, horizon, WEEK):
        block = slice(begin, begin + WEEK)
        # Days of a shop that is closed on all of them share alike.
        part = share[block] if share[block].any() else np.ones(share[block].size)
        found[..., block] = increments[..., block].sum(axis=-1, keepdims=True) * part / part.sum()
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Missed:
    """What came at earlier origins over what was forecast for it, of the known customers and of newcomers.

    Attributes:
        by_customers, by_newcomers: ratios, a value per origin; each forecast multiplied by the factor that its level
            would have had at the origin.
        horizon_weeks: of the forecasts.
    """

    by_customers: Floats
    by_newcomers: Floats
    horizon_weeks: float

    @classmethod
    def of(cls, arrivals: Arrivals, origins: Sequence[Origin], errors: Sequence[float], newcomers: Newcomers) -> Missed:
        """At origins at which both were tried; those at which nothing came of the known customers are left out.

        Args:
            origins: the earliest first, those at which the newcomers were tried.
            errors: for each, by how much the total of the known customers was missed, as a share of what came; no
                number where nothing came.
        """
        new = np.array([arrivals.outcome(at.at, at.horizon)[1] for at in origins], np.float64)
        old = np.array([arrivals.amount(at.at, at.horizon) for at in origins], np.float64) - new
        said = np.nan_to_num(old * (1 + np.asarray(errors, np.float64)))
        told = (said > 0) & (old > 0)
        ratios = [_ratios(origins, *pair)[told] for pair in ((said, old), (newcomers.tried, new))]
        return cls(ratios[0], ratios[1], origins[0].horizon / WEEK if origins else 0.0)

    def level(self, part: float) -> Level:
        """How far a total may be off that has this part of newcomers; it has no factor of its own.

        What each part missed counts as much as the part does now: a shop that wins no more customers need not fear for
        those whom it once expected in vain.

        >>> missed = Missed(np.array([0.9, 1.1]), np.array([0.1, 0.2]), horizon_weeks=13.0)
        >>> [round(missed.level(part).log_error, 2) for part in (0.0, 0.5)]
        [0.1, 0.58]
        """
        came = (1 - part) * self.by_customers + part * self.by_newcomers
        error = float(np.sqrt(np.mean(np.log(came) ** 2))) if came.size > 1 and came.all() else None
        return Level(1.0, "none", error, came.size, self.horizon_weeks, "of customers and newcomers together")


def _ratios(origins: Sequence[Origin], said: Floats, came: Floats) -> Floats:
    """What came at each origin over what its forecast and level said; 1 where neither was anything."""
    weeks, length = [at.at / WEEK for at in origins], origins[0].horizon / WEEK if origins else 0.0
    past = PastForecasts(weeks, length, said, came)
    corrected = said * np.array([learn_level(past.known_at(at), at).factor for at in weeks], np.float64)
    ratios = np.divide(came, corrected, out=np.where(came > 0, _MOST_RATIO, 1.0), where=corrected > 0)
    return np.minimum(ratios, _MOST_RATIO)


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """How revenue has scattered from day to day around the mean of the days around it and the weekday's share.

    Attributes:
        ratios: of the day's revenue and what was to be expected, 0 and up; none where the days are too few.
    """

    ratios: Floats

    @classmethod
    def of(cls, by_day: Floats, weekday: Floats, start: int) -> Scatter:
        """From the revenue of each day from day ``start`` on.

        >>> Scatter.of(np.tile([0.0, 1, 1, 1, 1, 1, 1], 20), np.array([0, 1, 1, 1, 1, 1, 1]) / 6, start=0).ratios.round(9).max()
        np.float64(1.0)
        """
        days = by_day.size
        if days < _LEAST_DAYS:
            return cls(np.zeros(0))
        share = weekday[(start + np.arange(days)) % WEEK]
        paid, shares = (np.concatenate([[0.0], np.cumsum(column)]) for column in (by_day, share))
        place = np.arange(max(days - _LATELY, 0), days)
        begin, end = np.maximum(place - _AROUND, 0), np.minimum(place + _AROUND + 1, days)
        expected = share[place] * (paid[end] - paid[begin]) / np.maximum(shares[end] - shares[begin], 1e-9)
        usable = expected > paid[-1] * 1e-12
        return cls(by_day[place][usable] / expected[usable])

    @property
    def deviation(self) -> float:
        """Standard deviation of the ratios; 0 without any."""
        return float(np.sqrt(np.mean((self.ratios - 1) ** 2))) if self.ratios.size else 0.0


def day_intervals(
    amounts: Floats, level: Level, scatter: Scatter, horizon_weeks: float, share: float = 0.8
) -> Interval | None:
    """Interval of each day's revenue: the level's error times what days scatter around their mean.

    Args:
        amounts: expected on each day.

    Returns:
        None where too little is known of either. The ends enclose the amount.
    """
    if log_width(level, horizon_weeks, share) is None or not scatter.ratios.size:
        return None
    # The middles of parts of equal probability, on both sides.
    parts = (np.arange(_PARTS) + 0.5) / _PARTS
    widths = np.array([log_width(level, horizon_weeks, part) or 0.0 for part in parts])
    factors = np.exp(np.concatenate([-widths, widths]))
    low, high = np.quantile(np.outer(scatter.ratios, factors), [(1 - share) / 2, (1 + share) / 2])
    return Interval(amounts * min(float(low), 1.0), amounts * max(float(high), 1.0))


def sum_intervals(
    amounts: Floats, level: Level, scatter: Scatter, horizon_weeks: float, share: float = 0.8, counted: float = 0.0
) -> Interval | None:
    """Interval of the sum of the first days, for each number of days.

    What the level misses is common to all days; what they scatter averages out.

    Args:
        counted: spread by chance, as a share of the total, that the level's error has in it already: that of the sums
            which it was learnt from.
    """
    chance = np.maximum(spread_of_sums(amounts, scatter) ** 2 - counted**2, 0)
    return around(np.cumsum(amounts), level, np.sqrt(chance), horizon_weeks, share)


def spread_of_sums(amounts: Floats, scatter: Scatter) -> Floats:
    """Standard deviation by chance of the sum of the first days, for each number of days, as a share of the sum.

    >>> spread_of_sums(np.full(4, 100.0), Scatter(np.array([0.5, 1.5]))).tolist()
    [0.5, 0.35..., 0.28..., 0.25]
    """
    sums, squares = np.cumsum(amounts), np.cumsum(amounts**2)
    return scatter.deviation * np.sqrt(np.divide(squares, sums**2, out=np.zeros(sums.size), where=sums > 0))


def around(totals: Floats, level: Level, spread: Floats, horizon_weeks: float, share: float = 0.8) -> Interval | None:
    """Interval of totals that are off by the level's error, and by chance.

    Args:
        spread: standard deviation by chance, as a share of the total.

    Returns:
        None where fewer than two origins tell how far totals may be off.
    """
    from scipy.special import ndtri

    width = log_width(level, horizon_weeks, share)
    if width is None:
        return None
    # As that of a log-normal variable with this coefficient of variation.
    chance = float(ndtri((1 + share) / 2)) * np.sqrt(np.log1p(spread**2))
    both = np.minimum(np.sqrt(width**2 + chance**2), MOST_WIDTH)
    return Interval(totals * np.exp(-both), totals * np.exp(both))


def spending_variance(orders: Floats, amount: Floats, no_order: Floats) -> Floats:
    """Variance of what each customer spends within a horizon, in squared currency.

    The number of orders is 0 with the probability told, else geometric with the mean that is left; amounts vary as much
    as their mean. Both are on the safe side of the models, which do not tell it.

    >>> spending_variance(np.array([0.5]), np.array([10.0]), np.array([0.75]))
    array([175.])
    """
    some = 1 - no_order
    mean = np.maximum(np.divide(orders, some, out=np.ones(orders.size), where=some > 0), 1.0)
    counts = np.maximum(orders * (2 * mean - 1) - orders**2, 0)
    return np.asarray(amount**2 * (counts + orders))
