"""Training of the autoencoder with torch and Lightning, which only this module imports, and only when it trains.

Figures are hidden at random and disturbed, and have to be rebuilt from the others: a network that could copy them would
learn nothing (Vincent et al. 2008, Extracting and Composing Robust Features with Denoising Autoencoders, section 2). The
newest fifth of the days decides when to stop and which state is the best. The same rows give the same weights on a CPU;
there are so few that a GPU would be slower.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ca_platform.models.anomaly.autoencoder import Singles, held_out
from ca_platform.models.anomaly.records import Floats
from ca_platform.models.networks.learning import alone

_SEED = 1
# Steps of all rows at a time; the newest days are judged after so many of them.
_ROUNDS, _STEPS, _PATIENCE = 40, 10, 6
_RATE, _DECAY = 5e-3, 1e-3
_HIDDEN_SHARE, _NOISE = 0.25, 0.3
# Figures for each of the few numbers, and units of a hidden layer for each figure.
_FIGURES, _UNITS = 3, 2


def train(rows: Floats, members: int) -> tuple[tuple[Singles, ...], tuple[Singles, ...]]:
    """Weights and biases of the layers, members first.

    Args:
        rows: (n, m) deviations by day, NaN where a figure is unknown.
    """
    import pytorch_lightning as lightning
    import torch

    with alone(torch, _SEED):
        apart = held_out(rows.shape[0])
        course = _course(torch, lightning, rows[-apart:], members)
        stop = lightning.callbacks.EarlyStopping("judged", patience=_PATIENCE)
        trainer = lightning.Trainer(
            max_epochs=_ROUNDS,
            accelerator="cpu",
            devices=1,
            callbacks=[stop],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            log_every_n_steps=1_000_000,
        )
        trainer.fit(course, _Again(_tensors(torch, rows[:-apart]), _STEPS), _Again(_tensors(torch, rows[-apart:]), 1))
    layers = [values.numpy() for values in course.best]
    return tuple(layers[::2]), tuple(layer[:, 0] for layer in layers[1::2])


class _Again:
    """The same rows so many times."""

    def __init__(self, rows: tuple[Any, Any], times: int) -> None:
        self._rows, self._times = rows, times

    def __len__(self) -> int:
        return self._times

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter([self._rows] * self._times)


def _tensors(torch: Any, rows: Floats) -> tuple[Any, Any]:
    """Deviations, 0 where unknown, and which are known."""
    known = np.isfinite(rows)
    return torch.from_numpy(np.where(known, rows, 0.0).astype(np.float32)), torch.from_numpy(known.astype(np.float32))


def _course(torch: Any, lightning: Any, judge: Floats, members: int) -> Any:
    """Networks with their loss, their optimiser and the best state of each, as Lightning takes it."""
    metrics = judge.shape[1]
    few, hidden = max(-(-metrics // _FIGURES), 1), _UNITS * metrics
    sizes = (metrics, hidden, few, hidden, metrics)

    class Course(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            layers = []
            for given, made in pairwise(sizes):
                bound = (3 / (given + made)) ** 0.5
                layers += [torch.empty(members, given, made).uniform_(-bound, bound), torch.zeros(members, 1, made)]
            self.layers = torch.nn.ParameterList(torch.nn.Parameter(layer) for layer in layers)
            self.best = [layer.clone() for layer in layers]
            self.least = torch.full((members,), float("inf"))

        def forward(self, given: Any) -> Any:
            layer = given.expand(members, *given.shape[-2:])
            for place in range(len(sizes) - 1):
                layer = torch.bmm(layer, self.layers[2 * place]) + self.layers[2 * place + 1]
                # The few numbers and what is rebuilt are not bounded.
                if place in {0, 2}:
                    layer = torch.tanh(layer)
            return layer

        def training_step(self, batch: tuple[Any, Any], _: int) -> Any:
            rows, known = batch
            shape = (members, *rows.shape)
            shown = (torch.rand(shape) >= _HIDDEN_SHARE).float()
            return _missed(torch, self((rows + _NOISE * torch.randn(shape)) * shown * known), rows, known).sum()

        def validation_step(self, batch: tuple[Any, Any], _: int) -> None:
            rows, known = batch
            loss = _missed(torch, self(rows), rows, known)
            better = loss < self.least
            self.least = torch.where(better, loss, self.least)
            for best, layer in zip(self.best, self.layers, strict=True):
                best[better] = layer.detach()[better]
            self.log("judged", loss.mean(), batch_size=rows.shape[0])

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=_RATE, weight_decay=_DECAY)

    return Course()


def _missed(torch: Any, rebuilt: Any, rows: Any, known: Any) -> Any:
    """Mean loss of each member: squares of small errors, and large ones by their size alone (Huber)."""
    each = torch.nn.functional.huber_loss(rebuilt, rows.expand_as(rebuilt), reduction="none", delta=2.0)
    return (each * known).sum(dim=(1, 2)) / known.sum().clamp(min=1)
