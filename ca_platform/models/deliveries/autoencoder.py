"""A small denoising autoencoder in NumPy: it learns to restore a row whose first column was blotted out.

Trained on rows of which the duration is blotted out in every second one (Vincent et al. 2008, Extracting and composing
robust features with denoising autoencoders, section 2.3), asked with the duration blotted out in all of them: the
score of a delivery is what its duration is more than the restored one. NumPy alone, so that it needs no further
package, gives the same numbers everywhere, and learns in a tenth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ca_platform.models.deliveries.records import Floats

Matrix = NDArray[np.float32]

_HIDDEN = 16
_CODE = 5
_STEPS = 600
_BATCH = 128
_RATE = 0.01
_FIRST_WEIGHT = 4.0  # in the loss, of the column that is asked for
_FAR = 3.0  # residuals beyond this are pulled in, so that delays teach little


@dataclass(frozen=True, slots=True, eq=False)
class Autoencoder:
    """A trained network.

    Attributes:
        middle, spread: of each column, in which the network counts.
        weights: matrix and offset of each of its four layers.
    """

    middle: Floats
    spread: Floats
    weights: tuple[tuple[Matrix, Matrix], ...]

    def restored(self, columns: Floats) -> Floats:
        """The first column as the network restores it from the others; what stands in it is not looked at.

        Args:
            columns: (rows, columns) as in the training.
        """
        scaled = _scaled(columns, self.middle, self.spread)
        output = _forward(_blotted(scaled, np.ones(len(scaled), np.bool_)), self.weights)[-1]
        restored: Floats = output[:, 0].astype(np.float64) * self.spread[0] + self.middle[0]
        return restored


def train(columns: Floats, seed: int = 1) -> Autoencoder:
    """Train on rows, the column to be restored first. Adam (Kingma and Ba 2015, algorithm 1), rate falling to 0.

    Args:
        columns: (rows, columns), at least one row; a constant column is allowed.
    """
    rng = np.random.default_rng(seed)
    middle = np.median(columns, axis=0)
    spread = np.maximum(np.mean(np.abs(columns - middle), axis=0) * 1.2533, 1e-6)
    scaled = _scaled(columns, middle, spread)
    width = scaled.shape[1]
    sizes = (width + 1, _HIDDEN, _CODE, _HIDDEN, width)
    weights = [
        (
            rng.normal(0.0, 1.0 / np.sqrt(into), (into, out)).astype(np.float32),
            np.zeros((1, out), np.float32),
        )
        for into, out in pairwise(sizes)
    ]
    moments = [tuple((np.zeros_like(value), np.zeros_like(value)) for value in layer) for layer in weights]
    for step in range(1, _STEPS + 1):
        rows = rng.integers(0, len(scaled), _BATCH)
        target = scaled[rows]
        slopes = _slopes(_blotted(target, rng.random(_BATCH) < 0.5), target, weights)
        rate = _RATE * (1.0 - step / (_STEPS + 1.0))
        for layer, (layer_slopes, layer_moments) in enumerate(zip(slopes, moments, strict=True)):
            weights[layer] = tuple(  # type: ignore[assignment]
                _stepped(value, slope, *moment, rate, step)
                for value, slope, moment in zip(weights[layer], layer_slopes, layer_moments, strict=True)
            )
    return Autoencoder(middle, spread, tuple(weights))


def _scaled(columns: Floats, middle: Floats, spread: Floats) -> Matrix:
    return np.clip((columns - middle) / spread, -_FAR, _FAR).astype(np.float32)


def _blotted(scaled: Matrix, gone: NDArray[np.bool_]) -> Matrix:
    """The rows with 0 in the first column where it is gone, and a further column that says so."""
    first = np.where(gone, np.float32(0), scaled[:, 0])
    return np.column_stack((first, scaled[:, 1:], gone.astype(np.float32)))


def _forward(inputs: Matrix, weights: tuple[tuple[Matrix, Matrix], ...] | list[tuple[Matrix, Matrix]]) -> list[Matrix]:
    """What each layer gives, the inputs first: tanh, the last one linear."""
    given = [inputs]
    for number, (matrix, offset) in enumerate(weights):
        linear = given[-1] @ matrix + offset
        given.append(linear if number == len(weights) - 1 else np.tanh(linear))
    return given


def _slopes(inputs: Matrix, target: Matrix, weights: list[tuple[Matrix, Matrix]]) -> list[tuple[Matrix, Matrix]]:
    """Gradient of the mean squared error by layer."""
    given = _forward(inputs, weights)
    error = (given[-1] - target) / np.float32(len(target))
    error[:, 0] *= np.float32(_FIRST_WEIGHT)
    slopes: list[tuple[Matrix, Matrix]] = []
    for number in range(len(weights) - 1, -1, -1):
        slopes.append((given[number].T @ error, error.sum(axis=0, keepdims=True)))
        if number:
            error = (error @ weights[number][0].T) * (1 - given[number] ** 2)
    return slopes[::-1]


def _stepped(value: Matrix, slope: Matrix, first: Matrix, second: Matrix, rate: float, step: int) -> Matrix:
    """A weight after a step of Adam; the moments are moved in place."""
    first += np.float32(0.1) * (slope - first)
    second += np.float32(0.001) * (slope * slope - second)
    towards = (first / np.float32(1 - 0.9**step)) / (np.sqrt(second / np.float32(1 - 0.999**step)) + np.float32(1e-8))
    return value - np.float32(rate) * towards
