"""From measures of customers to scores from 1 to 5, of which 5 is the best, for every slice at once.

The borders between scores come from one-dimensional K-Means, or from quantiles. Time since the last order is taken as it
is, gaps and amounts by their logarithm: of them a handful of large values would fill the highest clusters alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from ca_platform.models.kmeans1d import Clusters, kmeans1d, quantiles1d

Scoring = Literal["kmeans", "quantile"]
Measure = Literal["recency", "frequency", "monetary"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BEST = 5
# Borders are cut to so many digits after the point, hours as well as money: the last bits of a logarithm follow the
# processor, and who stands at a border must not.
DIGITS = 6
# Fewer clusters than scores are spread over them.
SPREAD = {1: (5,), 2: (1, 5), 3: (1, 3, 5), 4: (1, 2, 4, 5), 5: (1, 2, 3, 4, 5)}
FEWER_IS_BETTER = frozenset({"recency", "frequency"})
BY_LOGARITHM = frozenset({"frequency", "monetary"})


@dataclass(frozen=True, slots=True)
class Distinct:
    """Distinct values of a measure by slice, sorted, and how many customers have each."""

    slices: Ints
    starts: Ints
    values: Floats
    counts: Floats

    @classmethod
    def of(cls, slices: Ints, values: Floats) -> Distinct:
        """Values that are no number are left out."""
        rows = pl.DataFrame({"slice": slices, "value": values}).lazy().filter(pl.col("value").is_not_nan())
        counted = rows.group_by("slice", "value").agg(count=pl.len().cast(pl.Float64)).sort("slice", "value").collect()
        own = counted["slice"].to_numpy().astype(np.int64)
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        return cls(own[starts], starts, counted["value"].to_numpy(), counted["count"].to_numpy())

    def __iter__(self) -> Iterator[tuple[int, Floats, Floats]]:
        """Slice, values and counts."""
        for slice_, (start, end) in zip(
            self.slices.tolist(), pairwise([*self.starts.tolist(), len(self.values)]), strict=True
        ):
            yield slice_, self.values[start:end], self.counts[start:end]


@dataclass(frozen=True, slots=True)
class Borders:
    """Where the scores of a measure part, by slice.

    Attributes:
        measure: decides which end is the best.
        uppers: largest value of each cluster but the last, infinite where there are fewer; a row for each slice.
        clusters: how many there are; 0 where the slice had no value.
        centers: center of each cluster, smallest first.
    """

    measure: Measure
    uppers: Floats
    clusters: Ints
    centers: Floats

    @classmethod
    def fitted(cls, measure: Measure, distinct: Distinct, slices: int, scoring: Scoring) -> Borders:
        """The borders of ``slices`` slices, numbered from 0."""
        uppers = np.full((slices, BEST - 1), np.inf)
        centers = np.full((slices, BEST), np.nan)
        clusters = np.zeros(slices, np.int64)
        for slice_, values, counts in distinct:
            own = _clusters(values, counts, scoring, by_logarithm=measure in BY_LOGARITHM)
            clusters[slice_] = len(own[1])
            uppers[slice_, : len(own[0])], centers[slice_, : len(own[1])] = own
        return cls(measure, uppers, clusters, centers)

    def or_those_of(self, other: Borders, is_other: npt.NDArray[np.bool_]) -> Borders:
        """The borders of another day for some slices."""
        return Borders(
            self.measure,
            np.where(is_other[:, None], other.uppers, self.uppers),
            np.where(is_other, other.clusters, self.clusters),
            np.where(is_other[:, None], other.centers, self.centers),
        )

    def scores(self, slices: Ints, values: Floats) -> npt.NDArray[np.int8]:
        """Score of each value; 1 for what is no number, a customer without a gap."""
        place = np.zeros(len(values), np.int8)
        for border in self.uppers.T:
            place += values > border[slices]
        found = _table(self.measure)[self.clusters[slices], place]
        return np.where(np.isnan(values), np.int8(1), found)

    def center(self, slice_: int, score: int) -> float:
        """Center of the cluster with this score."""
        count = int(self.clusters[slice_])
        places = SPREAD[count] if self.measure not in FEWER_IS_BETTER else SPREAD[count][::-1]
        return float(self.centers[slice_, places.index(score)])


def _table(measure: Measure) -> npt.NDArray[np.int8]:
    """Score by number of clusters and place of the cluster, the smallest first."""
    table = np.ones((BEST + 1, BEST), np.int8)
    for count, scores in SPREAD.items():
        table[count, :count] = scores[::-1] if measure in FEWER_IS_BETTER else scores
    return table


def _clusters(values: Floats, counts: Floats, scoring: Scoring, *, by_logarithm: bool) -> tuple[Floats, Floats]:
    """Largest value of each cluster but the last, so that values between two clusters go to the nearer, and centers."""
    points, starts, weights = values, np.arange(len(values)), counts
    if by_logarithm:
        # Values that differ in their last bit may have the same logarithm.
        points, starts = np.unique(np.log1p(values), return_index=True)
        weights = np.add.reduceat(counts, starts)
    fit = kmeans1d if scoring == "kmeans" else quantiles1d
    found = fit(points, BEST, weights)
    centers = np.expm1(found.centers) if by_logarithm else found.centers
    lows, highs = values[starts[found.starts[1:]] - 1], values[starts[found.starts[1:]]]
    return (lows if scoring == "quantile" else _between(found, lows, highs, by_logarithm=by_logarithm)), centers


def _between(found: Clusters, lows: Floats, highs: Floats, *, by_logarithm: bool) -> Floats:
    """Halfway between neighbouring centers, but never on the other side of a value of either cluster."""
    middle = (found.centers[1:] + found.centers[:-1]) / 2
    halfway = np.round(np.expm1(middle) if by_logarithm else middle, DIGITS)
    return np.where(halfway >= highs, lows, np.maximum(halfway, lows))


def edges(low: float, high: float, bins: int, *, by_logarithm: bool = False) -> Floats:
    """Borders of equally wide bins from ``low`` to ``high``; a single bin where these are the same.

    >>> edges(0.0, 3.0, 3)
    array([0., 1., 2., 3.])
    """
    if not low < high:
        return np.array([low, high])
    steps = np.arange(1, bins)
    if not by_logarithm:
        return np.concatenate([[low], low + (high - low) / bins * steps, [high]])
    first, last = np.log1p([low, high])
    inner = np.expm1(first + (last - first) / bins * steps)
    return np.concatenate([[low], np.clip(np.round(inner, DIGITS), low, high), [high]])


def bins_of(values: Floats, borders: Floats) -> Ints:
    """Bin of each value; the last bin holds its upper border too."""
    return np.searchsorted(borders[1:-1], values, side="right").astype(np.int64)
