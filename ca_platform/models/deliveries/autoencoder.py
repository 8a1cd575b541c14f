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

_HIDDEN = 12
_CODE = 5
_STEPS = 400
_BATCH = 128
_RATE = 0.01
_GONE = 0.5
_FIRST_WEIGHT = 4.0  # in the loss, of the column that is asked for
_FAR = 3.0  # residuals beyond this are pulled in, so that delays teach little


Layer = tuple[Matrix, Matrix]


@dataclass(frozen=True, slots=True, eq=False)
class Autoencoder:
    """A trained network.

    Attributes:
        middle, spread: of each column, in which the network counts.
        layers: matrix and offset of each of its four layers.
    """

    middle: Floats
    spread: Floats
    layers: tuple[Layer, ...]

    def restored(self, columns: Floats) -> Floats:
        """The first column as the network restores it from the others; what stands in it is not looked at.

        Args:
            columns: (rows, columns) as in the training.
        """
        scaled = _scaled(columns, self.middle, self.spread)
        output = _forward(_blotted(scaled, np.ones(len(scaled), np.bool_)), self.layers)[-1]
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
    count = sum((into + 1) * out for into, out in pairwise(sizes))
    # All weights in one row, so that a step is one sum; the layers are views of it.
    weights, slopes, first, second = (np.zeros(count, np.float32) for _ in range(4))
    layers, slope = _layers(weights, sizes), _layers(slopes, sizes)
    for matrix, _ in layers:
        matrix[:] = rng.normal(0.0, 1.0 / np.sqrt(len(matrix)), matrix.shape)
    chosen = rng.integers(0, len(scaled), (_STEPS, _BATCH))
    gone = rng.random((_STEPS, _BATCH)) < _GONE
    for step in range(1, _STEPS + 1):
        target = scaled[chosen[step - 1]]
        _differentiate(_blotted(target, gone[step - 1]), target, layers, slope)
        first += np.float32(0.1) * (slopes - first)
        second += np.float32(0.001) * (slopes * slopes - second)
        rate = _RATE * (1.0 - step / (_STEPS + 1.0)) / (1 - 0.9**step)
        weights -= np.float32(rate) * first / (np.sqrt(second / np.float32(1 - 0.999**step)) + np.float32(1e-8))
    return Autoencoder(middle, spread, layers)


def _layers(row: Matrix, sizes: tuple[int, ...]) -> tuple[Layer, ...]:
    """Views of a row of numbers as matrices and offsets."""
    found, start = [], 0
    for into, out in pairwise(sizes):
        end = start + into * out
        found.append((row[start:end].reshape(into, out), row[end : end + out]))
        start = end + out
    return tuple(found)


def _scaled(columns: Floats, middle: Floats, spread: Floats) -> Matrix:
    return np.clip((columns - middle) / spread, -_FAR, _FAR).astype(np.float32)


def _blotted(scaled: Matrix, gone: NDArray[np.bool_]) -> Matrix:
    """The rows with 0 in the first column where it is gone, and a further column that says so."""
    blotted = np.empty((len(scaled), scaled.shape[1] + 1), np.float32)
    blotted[:, :-1] = scaled
    blotted[gone, 0] = 0
    blotted[:, -1] = gone
    return blotted


def _forward(inputs: Matrix, layers: tuple[Layer, ...]) -> list[Matrix]:
    """What each layer gives, the inputs first: tanh, the last one linear."""
    given = [inputs]
    for number, (matrix, offset) in enumerate(layers):
        linear = given[-1] @ matrix + offset
        given.append(linear if number == len(layers) - 1 else np.tanh(linear))
    return given


def _differentiate(inputs: Matrix, target: Matrix, layers: tuple[Layer, ...], slopes: tuple[Layer, ...]) -> None:
    """Write the gradient of half the mean squared error into ``slopes``."""
    given = _forward(inputs, layers)
    error = (given[-1] - target) / np.float32(len(target))
    error[:, 0] *= np.float32(_FIRST_WEIGHT)
    for number in range(len(layers) - 1, -1, -1):
        np.matmul(given[number].T, error, out=slopes[number][0])
        np.sum(error, axis=0, out=slopes[number][1])
        if number:
            error = (error @ layers[number][0].T) * (1 - given[number] ** 2)
