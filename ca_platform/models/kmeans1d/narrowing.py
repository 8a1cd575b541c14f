"""Where the borders of an optimum can lie at all: far fewer places than there are values.

The places are put into cells. A cluster between borders in two cells costs at least what lies wholly between the cells
does, so that a dynamic program over cells bounds from below every solution with its q-th border in a cell. Cells whose
bound is above a solution that is known hold no border of an optimum; the others are divided further. Nothing is lost:
what is left holds every optimum (branch and bound).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ca_platform.models.kmeans1d.clusters import Floats
from ca_platform.models.kmeans1d.layers import next_layer
from ca_platform.models.kmeans1d.sums import Places, Sums

Flags = npt.NDArray[np.bool_]

CELLS = 512
# Fewer places are looked at one by one.
FEW = 2048


def border_places(sums: Sums, count: int, clusters: int, slack: float) -> Places:
    """All places at which a border of an optimum of ``count`` values may lie, and 0 and ``count``.

    Args:
        slack: solutions that cost so much more than the best count as optima too.
    """
    edges = np.unique(np.linspace(0, count, CELLS + 1).astype(np.int64))
    is_open = np.ones(len(edges) - 1, dtype=np.bool_)
    cost = polished(sums, count, edges[np.linspace(0, len(edges) - 1, clusters + 1).astype(np.int64)[1:-1]])
    left = count
    while True:
        is_open &= (_bounds(sums, edges, clusters, is_open) <= cost + slack).any(axis=0)
        remaining = int(np.diff(edges)[is_open].sum())
        if remaining <= FEW or remaining > 0.7 * left:
            return _divided(edges, is_open, remaining)
        finer = _divided(edges, is_open, CELLS)
        edges, is_open, left = finer, is_open[np.searchsorted(edges, finer[:-1], side="right") - 1], remaining
        cost = min(cost, polished(sums, count, _best_edges(sums, edges, clusters)))


def polished(sums: Sums, count: int, borders: Places) -> float:
    """What clusters cost after Lloyd's rounds from these borders, each found by bisection; stops where none moves."""
    for _ in range(100):
        ends = np.concatenate([[0], np.unique(borders), [count]])
        means = sums.means(ends[:-1], ends[1:]) - sums.origin
        moved = np.clip(np.searchsorted(sums.points, (means[1:] + means[:-1]) / 2), 1, count - 1)
        if np.array_equal(moved, borders):
            break
        borders = moved
    return float(sums.cost(ends[:-1], ends[1:]).sum())


def _best_edges(sums: Sums, edges: Places, clusters: int) -> Places:
    """Borders of the best solution that has them all at edges."""
    layers = prefix_costs(sums, edges, clusters)
    return backtracked(sums, edges, layers, slack=0.0)


def prefix_costs(sums: Sums, places: Places, clusters: int) -> list[Floats]:
    """Least cost of the values before each place in 1, 2, … ``clusters`` − 1 clusters with borders at places."""

    def cost(start: Places, end: Places) -> Floats:
        return sums.cost(places[start], places[end])

    layers = [cost(np.zeros(len(places), np.int64), np.arange(len(places)))]
    layers[0][0] = np.inf
    while len(layers) < clusters - 1:
        layers.append(next_layer(layers[-1], cost, 1))
    return layers


def backtracked(sums: Sums, places: Places, layers: list[Floats], slack: float) -> Places:
    """The borders of an optimum from the last to the first; of several, each as far left as it can be."""
    end, borders = len(places) - 1, []
    for layer in reversed(layers):
        totals = layer[:end] + sums.cost(places[:end], places[end])
        end = int(np.argmax(totals <= totals.min() + slack))
        borders.append(places[end])
    return np.array(borders[::-1], dtype=np.int64)


def _bounds(sums: Sums, edges: Places, clusters: int, is_open: Flags) -> Floats:
    """Least cost of solutions with the q-th border in each cell, a row for each q; no border is in a closed cell."""
    last = len(edges) - 2

    def between(first: Places, second: Places) -> Floats:
        """Cost of what lies between two cells; nothing where the second comes not after the first."""
        return sums.cost(np.minimum(edges[first + 1], edges[second]), edges[second])

    def mirrored(first: Places, second: Places) -> Floats:
        return between(last - second, last - first)

    cells = np.arange(last + 1)
    closed = np.where(is_open, 0.0, np.inf)
    lefts = [closed + sums.cost(np.zeros_like(cells), edges[cells])]
    rights = [(closed + sums.cost(edges[cells + 1], np.full_like(cells, edges[-1])))[::-1]]
    for _ in range(clusters - 2):
        lefts.append(closed + next_layer(lefts[-1], between, 0))
        rights.append(closed[::-1] + next_layer(rights[-1], mirrored, 0))
    return np.array([left + right[::-1] for left, right in zip(lefts, reversed(rights), strict=True)])


def _divided(edges: Places, is_open: Flags, pieces: int) -> Places:
    """The edges of the open cells, which are cut into about so many pieces in all, and 0 and the last.

    A border in a cell stands at any place from its first edge to its last, so both are kept.
    """
    share = pieces / max(int(np.diff(edges)[is_open].sum()), 1)
    found = [np.array([edges[0], edges[-1]])]
    for (start, end), kept in zip(pairwise(edges.tolist()), is_open.tolist(), strict=True):
        if kept:
            found.append(np.linspace(start, end, max(int(np.ceil((end - start) * share)), 1) + 1).astype(np.int64))
    return np.unique(np.concatenate(found))
