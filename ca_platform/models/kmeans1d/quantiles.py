"""Groups of about equal size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ca_platform.models.kmeans1d.clusters import Clusters
from ca_platform.models.kmeans1d.sums import Sums


def quantiles1d(values: npt.ArrayLike, groups: int, weights: npt.ArrayLike | None = None) -> Clusters:
    """Neighbouring values in ``groups`` groups of about the same weight.

    The g-th border follows the smallest value up to which lie at least g/``groups`` of the weights (the inverse of the
    distribution function, definition 1 of Hyndman and Fan 1996). Equal values stay together, so that there are fewer
    groups where one value holds more than one share.

    Args:
        values: sorted and distinct, in any unit.
        weights: how often each value occurs, whole numbers; None: once.

    >>> quantiles1d([1.0, 2.0, 3.0, 4.0], 2).starts
    array([0, 2])
    >>> quantiles1d([1.0, 2.0, 3.0], 2, [8, 1, 1]).starts
    array([0, 1])
    """
    points = np.asarray(values, dtype=np.float64)
    masses = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(points):
        return Clusters(np.empty(0, np.int64), np.empty(0), np.empty(0), 0.0)
    sums = Sums.of(points, masses)
    # In whole numbers: no share is rounded.
    total, shares = sums.weights[-1], np.arange(1, groups)
    borders = np.searchsorted(sums.weights[1:] * groups, shares * total) + 1
    starts = np.unique(np.concatenate([[0], borders[borders < len(points)]]))
    ends = np.append(starts[1:], len(points))
    costs = sums.cost(starts, ends)
    return Clusters(starts, sums.means(starts, ends), sums.weights[ends] - sums.weights[starts], float(costs.sum()))
