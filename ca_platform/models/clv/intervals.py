"""Intervals of what a customer will spend: the shortest ones, "no order" included.

Spending over a horizon is 0 with the probability of no purchase day, else a sum of as many amounts as there are days. An
interval with equal tails holds far more than it says where 0 is likely; the shortest one is [0, 0] where 0 alone holds
enough, else begins at 0 or lies above it, whichever is shorter.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.models.clv.gamma_gamma import amount_scale
from ca_platform.models.clv.orders import Future, future
from ca_platform.models.clv.records import Fit, Floats, Ints, Rows, Summary
from ca_platform.models.clv.special import beta_share

# Customers with as many purchase days, whose probability of no order and logarithm of expected orders agree to these
# steps, share the shape of their interval: the error stays below a hundredth of it.
_STEP_OF_PROBABILITY = 1 / 250
_STEP_OF_EXPECTED = 1 / 25

# Points at which distribution functions are worked out: even on a logarithmic scale, and where sums are likely.
_COARSE, _FINE = 60, 120
_TAIL = 1e-4
# Up to here every number of purchase days counts by itself, above numbers within a hundredth of each other together.
_SINGLE = 64
_GROWTH = 1.01


@dataclass(frozen=True, slots=True, eq=False)
class RevenueForecast:
    """What customers will spend over a horizon, in the shop's currency, a value per customer.

    Attributes:
        expected: the mean.
        low, high: ends of the shortest interval that holds the wanted share of what may come.
    """

    expected: Floats
    low: Floats
    high: Floats


def forecast_revenue(
    orders: Fit,
    amounts: Fit,
    summary: Summary,
    mean_amount: ArrayLike,
    horizon_weeks: float,
    share: float = 0.8,
) -> RevenueForecast:
    """Expected revenue with the shortest interval that holds the share, by customer.

    Args:
        orders: a fit of a model of orders.
        amounts: a fit of the Gamma–Gamma model on all purchase days.
        summary: a row per customer.
        mean_amount: what each spent on a purchase day in the mean, the first day included, in the shop's currency.
        share: 0 takes the mean alone, in a fraction of the time: every interval is [0, 0] then.

    Returns:
        Nothing is drawn at random: the same input gives the same ends.

    >>> from ca_platform.models.clv import known
    >>> from ca_platform.models.clv.gamma_gamma import known_amounts
    >>> counts = known("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    >>> money = known_amounts(p=6.25, q=3.74, v=15.44)
    >>> coming = forecast_revenue(counts, money, Summary([0, 2], [0, 30], [38, 38]), [20.0, 20.0], 39)
    >>> [np.round(part, 1).tolist() for part in (coming.expected, coming.low, coming.high)]
    [[4.9, 27.5], [0.0, 0.0], [0.0, 50.4]]
    """
    small, place = summary.distinct()
    coming = future(orders, small)
    expected, no_order = coming.expected(horizon_weeks), coming.no_order(horizon_weeks)
    days = small.repeats + 1
    shape, scale = amount_scale(amounts, summary.repeats + 1, mean_amount)
    low, high = np.zeros(len(small)), np.zeros(len(small))
    for rows, alike in _alike(days, no_order, expected, share):
        counts, chances = _counts(coming, rows, no_order[rows], horizon_weeks)
        ends = _shortest(amounts["p"] * counts, amounts["q"] + amounts["p"] * days[rows[0]], chances, share)
        low[alike.members], high[alike.members] = (end[alike.place] for end in ends)
    amount = amounts["p"] * scale / (shape - 1)
    return RevenueForecast(expected[place] * amount, low[place] * scale, high[place] * scale)


@dataclass(frozen=True, slots=True, eq=False)
class _Alike:
    """Rows that take their interval from a row that is like them: which they are, and from which one."""

    members: Ints
    place: Ints


def _alike(days: Floats, no_order: Floats, expected: Floats, share: float) -> list[tuple[Ints, _Alike]]:
    """Rows to work out, by number of purchase days, with those that are like them; rows with [0, 0] are left out."""
    open_rows = np.flatnonzero(no_order < share)
    by_days = open_rows[np.argsort(days[open_rows], kind="stable")]
    parts = np.split(by_days, np.flatnonzero(np.diff(days[by_days])) + 1) if by_days.size else []
    found = []
    for members in parts:
        chance = np.round(no_order[members] / _STEP_OF_PROBABILITY)
        size = np.round(np.log(expected[members]) / _STEP_OF_EXPECTED)
        _, first, place = np.unique(chance + 1j * size, return_index=True, return_inverse=True)
        found.append((members[first], _Alike(members, place)))
    return found


def _counts(coming: Future, rows: Rows, no_order: Floats, weeks: float) -> tuple[Floats, Floats]:
    """Numbers of purchase days that may come, and their probabilities, a row per customer and a column per number.

    The last column has what is left of the tail.
    """
    each = coming.survivals(weeks, rows)
    next(each)
    at_least = [1 - no_order]
    begins = [1]
    while at_least[-1].max() > _TAIL:
        begin = begins[-1]
        begins.append(max(begin + 1, int(begin * _GROWTH)) if begin >= _SINGLE else begin + 1)
        chance = next(itertools.islice(each, begins[-1] - begin - 1, None))
        at_least.append(np.minimum(chance, at_least[-1]))
    edges = np.array([*begins, begins[-1] + 1], np.float64)
    middles = (edges[:-1] + edges[1:] - 1) / 2
    return middles, -np.diff(np.array(at_least), axis=0, append=0.0).T


def _shortest(shapes: Floats, amount_shape: float, chances: Floats, share: float) -> tuple[Floats, Floats]:
    """Ends of the shortest intervals, in units of the customer's scale, a value per row of the probabilities.

    Args:
        shapes: p n for every number of purchase days n.
        amount_shape: q + p x.
    """
    amount, shares = _grid(shapes, amount_shape, chances.mean(axis=0))
    below = chances @ shares
    none = 1 - chances.sum(axis=1)
    below = np.column_stack([none, none[:, None] + below])
    amount = np.append(0.0, amount)
    # An interval from 0 holds what is at 0 as well; one from above holds what lies between its ends.
    target = below + share
    target[:, 0] = share
    high = _inverse(below, amount, target)
    length = high - amount
    best = np.argmin(length, axis=1)
    row = np.arange(best.size)
    return amount[best], high[row, best]


def _grid(shapes: Floats, amount_shape: float, chances: Floats) -> tuple[Floats, Floats]:
    """Sums at which distribution functions are worked out, and those functions, a row per number of purchase days.

    The sums are even on a logarithmic scale, and more where they are likely.
    """
    middle = np.log(shapes / amount_shape)
    spread = 5.0 * np.sqrt(1 / shapes + 1 / amount_shape)
    coarse = np.exp(np.linspace((middle - spread).min(), (middle + spread).max(), _COARSE))
    shares = _shares(shapes, amount_shape, coarse)
    below = chances @ shares
    likely = np.interp(np.linspace(0, below[-1], _FINE + 2)[1:-1], below, coarse)
    amounts, place = np.unique(np.concatenate([coarse, likely]), return_index=True)
    return amounts, np.concatenate([shares, _shares(shapes, amount_shape, likely)], axis=1)[:, place]


def _shares(shapes: Floats, amount_shape: float, amount: Floats) -> Floats:
    """Probability of at most each sum, a row per shape: y is beta-prime where y / (1 + y) is beta."""
    return beta_share(shapes[:, None], amount_shape, amount / (1 + amount))


def _inverse(below: Floats, amount: Floats, target: Floats) -> Floats:
    """The amounts at which rising rows reach their targets, between the grid's points; infinite where they do not."""
    rows, width = below.shape
    lift = 4.0 * np.arange(rows)[:, None]
    place = np.searchsorted((below + lift).ravel(), (target + lift).ravel()).reshape(target.shape)
    place -= np.arange(rows)[:, None] * width
    inside = (place > 0) & (place < width)
    right = np.clip(place, 1, width - 1)
    row = np.arange(rows)[:, None]
    before, after = below[row, right - 1], below[row, right]
    part = np.divide(target - before, after - before, out=np.ones_like(target), where=after > before)
    found = amount[right - 1] + part * (amount[right] - amount[right - 1])
    return np.where(inside, found, np.where(place == 0, 0.0, np.inf))
