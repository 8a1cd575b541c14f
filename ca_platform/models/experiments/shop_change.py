"""Whether some of a shop's customers changed by more than the others did, in proportion: segments from time to time.

A holiday multiplies what everybody buys, and in time everybody buys less, because some have left. The others say by how
much. In proportion, because those who buy much would else be said to change with every holiday: differences of
differences called 79 % of the segments of a shop without effect significant on a day with half the orders, and 41 % of them
from week to week. The proportional change is right on both (about 5 %).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.means import by_student
from ca_platform.models.experiments.records import Comparison, Floats, Values
from ca_platform.models.experiments.saddlepoint import sign_flips


@dataclass(frozen=True, slots=True, eq=False)
class ShopChange:
    """What groups of customers changed by, beyond the others and by themselves.

    Attributes:
        comparison: mean of after minus what it would be, had the group changed in proportion as the others did.
        raw: mean of after minus before.
        ratio: after over before of the others; 1 where they had nothing before.
        changes: of each customer, after minus ratio × before, by group.
        noise: standard deviation of what the ratio is off, in the sum of the changes: for ``bootstrap_mean``.
    """

    comparison: Comparison
    raw: Comparison
    ratio: Floats
    changes: Values
    noise: Floats


def beyond_shop(
    before: ArrayLike,
    after: ArrayLike,
    group: ArrayLike,
    customers: ArrayLike,
    shop: ArrayLike | None = None,
    alpha: float = 0.05,
    step: float = 0.0,
) -> ShopChange:
    """The change of each group of customers beyond that of all others of its shop, in proportion.

    With r = Σ after / Σ before over the others, the mean of after − r × before of the group is 0 if it changed as they did.
    Its variance is that of the group and, because r is estimated, that of the others' after − r × before times the square
    of Σ before of the group over that of the others (Cochran 1977, "Sampling Techniques", chapter 6). The p-value flips the
    signs of the customers' changes, with the others' part as noise (``sign_flips``).

    Args:
        before, after: outcome of each customer who has any, in one unit and for equally long times: the mean of four weeks,
            and a week.
        group: number of the customer's group.
        customers: of each group, those without an outcome counted in.
        shop: number of the shop of each group; one shop unless said.
        alpha: 1 minus the coverage of the interval, which is by Student's t.
        step: what all raw changes are whole multiples of; 0 for amounts.

    Returns:
        Insufficient where a group or the others have fewer than two customers, the others had nothing before, or nothing
        varies.

    >>> before, after, group = [1.0, 2.0, 2.0, 1.0, 1.0, 2.0], [3.0, 4.0, 3.0, 2.0, 2.0, 4.0], [0, 0, 0, 1, 1, 1]
    >>> found = beyond_shop(before, after, group, [3, 3])
    >>> found.ratio, found.comparison.estimate.round(3), found.raw.estimate.round(3)
    (array([2., 2.]), array([0., 0.]), array([1.667, 1.333]))
    """
    a, b = np.asarray(before, np.float64), np.asarray(after, np.float64)
    place, size = np.asarray(group, np.int64), np.asarray(customers, np.float64)
    groups = size.size
    whole = np.zeros(groups, np.int64) if shop is None else np.asarray(shop, np.int64)
    silent = size - np.bincount(place, minlength=groups)
    if (silent < 0).any():
        raise ValidationError(
            f"{int((silent < 0).sum()):,} groups have more customers with an outcome than customers; count all of them."
        )

    def others(column: Floats) -> tuple[Floats, Floats]:
        """Sum of a column over each group, and over the others of its shop."""
        own = np.asarray(np.bincount(place, column, groups), np.float64)
        return own, np.bincount(whole, own)[whole] - own

    own_before, other_before = others(a)
    _, other_after = others(b)
    other_size = np.bincount(whole, size)[whole] - size
    is_told = (other_before > 0) & (other_size >= 2)
    ratio = np.where(is_told, other_after / np.where(is_told, other_before, 1), 1.0)
    squares = others(b * b)[1] - 2 * ratio * others(a * b)[1] + ratio**2 * others(a * a)[1]
    noise = np.where(is_told, own_before / np.where(is_told, other_before, 1), 0.0) * np.sqrt(np.maximum(squares, 0))
    changes = with_silent(b - ratio[place] * a, place, silent)
    raw = sign_flips(with_silent(b - a, place, silent), step, alpha)
    flips = sign_flips(changes, alpha=alpha, noise=noise)
    moments = changes.moments()
    count = np.maximum(moments.count, 1)
    error = np.sqrt(moments.variance() / count + (noise / count) ** 2)
    enough = flips.is_sufficient & is_told & (error > 0)
    found = by_student("beyond_shop", flips.estimate, error, np.maximum(moments.count - 1, 1), enough, alpha)
    comparison = Comparison(
        found.test,
        found.estimate,
        found.standard_error,
        found.low,
        found.high,
        found.statistic,
        np.where(enough, flips.p_value, 1.0),
        found.is_sufficient,
    )
    return ShopChange(comparison, raw, ratio, changes, noise)


def with_silent(outcome: Floats, group: ArrayLike, silent: Floats) -> Values:
    """The distinct outcomes of groups, of those who have one and of so many more with 0.

    >>> few = with_silent(np.array([2.0, 2.0, 5.0]), [0, 0, 1], np.array([1.0, 0.0]))
    >>> few.value, few.weight, few.begin
    (array([0., 2., 5.]), array([1., 2., 1.]), array([0, 2, 3]))
    """
    groups = np.flatnonzero(silent > 0)
    begin = np.searchsorted(groups, np.arange(silent.size + 1)).astype(np.int64)
    return Values.of(outcome, group, silent.size) + Values(np.zeros(groups.size), silent[groups], begin)
