"""Figures of groups whose values come counted: means, quantiles, and whether a group's values are the larger ones.

Sums of counts are whole numbers below 2^53, so that the order in which rows are added changes no digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_SECOND = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counted values of some groups, in ascending order of group and value.

    Attributes:
        group: number of the group, from 0; groups may be without a row.
        value: whole microseconds, 0 or more; the same one may come in several rows.
        count: how many there are of it.
        groups: number of groups.
    """

    group: Ints
    value: Ints
    count: Ints
    groups: int

    def sizes(self) -> Ints:
        """Values in each group."""
        return np.bincount(self.group, self.count, self.groups).astype(np.int64)

    def means(self) -> Floats:
        """Mean of each group; NaN of an empty one."""
        seconds = np.bincount(self.group, self.count * (self.value // _SECOND), self.groups)
        rest = np.bincount(self.group, self.count * (self.value % _SECOND), self.groups)
        sizes = self.sizes()
        return (seconds * _SECOND + rest) / np.where(sizes > 0, sizes, np.nan)

    def quantiles(self, share: float) -> Floats:
        """Quantile of each group, interpolated linearly (Hyndman and Fan 1996, definition 7); NaN of an empty one.

        >>> Histogram(np.array([0, 0]), np.array([10, 20]), np.array([1, 3]), 1).quantiles(0.25).tolist()
        [17.5]
        """
        sizes = self.sizes()
        some = np.flatnonzero(sizes)
        ends = np.cumsum(self.count)
        starts = np.cumsum(sizes)[some] - sizes[some]
        place = share * (sizes[some] - 1)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, sizes[some] - 1)
        low, high = (self.value[np.searchsorted(ends, starts + rank, side="right")] for rank in (below, above))
        found = np.full(self.groups, np.nan)
        found[some] = low + (high - low) * (place - below)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The values of several groups together, in ascending order of pool and value, each value of a pool once.

    Attributes:
        pool: number of the pool that a value belongs to.
        count: how often it comes, 0 allowed.
    """

    pool: Ints
    count: Ints
    pools: int

    def ranks(self) -> Floats:
        """Rank of each value among those of its pool, from 1; equal ones share the mean of their ranks."""
        sizes = np.bincount(self.pool, self.count, self.pools)
        before = (np.cumsum(sizes) - sizes)[self.pool]
        ranks: Floats = np.cumsum(self.count) - before - (self.count - 1) / 2
        return ranks

    def ties(self) -> Floats:
        """Of each pool the sum of t³ − t over its values that come t times."""
        count = self.count.astype(np.float64)
        ties: Floats = np.bincount(self.pool, count**3 - count, self.pools).astype(np.float64)
        return ties


def larger(rank_sums: Floats, sizes: Floats, totals: Floats, ties: Floats) -> Floats:
    """Probability that ranks as high come by chance when a group is like the rest of its pool: one-sided.

    The rank test of Mann and Whitney 1947, in its normal form with ties and correction for continuity (Hollander,
    Wolfe and Chicken 2014, section 4.1). NaN where there is no group, no rest, or only one value.

    Args:
        rank_sums: of the group; ``sizes``: its values; ``totals``: values of its pool; ``ties``: of its pool.
    """
    from scipy.special import ndtr

    rest = totals - sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        above = rank_sums - sizes * (sizes + 1) / 2 - sizes * rest / 2
        variance = sizes * rest / 12 * (totals + 1 - ties / (totals * (totals - 1)))
        z = (above - 0.5) / np.sqrt(np.where(variance > 0, variance, np.nan))
    p: Floats = ndtr(-z)
    return p


def false_discoveries(p: Floats) -> Floats:
    """p-values adjusted for the others of their row (Benjamini and Hochberg 1995); NaN stays and does not count.

    >>> false_discoveries(np.array([[0.01, np.nan, 0.04, 0.03]])).round(3).tolist()
    [[0.03, nan, 0.04, 0.04]]
    """
    order = np.argsort(p, axis=1)  # NaN comes last
    ordered = np.take_along_axis(p, order, axis=1)
    tests = np.maximum(np.sum(~np.isnan(p), axis=1, keepdims=True), 1)
    scaled = np.where(np.isnan(ordered), np.inf, ordered) * tests / np.arange(1, p.shape[1] + 1)
    least = np.minimum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.where(np.isnan(ordered), np.nan, np.minimum(least, 1.0)), axis=1)
    return adjusted
