"""The sign-flip test of thousands of items at once, without a draw: what a report runs.

A p-value from 1,000 draws cannot fall below .001, and a correction over 5,000 items then finds nothing. The saddlepoint
is off by a few percent of the p-value itself, however small that is, and gives the same result on every run.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.models.experiments.means import one_sample
from ca_platform.models.experiments.permutations import EXACT_SIGNS, sign_flip, signed_sums
from ca_platform.models.experiments.records import Comparison, Floats, Ints, Values
from ca_platform.models.experiments.special import normal_below

# Where one customer makes so much of the sum of squares, the signs of so many of the largest are looked at.
_LARGE_SHARE = 0.1
_LARGE_CHANGES = 10
_STEPS = 60
_CLOSE = 1e-10
_LARGEST = 700.0


def sign_flips(changes: Values, step: float = 0.0, alpha: float = 0.05, noise: ArrayLike = 0.0) -> Comparison:
    """``sign_flip`` of every item: exact for up to 16 customers who change, by the saddlepoint above.

    Robinson 1982, "Saddlepoint approximations for permutation tests and confidence intervals", section 2; the tail by
    Barndorff-Nielsen 1986 (r*), for counts with the correction of Daniels 1987, "Tail probability approximations",
    section 6, because their sums lie on a grid. Where single customers make most of the sum (its distribution has two
    humps then), all signs of the ten largest changes are looked at, and the rest is taken for normal.

    Args:
        changes: after minus before of each customer, by item.
        step: what all changes are whole multiples of (1 for counts of orders); 0 for amounts.
        alpha: of the interval, which is that of the paired t.
        noise: by item, standard deviation of a normal variable that is part of the sum of the changes beside the signs, in
            their unit: what the controls' mean is off, which was taken off each change (``Matched.noise``).

    Returns:
        ``statistic`` is the sum of the changes. Insufficient for fewer than two customers, or where all change alike.

    >>> changes = Values.of([3, 1, 2, -1, 1, 1, 2, 0, -1, 1, 4, 1, 1, 2, -2, 1, 1, 0, 2, -3])
    >>> print(f"{sign_flips(changes, step=1).p_value[0]:.3f} {sign_flip(changes, draws=200_000).p_value:.3f}")
    0.059 0.058
    """
    found = one_sample("sign_flip", changes.moments(), alpha)
    total = changes.sums(changes.value * changes.weight)
    changing = changes.sums(changes.weight * (changes.value != 0))
    beside = np.broadcast_to(np.asarray(noise, np.float64), total.shape)
    p = _tails(changes, np.abs(total), step, beside)
    for number in np.flatnonzero((changing <= EXACT_SIGNS) & found.is_sufficient).tolist():
        value, weight = changes.one(number)
        if beside[number] > 0:
            p[number] = _tail_by_largest(value, weight, abs(float(total[number])), float(beside[number]), EXACT_SIGNS)
            continue
        few = Values(value, weight, np.array([0, value.size]))
        p[number] = float(sign_flip(few, alpha=alpha).p_value)
    largest = np.zeros(len(changes))
    np.maximum.at(largest, changes.item, changes.value**2)
    squares = changes.sums(changes.weight * changes.value**2)
    is_uneven = (largest > _LARGE_SHARE * squares) & (changing > EXACT_SIGNS) & found.is_sufficient
    for number in np.flatnonzero(is_uneven).tolist():
        seen = abs(float(total[number])) - step
        p[number] = _tail_by_largest(*changes.one(number), seen, float(beside[number]), _LARGE_CHANGES)
    return Comparison(
        test="sign_flip",
        estimate=found.estimate,
        standard_error=found.standard_error,
        low=found.low,
        high=found.high,
        statistic=total,
        p_value=np.where(found.is_sufficient, p, 1.0),
        is_sufficient=found.is_sufficient,
    )


def _tail_by_largest(value: Floats, weight: Floats, seen: float, noise: float, most: int) -> float:
    """Both tails of the sum of random signs times the changes and the noise, by all signs of the largest changes."""
    order = np.argsort(-np.abs(value), kind="stable")
    each = np.minimum(weight[order], most).astype(np.int64)
    large = np.repeat(np.abs(value[order]), each)[:most]
    rest = np.sqrt(max(float(weight @ value**2) - float(large @ large), 0.0) + noise**2)
    sums = signed_sums(large)
    if rest <= 1e-9 * float(large[0]):
        return float(np.mean(np.abs(sums) >= seen * (1 - 1e-12)))
    return float(np.mean(normal_below((sums - seen) / rest) + normal_below((-sums - seen) / rest)))


def _tails(changes: Values, total: Floats, step: float, noise: Floats) -> Floats:
    """Probability that the sum of random signs times the changes is as far from 0 as the total of each item."""
    spread = np.sqrt(changes.sums(changes.weight * changes.value**2) + noise**2)
    unit = np.where(spread > 0, spread, 1)
    item, items = changes.item, len(changes)
    size = np.abs(changes.value) / unit[item]
    weight = changes.weight
    most = _by_item(item, weight * size, items)
    # On a grid of 2 steps the tail begins half a grid before the observed sum. Noise leaves no grid.
    grid = np.where(noise > 0, 0.0, 2 * step / unit)
    seen = np.maximum(total / unit - grid / 2, 0)
    # Where all signs are alike but a hair, the tail is that of the last arrangements: two of all.
    beside = (noise / unit) ** 2
    edge = (seen >= most * (1 - 1e-9)) & (beside == 0)
    inside = np.where(edge, 0, seen)
    place = _saddle(size, weight, item, inside, beside)
    moved = np.minimum(place[item] * size, _LARGEST)
    # log cosh without overflow.
    height = _by_item(item, weight * (moved + np.log1p(np.exp(-2 * moved)) - np.log(2)), items)
    height = height + beside * place**2 / 2
    curve = _by_item(item, weight * size**2 / np.cosh(np.minimum(moved, 300)) ** 2, items) + beside
    root = np.sqrt(2 * np.maximum(place * inside - height, 0))
    near = root < 1e-4
    arm = np.where(grid > 0, 2 * np.sinh(np.minimum(place * grid / 2, _LARGEST)) / np.where(grid > 0, grid, 1), place)
    lever = arm * np.sqrt(np.maximum(curve, 1e-300))
    safe = np.where(near, 1, root)
    shifted = safe + np.log(np.where(near, 1, lever) / safe) / safe
    p = np.where(near, 1.0, 2 * normal_below(-shifted))
    changing = _by_item(item, weight * (size > 0), items)
    return np.where(edge, 2.0 ** (1 - np.minimum(changing, 1000)), np.clip(p, 0, 1))


def _saddle(size: Floats, weight: Floats, item: Ints, seen: Floats, noise_variance: Floats) -> Floats:
    """Where the slope of Σ log cosh(t · change) + t² · variance / 2 is the observed sum: Newton's steps in a bracket."""
    items = seen.size
    low, high = np.zeros(items), np.full(items, np.inf)
    # All squares and the noise sum to 1: this is the step of a normal sum.
    place = seen.copy()
    for _ in range(_STEPS):
        angle = np.tanh(np.minimum(place[item] * size, _LARGEST))
        slope = _by_item(item, weight * size * angle, items) + noise_variance * place
        curve = _by_item(item, weight * size**2 * (1 - angle**2), items) + noise_variance
        gap = slope - seen
        if np.all(np.abs(gap) <= _CLOSE * np.maximum(seen, 1e-8)):
            break
        low, high = np.where(gap < 0, place, low), np.where(gap > 0, place, high)
        following = place - gap / np.maximum(curve, 1e-300)
        halved = np.where(np.isfinite(high), (low + high) / 2, 2 * place + 1)
        place = np.where((following > low) & (following < high), following, halved)
    return place


def _by_item(item: Ints, column: Floats, items: int) -> Floats:
    return np.asarray(np.bincount(item, column, items), np.float64)
