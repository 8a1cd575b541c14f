"""The same by looking at every solution, and by the dynamic program as it is written in the paper."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np
import numpy.typing as npt


def cost_of(values: Sequence[int], weights: Sequence[int], borders: Sequence[int]) -> Fraction:
    """Weighted squares around the means of the clusters between borders, exactly."""
    total = Fraction(0)
    for start, end in zip([0, *borders], [*borders, len(values)], strict=True):
        mass = sum(weights[start:end])
        mean = Fraction(sum(w * x for x, w in zip(values[start:end], weights[start:end], strict=True)), mass)
        total += sum(w * (x - mean) ** 2 for x, w in zip(values[start:end], weights[start:end], strict=True))
    return total


def best_of_all(values: Sequence[int], weights: Sequence[int], clusters: int) -> tuple[list[int], Fraction]:
    """Starts and cost of the best of all partitions; of several the one whose last border is furthest left, and so on."""
    every = combinations(range(1, len(values)), clusters - 1)
    least, _, borders = min((cost_of(values, weights, b), b[::-1], b) for b in every)
    return [0, *borders], least


def by_layers(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], clusters: int) -> float:
    """Least cost by Wang and Song's recurrence, every cut tried for every end: O(k n²)."""
    count = len(values)
    costs = np.full((count + 1, count + 1), np.inf)
    for start in range(count):
        mass = np.cumsum(weights[start:])
        mean = np.cumsum(weights[start:] * (values[start:] - values[start])) / mass
        square = np.cumsum(weights[start:] * (values[start:] - values[start]) ** 2)
        costs[start, start + 1 :] = np.maximum(square - mass * mean**2, 0)
    least = costs[0].copy()
    for _ in range(clusters - 1):
        least = (least[:, None] + costs).min(axis=0)
    return float(least[count])
