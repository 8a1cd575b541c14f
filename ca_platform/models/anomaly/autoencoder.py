"""A deep autoencoder of a day's deviations: it learns which figures move together, and by how much.

It rebuilds the deviations of a day from a few numbers. A day is strange by what it fails to rebuild, and by how far those
few numbers are from where they usually are; both together are one Mahalanobis distance, or a fall of all figures at once
would be rebuilt and go unseen (Denouden et al. 2018, arXiv 1812.02765, section 2). ``learning`` trains it with torch and
Lightning; here it is evaluated with NumPy.

Networks are trained on a fixed set of days of a history: first after eight weeks, anew when there are half as many days
more, and at least twice a year. Each serves from its day on and knows nothing of it or later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.models.anomaly.covariance import shrunk_covariance
from ca_platform.models.anomaly.records import Flags, Floats

NAME = "autoencoder"
# Days of history at the first training, and between trainings at most.
FIRST_DAY, HALF_YEAR = 56, 182
# Networks that differ by their first weights; the mean of their scores counts.
MEMBERS = 3
# What is learnt from is held within so many standard deviations, what is scored within more.
LEARNT, SCORED = 4.0, 30.0
_LAYERS = 4

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Networks of one training.

    Attributes:
        day: row of the history from which on it serves; the days before it were learnt from.
        weights, biases: of the four layers, members × inputs × outputs and members × outputs.
        precision: members × parts × parts, inverse covariance of what is not rebuilt and of the few numbers.
        scale: (members,) the score of a usual day that was not learnt from.
    """

    day: int
    weights: tuple[Singles, ...]
    biases: tuple[Singles, ...]
    precision: Floats
    scale: Floats

    def scores(self, deviation: Floats) -> Floats:
        """How strange days are: 1 is usual; NaN where nothing is known.

        Args:
            deviation: (n, m) in standard deviations; NaN where a figure is unknown.
        """
        parts = parts_of(self.weights, self.biases, deviation)
        # A day at a time in the same order of sums, whatever days stand beside it.
        squares = np.einsum("snp,spq,snq->sn", parts, self.precision, parts) / parts.shape[2]
        found = (np.sqrt(np.maximum(squares, 0.0)) / self.scale[:, None]).mean(axis=0)
        return np.where(np.isfinite(deviation).any(axis=1), found, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Autoencoder:
    """All networks of a history.

    Attributes:
        names: metrics that they were trained on, in order.
        networks: by ascending day.
    """

    names: tuple[str, ...]
    networks: tuple[Network, ...]

    def scores(self, deviation: Floats, names: tuple[str, ...], first: int = 0) -> Floats:
        """(n,) score of each day by the network that serves it; NaN before the first one.

        Args:
            deviation: (n, m) residuals in standard deviations.
            names: (m,) their metrics. Of others than those trained on nothing is taken.
            first: row of the history that the first of these days is.
        """
        deviation = _columns(deviation, names, self.names)
        score = np.full(deviation.shape[0], np.nan)
        for network in self.networks:
            # Up to the end: those that come after it take their days over.
            begin = max(network.day - first, 0)
            score[begin:] = network.scores(deviation[begin:])
        return score

    def to_parameters(self) -> dict[str, ArrayLike | str]:
        """As named columns of numbers, which can be kept."""
        found: dict[str, ArrayLike | str] = {"metrics": "\n".join(self.names)}
        for place, network in enumerate(self.networks):
            for name, values in _arrays(network):
                found[f"network.{place}.{name}"] = values.astype(np.float64).ravel()
                found[f"shape.{place}.{name}"] = np.array(values.shape, np.float64)
            found[f"day.{place}"] = np.array([float(network.day)])
        return found

    @staticmethod
    def from_parameters(parameters: Mapping[str, ArrayLike | str]) -> Autoencoder:
        """The networks of which these are the numbers."""
        names = tuple(str(parameters["metrics"]).split("\n"))
        count = sum(name.startswith("day.") for name in parameters)
        return Autoencoder(names, tuple(_network(parameters, place) for place in range(count)))


def training_days(days: int) -> Iterator[int]:
    """Rows of a history of so many days from which on another network serves.

    >>> list(training_days(1000))
    [56, 84, 126, 189, 283, 424, 606, 788, 970]
    >>> list(training_days(55))
    []
    """
    day = FIRST_DAY
    while day <= days:
        yield day
        day += min(day // 2, HALF_YEAR)


def trained_autoencoder(
    deviation: Floats, names: tuple[str, ...], is_marked: Flags, known: Autoencoder | None = None
) -> Autoencoder:
    """Networks of a history, each trained on the days before its own. Needs the extra ``deep``.

    Args:
        deviation: (n, m) residuals in standard deviations.
        names: (m,) their metrics.
        is_marked: (n,) days that are not learnt from.
        known: networks of an earlier training on the same history, which are taken over.
    """
    from ca_platform.models.anomaly.learning import train

    days = deviation.shape[0]
    kept = {network.day: network for network in known.networks} if known and known.names == names else {}
    networks = []
    for day in training_days(days):
        if day not in kept:
            rows = learnable(deviation[:day], is_marked[:day])
            if not rows.size:
                continue
            kept[day] = _finished(day, *train(rows, MEMBERS), rows)
        networks.append(kept[day])
    return Autoencoder(names, tuple(networks))


def learnable(deviation: Floats, is_marked: Flags) -> Floats:
    """Deviations of the days that can be learnt from, held within bounds; NaN where a figure is unknown."""
    rows = deviation[~is_marked & np.isfinite(deviation).any(axis=1)]
    return np.clip(rows, -LEARNT, LEARNT)


def held_out(days: int) -> int:
    """How many of the last days are not learnt from: they say when to stop, and what a usual score is.

    >>> held_out(28), held_out(1000)
    (7, 200)
    """
    return max(days // 5, min(14, days // 4))


def parts_of(weights: tuple[Singles, ...], biases: tuple[Singles, ...], deviation: Floats) -> Floats:
    """What is not rebuilt of each figure, and the few numbers: members × days × parts."""
    known = np.isfinite(deviation)
    given = np.clip(np.where(known, deviation, 0.0), -SCORED, SCORED).astype(np.float32)
    # Sums by einsum: a row's do not depend on how many rows there are, as those of a matrix product may.
    layer = np.broadcast_to(given, (weights[0].shape[0], *given.shape))
    few = layer
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        layer = np.einsum("sni,sio->sno", layer, weight) + bias[:, None, :]
        if place == _LAYERS // 2 - 1:
            few = layer
        elif place < _LAYERS - 1:
            layer = np.tanh(layer)
    missed = np.where(known, given - layer, 0.0)
    return np.concatenate([missed, few], axis=2).astype(np.float64)


def _finished(day: int, weights: tuple[Singles, ...], biases: tuple[Singles, ...], rows: Floats) -> Network:
    """A network with the usual size of what its scores are made of."""
    parts = parts_of(weights, biases, rows)
    spread = np.maximum(np.sqrt((parts**2).mean(axis=1)), 1e-3)
    inverse = np.stack(
        [
            np.linalg.inv(shrunk_covariance(part / own)) / np.outer(own, own)
            for part, own in zip(parts, spread, strict=True)
        ]
    )
    members = parts.shape[0]
    plain = Network(day, weights, biases, inverse, np.ones(members))
    judged = rows[-held_out(rows.shape[0]) :]
    scale = np.array(
        [np.median(_member(plain, member).scores(judged)) for member in range(members)],
    )
    return Network(day, weights, biases, inverse, np.where(scale > 0, scale, 1.0))


def _member(network: Network, at: int) -> Network:
    one = slice(at, at + 1)
    weights, biases = (tuple(layer[one] for layer in layers) for layers in (network.weights, network.biases))
    return Network(network.day, weights, biases, network.precision[one], network.scale[one])


def _columns(deviation: Floats, names: tuple[str, ...], wanted: tuple[str, ...]) -> Floats:
    place = {name: at for at, name in enumerate(names)}
    found = np.full((deviation.shape[0], len(wanted)), np.nan)
    for at, name in enumerate(wanted):
        if name in place:
            found[:, at] = deviation[:, place[name]]
    return found


def _arrays(network: Network) -> Iterator[tuple[str, Floats | Singles]]:
    for layer in range(_LAYERS):
        yield f"weight{layer}", network.weights[layer]
        yield f"bias{layer}", network.biases[layer]
    yield "precision", network.precision
    yield "scale", network.scale


def _network(parameters: Mapping[str, ArrayLike | str], place: int) -> Network:
    def array(name: str) -> Floats:
        shape = np.asarray(parameters[f"shape.{place}.{name}"], np.float64).astype(np.int64)
        return np.asarray(parameters[f"network.{place}.{name}"], np.float64).reshape(shape)

    weights, biases = (
        tuple(array(f"{kind}{layer}").astype(np.float32) for layer in range(_LAYERS)) for kind in ("weight", "bias")
    )
    day = int(np.atleast_1d(np.asarray(parameters[f"day.{place}"], np.float64))[0])
    return Network(day, weights, biases, array("precision"), array("scale"))
