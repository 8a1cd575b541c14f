"""The exact optimum of one-dimensional K-Means."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ca_platform.models.kmeans1d.clusters import Clusters, Floats
from ca_platform.models.kmeans1d.narrowing import FEW, backtracked, border_places, prefix_costs
from ca_platform.models.kmeans1d.sums import Places, Sums

# Solutions whose costs differ by less are equally good: the last digits of sums follow the processor.
RELATIVE_SLACK = 1e-9
# What a running sum of n terms loses, times the square root of n (Higham 1993, section 3, for random roundings).
ROUNDING = 4 * np.finfo(np.float64).eps


def kmeans1d(values: npt.ArrayLike, clusters: int, weights: npt.ArrayLike | None = None) -> Clusters:
    """The ``clusters`` clusters of weighted values with the least sum of squared distances to their means.

    The global optimum, by dynamic programming over distinct values (Wang and Song 2011, equation 4), one layer a
    cluster. Where several solutions are equally good, the one whose last border is furthest left, then the one before
    it. Fewer distinct values than clusters give a cluster each; no value gives none. Costs are exact to about 1e-15 √n
    of the squared distances from the median: take logarithms of values of very different sizes.

    Args:
        values: sorted, distinct and finite, in any unit; see ``distinct``.
        clusters: how many, at least 1.
        weights: how often each value occurs, positive; None: once.

    >>> found = kmeans1d([1.0, 2.0, 3.0, 10.0, 11.0], 2)
    >>> found.starts, found.centers, found.cost
    (array([0, 3]), array([ 2. , 10.5]), 2.5)
    >>> kmeans1d([1.0, 2.0], 5).count
    2
    """
    points = np.ascontiguousarray(values, dtype=np.float64)
    masses = np.ones(len(points)) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
    _check(points, masses, clusters)
    if not len(points):
        return Clusters(np.empty(0, np.int64), np.empty(0), np.empty(0), 0.0)
    sums = Sums.of(points, masses)
    starts = _starts(sums, len(points), clusters)
    ends = np.append(starts[1:], len(points))
    costs = sums.cost(starts, ends)
    return Clusters(starts, sums.means(starts, ends), sums.weights[ends] - sums.weights[starts], float(costs.sum()))


def _starts(sums: Sums, count: int, clusters: int) -> Places:
    if count <= clusters:
        return np.arange(count)
    if clusters == 1:
        return np.zeros(1, np.int64)
    rounding = float(ROUNDING * np.sqrt(count) * sums.squares[-1])
    places = np.arange(count + 1) if count <= FEW else border_places(sums, count, clusters, _slack(sums, rounding))
    layers = prefix_costs(sums, places, clusters)
    best = float((layers[-1][:-1] + sums.cost(places[:-1], places[-1])).min())
    borders = backtracked(sums, places, layers, RELATIVE_SLACK * best + rounding)
    return np.concatenate([[0], borders])


def _slack(sums: Sums, rounding: float) -> float:
    """At least what any solution may cost more than the best to count as one."""
    return RELATIVE_SLACK * float(sums.cost(np.zeros(1, np.int64), np.array([len(sums.weights) - 1]))[0]) + rounding


def _check(points: Floats, masses: Floats, clusters: int) -> None:
    if clusters < 1:
        raise ValueError(f"{clusters} clusters are asked for: ask for at least 1.")
    if points.shape != masses.shape or points.ndim != 1:
        raise ValueError("Each value needs one weight: give two arrays of the same length.")
    if not np.isfinite(points).all() or not (np.diff(points) > 0).all():
        raise ValueError("Values must be finite, distinct and sorted: see `distinct`.")
    if not (np.isfinite(masses) & (masses > 0)).all():
        raise ValueError("Weights must be positive and finite.")
