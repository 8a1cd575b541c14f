"""Whether some of a shop's customers changed by more than the others did, in proportion: segments from time to time.

A holiday multiplies what everybody buys, and in time everybody buys less, because some have left. The others say by how
much. In proportion, because those who buy much would else be said to change with every holiday: differences of
differences called 79 % of the segments of a shop without effect significant on a day with half the orders, and 41 % of them
from week to week. The proportional change is right on both (4 to 5.4 %).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.hall import bent, straightened
from ca_platform.models.experiments.records import Bools, Comparison, Floats, Ints, Moments, Values
from ca_platform.models.experiments.saddlepoint import sign_flips
from ca_platform.models.experiments.special import student_quantile, student_tails


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


# Powers of before and after whose products are summed.
_POWERS = tuple((k, n - k) for n in (1, 2, 3) for k in range(n + 1))
_BINOMIAL = {1: (1, -1), 2: (1, -2, 1), 3: (1, -3, 3, -1)}


@dataclass(frozen=True, slots=True, eq=False)
class GroupSums:
    """What the test knows of groups of customers.

    Attributes:
        windows: earlier ones.
        customers: of each group, those without an outcome counted in.
        sums: a row for each group, its columns those of ``columns``.
    """

    windows: int
    customers: Floats
    sums: Floats

    @classmethod
    def by_group(cls, outcomes: Floats, group: Ints, customers: Floats) -> GroupSums:
        """From the outcomes of customers: see ``beyond_shop``."""
        table = cls.columns(outcomes)
        sums = np.stack([np.bincount(group, column, customers.size) for column in table.T], axis=-1).astype(np.float64)
        return cls(outcomes.shape[1] - 1, customers, sums)

    @staticmethod
    def columns(outcomes: Floats) -> Floats:
        """Of each customer: before^k × after^l up to the third power, then the first three powers of all windows."""
        before, after = outcomes[:, :-1].mean(axis=1), outcomes[:, -1]
        powers = [before**k * after**m for k, m in _POWERS]
        return np.column_stack([*powers, *((outcomes**power).sum(axis=1) for power in (1, 2, 3))])

    def others(self, shop: Ints) -> GroupSums:
        """Of each group, the other groups of its shop."""
        sums = np.stack([np.bincount(shop, column)[shop] for column in self.sums.T], axis=-1)
        return GroupSums(self.windows, np.bincount(shop, self.customers)[shop] - self.customers, sums - self.sums)

    def of(self, before: int, after: int) -> Floats:
        """Σ before^k × after^l."""
        return np.asarray(self.sums[:, _POWERS.index((before, after))])

    def all_windows(self, power: int) -> Floats:
        """Σ of a power of the outcomes of all windows."""
        return np.asarray(self.sums[:, len(_POWERS) + power - 1])

    def changes(self, ratio: Floats, power: int) -> Floats:
        """Σ (after − ratio × before)^power, for the ratio of each group."""
        parts = [times * ratio**k * self.of(k, power - k) for k, times in enumerate(_BINOMIAL[power])]
        return np.asarray(sum(parts), np.float64)


def blind(groups: GroupSums, ratio: Floats) -> tuple[Floats, Floats]:
    """Variance and third moment of the sum of the changes of each group if it changed as the others did.

    From the moments of all windows together: in the mean of ``windows`` earlier ones and the latest, which is ``ratio``
    times as large.
    """
    windows = groups.windows
    total, squares, cubes = (groups.all_windows(power) for power in (1, 2, 3))
    some = np.where(total > 0, total, 1)
    each = total / (windows + ratio)
    variance = squares / some * each * (ratio + ratio**2 / windows)
    return variance, cubes / some * each * (ratio - ratio**3 / windows**2)


def beyond_shop(
    outcomes: ArrayLike,
    group: ArrayLike,
    customers: ArrayLike,
    shop: ArrayLike | None = None,
    alpha: float = 0.05,
    step: float = 0.0,
) -> ShopChange:
    """The change of each group of customers beyond that of all others of its shop, in proportion.

    With r = Σ after / Σ before over the others, the mean of after − r × before of the group is 0 if it changed as they did.
    Its variance is that of the group and, because r is estimated, that of the others' after − r × before times the square
    of Σ before of the group over that of the others (Cochran 1977, "Sampling Techniques", chapter 6).

    One window against the mean of several is skewed, so that signs may not be flipped: that called 1.1 % of the daily
    amounts of a shop without effect significant at .001. The statistic is straightened (``hall``) by the skewness that
    follows from the second and third moments of all windows together, blind to which of them is the latest, for outcomes
    whose moments grow as their mean does (events, and sums of amounts over events).

    Args:
        outcomes: a row for each customer who has any, a column for each window of time; the last one is held against the
            mean of the others.
        group: number of the customer's group.
        customers: of each group, those without an outcome counted in.
        shop: number of the shop of each group; one shop unless said.
        alpha: 1 minus the coverage of the interval, which is the inverse of the test.
        step: what all outcomes are whole multiples of; 0 for amounts.

    Returns:
        Insufficient where a group or the others have fewer than two customers, the others had nothing before, or nothing
        varies. ``raw`` flips signs.

    >>> outcomes = [[1.0, 1.0, 3.0], [2.0, 2.0, 4.0], [2.0, 2.0, 3.0], [1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [2.0, 2.0, 4.0]]
    >>> found = beyond_shop(outcomes, [0, 0, 0, 1, 1, 1], [3, 3])
    >>> found.ratio, found.comparison.estimate.round(3), found.raw.estimate.round(3)
    (array([2., 2.]), array([0., 0.]), array([1.667, 1.333]))
    """
    table = np.asarray(outcomes, np.float64)
    place, size = np.asarray(group, np.int64), np.asarray(customers, np.float64)
    whole = np.zeros(size.size, np.int64) if shop is None else np.asarray(shop, np.int64)
    silent = size - np.bincount(place, minlength=size.size)
    if (silent < 0).any() or table.shape[1] < 2:
        raise ValidationError(
            f"{int((silent < 0).sum()):,} groups have more customers with an outcome than customers, and there are "
            f"{table.shape[1]} windows; count all customers, and give two windows or more."
        )
    own = GroupSums.by_group(table, place, size)
    comparison, ratio, noise = in_proportion(own, own.others(whole), alpha)
    before, after = table[:, :-1].mean(axis=1), table[:, -1]
    changes = with_silent(after - ratio[place] * before, place, silent)
    raw = sign_flips(with_silent(after - before, place, silent), step / own.windows, alpha)
    return ShopChange(comparison, raw, ratio, changes, noise)


def in_proportion(own: GroupSums, others: GroupSums, alpha: float = 0.05) -> tuple[Comparison, Floats, Floats]:
    """The test of ``beyond_shop`` from sums alone.

    Args:
        own: of each group.
        others: of whom it is held against.
        alpha: 1 minus the coverage of the interval.

    Returns:
        The comparison, and ``ratio`` and ``noise`` of ``ShopChange``.
    """
    is_told = (others.of(1, 0) > 0) & (others.customers >= 2)
    known = np.where(is_told, others.of(1, 0), 1)
    ratio = np.where(is_told, others.of(0, 1) / known, 1.0)
    weight = np.where(is_told, own.of(1, 0) / known, 0.0)
    noise = weight * np.sqrt(np.maximum(others.changes(ratio, 2), 0))
    variance, cubes = blind(own, ratio)
    spread = variance + noise**2
    skewness = (cubes - weight**3 * others.changes(ratio, 3)) / np.where(spread > 0, spread, 1) ** 1.5
    squares = np.maximum(own.changes(ratio, 2), 0)
    moments = Moments(own.customers, own.changes(ratio, 1)[..., None], squares[..., None, None])
    return _compared(moments, noise, skewness, is_told, alpha), ratio, noise


def with_silent(outcome: Floats, group: ArrayLike, silent: Floats) -> Values:
    """The distinct outcomes of groups, of those who have one and of so many more with 0.

    >>> few = with_silent(np.array([2.0, 2.0, 5.0]), [0, 0, 1], np.array([1.0, 0.0]))
    >>> few.value, few.weight, few.begin
    (array([0., 2., 5.]), array([1., 2., 1.]), array([0, 2, 3]))
    """
    groups = np.flatnonzero(silent > 0)
    begin = np.searchsorted(groups, np.arange(silent.size + 1)).astype(np.int64)
    return Values.of(outcome, group, silent.size) + Values(np.zeros(groups.size), silent[groups], begin)


def _compared(moments: Moments, noise: Floats, skewness: Floats, is_told: Bools, alpha: float) -> Comparison:
    count = np.maximum(moments.count, 1)
    error = np.sqrt(moments.variance() / count + (noise / count) ** 2)
    enough = np.asarray((moments.count >= 2) & is_told & (error > 0), bool)
    estimate = np.where(moments.count > 0, moments.mean[..., 0], 0.0)
    own = np.where(enough, error, 1)
    statistic = np.where(enough, straightened(estimate / own, skewness), 0.0)
    degrees = np.maximum(moments.count - 1, 1)
    quantile = student_quantile(1 - alpha / 2, degrees)
    low, high = (estimate - own * bent(end, skewness) for end in (quantile, -quantile))
    return Comparison(
        test="beyond_shop",
        estimate=estimate,
        standard_error=np.where(enough, error, np.inf),
        low=np.where(enough, low, -np.inf),
        high=np.where(enough, high, np.inf),
        statistic=statistic,
        p_value=np.where(enough, student_tails(statistic, degrees), 1.0),
        is_sufficient=enough,
    )
