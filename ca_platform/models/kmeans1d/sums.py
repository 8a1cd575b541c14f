"""Costs of clusters of neighbouring values in constant time, from running sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ca_platform.models.kmeans1d.clusters import Floats

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sums:
    """Running sums of weights, weighted values and weighted squares; the first of each is 0.

    A cluster is the values from place ``start`` up to, not including, place ``end``. Values are measured from the
    weighted median, ``origin``: far from 0 squares would leave no digits for their differences.

    Attributes:
        points: the values themselves, measured so.
    """

    points: Floats
    weights: Floats
    values: Floats
    squares: Floats
    origin: float

    @classmethod
    def of(cls, values: Floats, weights: Floats) -> Sums:
        """Of sorted distinct values with positive weights."""
        total = np.cumsum(weights)
        origin = float(values[np.searchsorted(total, total[-1] / 2)])
        centred = values - origin
        weighted = weights * centred
        values_sum, squares_sum = np.cumsum(weighted), np.cumsum(weighted * centred)
        return cls(centred, _from_zero(total), _from_zero(values_sum), _from_zero(squares_sum), origin)

    def cost(self, starts: Places, ends: Places) -> Floats:
        """Weighted sum of squared distances to the mean, by place; 0 where nothing, or one value, lies between.

        Equation 3 of Wang and Song 2011, for weights.
        """
        weight = self.weights[ends] - self.weights[starts]
        value = self.values[ends] - self.values[starts]
        square = self.squares[ends] - self.squares[starts]
        has_several = ends - starts > 1
        costs = square - value * value / np.where(has_several, weight, 1.0)
        return np.where(has_several, np.maximum(costs, 0.0), 0.0)

    def means(self, starts: Places, ends: Places) -> Floats:
        """Weighted mean, by place; something must lie between."""
        weight = self.weights[ends] - self.weights[starts]
        return self.origin + (self.values[ends] - self.values[starts]) / weight


def _from_zero(running: Floats) -> Floats:
    return np.concatenate([[0.0], running])
