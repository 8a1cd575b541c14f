"""Whether a test is right on a shop's own customers: random splits of them, between which nothing differs.

Skewed spending makes some tests reject too seldom and others far too often, and no theory says how a given shop is. A test
whose measured share of false positives lies wholly outside 4 to 6 % is not offered there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.proportions import wilson
from ca_platform.models.experiments.records import Floats, Ints, Moments

# How far the share of false positives may be off alpha.
TOLERANCE = 0.01
_CELLS = 1_000_000
_LEAST_TAIL = 7 / 32


@dataclass(frozen=True, slots=True)
class Calibration:
    """False positives of a test on splits between which nothing differs.

    Attributes:
        splits: how many there were.
        rejection_rate: share of them that the test calls significant.
        low, high: its 95 % interval (Wilson).
        is_offered: the interval touches alpha − .01 to alpha + .01. False without a split.
    """

    splits: int
    rejection_rate: float
    low: float
    high: float
    is_offered: bool


def calibrate(p_values: ArrayLike, alpha: float = 0.05) -> Calibration:
    """What the p-values of random splits say about a test.

    >>> calibrate([0.01] * 5 + [0.5] * 95)
    Calibration(splits=100, rejection_rate=0.05, low=0.021543..., high=0.111750..., is_offered=True)
    >>> calibrate([0.01] * 20 + [0.5] * 80).is_offered
    False
    """
    p = np.asarray(p_values, np.float64)
    hits = int(np.sum(p <= alpha))
    low, high = (float(end) for end in wilson(hits, p.size))
    is_offered = p.size > 0 and high >= alpha - TOLERANCE and low <= alpha + TOLERANCE
    return Calibration(p.size, hits / max(p.size, 1), low, high, is_offered)


def clear(total: Floats, spread: Floats, alpha: float) -> tuple[Floats, Ints]:
    """What is clear of a sum whose terms may each have either sign, without looking at these: 1 or 0 for its p-value.

    It is at least its standard deviation from 0 in 7/32 of all cases (Hollom and Portier 2023, "Tight lower bound on the
    tail probability of Rademacher sums") and z of them in at most 2 exp(−z² / 2) (Hoeffding 1963, "Probability inequalities
    for sums of bounded random variables", theorem 2).

    Args:
        total: the sums that were seen.
        spread: root of the sum of the squares of each one's terms.
        alpha: that p-values will be held against.

    Returns:
        p-values that are on the right side of alpha, and the numbers of the sums of which it is not clear: about a third.

    >>> clear(np.array([0.9, 2.0, 2.8]), np.ones(3), 0.05)
    (array([1., 1., 0.]), array([1]))
    """
    far = np.abs(total) / np.where(spread > 0, spread, 1)
    p = (far < sqrt(2 * log(2 / alpha))).astype(np.float64)
    return p, np.flatnonzero((p > 0) & ((far > 1) | (alpha >= _LEAST_TAIL)))


def random_sides(customers: int, side: int, splits: int, seed: int = 0) -> Iterator[tuple[Ints, Ints]]:
    """Random pairs of disjoint groups of customers, in chunks.

    A shuffle of all customers is cut into as many pairs as fit, so that large shops cost no more than small ones.

    Args:
        customers: how many there are.
        side: customers of each group, at most half of all.
        splits: pairs of groups.
        seed: of the shuffles.

    Yields:
        The customers' numbers of A and of B, each with a row per split and ``side`` columns.

    >>> [(a.shape, b.shape) for a, b in random_sides(100, 20, 5)]
    [((5, 20), (5, 20))]
    """
    pairs = customers // (2 * side) if side else 0
    if not pairs:
        raise ValidationError(
            f"{customers:,} customers cannot be split into two groups of {side:,}: ask for groups from 1 to half of them."
        )
    dice = np.random.default_rng(seed)
    done = 0
    while done < splits:
        shuffles = min(max(_CELLS // customers, 1), -(-(splits - done) // pairs))
        order = dice.permuted(np.broadcast_to(np.arange(customers), (shuffles, customers)), axis=1)
        rows = order[:, : pairs * 2 * side].reshape(shuffles * pairs, 2 * side)[: splits - done]
        done += rows.shape[0]
        yield rows[:, :side], rows[:, side:]


def moments_of(places: Ints, *columns: Floats) -> Moments:
    """The record of each group: a row of customers' numbers, whose values are those of the columns.

    >>> moments_of(np.array([[0, 2], [1, 1]]), np.array([1.0, 5.0, 3.0])).mean.ravel()
    array([2., 5.])
    """
    values = np.stack([column[places] for column in columns], axis=-1)
    count = np.full(places.shape[:-1], float(places.shape[-1]))
    return Moments(count, values.sum(axis=-2), np.swapaxes(values, -1, -2) @ values)
