"""Training of a network with torch and Lightning, which only this module imports, and only when it trains.

One training goes over the rows again and again until customers and a window that it does not learn from are forecast no
better; then the best state counts. The same seed, rows and version give the same weights on a CPU.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from ca_platform.models.networks.forward import DILATIONS, KERNEL
from ca_platform.models.networks.heads import MOST, OUTPUTS
from ca_platform.models.networks.records import Epoch, Labelled, Singles
from ca_platform.models.networks.sequences import CHANNELS, COLUMNS

_LOG = logging.getLogger(__name__)

_WIDTH = {"lstm": 24, "conv": 16}
_HIDDEN = 32
_DROPPED = 0.1
_PATIENCE = 3
_BATCHES, _LEAST_BATCH, _MOST_BATCH = 30, 128, 1024
_RATE, _DECAY = 3e-3, 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a training gave.

    Attributes:
        weights: of the best state, by name.
        log_spread: as ``heads.told`` takes it.
    """

    weights: dict[str, Singles]
    log_spread: float
    epochs: tuple[Epoch, ...]


def can_train() -> bool:
    """Whether torch and Lightning are there (the extra ``deep``), and not left out by the environment (``DEEP=0``)."""
    is_wanted = os.environ.get("DEEP", "1") != "0"
    return is_wanted and all(find_spec(name) is not None for name in ("torch", "pytorch_lightning"))


def train(name: str, learn: Labelled, judge: Labelled, seed: int, most_epochs: int) -> Trained:
    """Train a network on a GPU where there is one.

    Args:
        name: ``lstm`` or ``conv``.
        learn: rows to learn from.
        judge: rows that decide when to stop and which state is the best.
    """
    import pytorch_lightning as lightning
    import torch

    with alone(torch, seed):
        course = _course(torch, lightning, name, learn, seed)
        stop = lightning.callbacks.EarlyStopping("validation_loss", patience=_PATIENCE)
        trainer = lightning.Trainer(
            max_epochs=most_epochs,
            accelerator="cuda" if torch.cuda.is_available() else "cpu",
            devices=1,
            callbacks=[stop],
            gradient_clip_val=1.0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=-1,
            log_every_n_steps=1_000_000,
        )
        rng = np.random.default_rng(seed)
        trainer.fit(course, _Batches(torch, learn, rng), _Batches(torch, judge, None))
    weights = {key: value.cpu().numpy() for key, value in course.best.items()}
    log_spread = float(weights.pop("log_spread"))
    weights.pop("log_shape")
    return Trained(weights, log_spread, tuple(course.epochs))


class _Batches:
    """Rows as tensors, some at a time; mixed anew each time where there are random numbers."""

    def __init__(self, torch: Any, rows: Labelled, rng: np.random.Generator | None) -> None:
        self._tensors = [torch.from_numpy(part) for part in _parts(rows)]
        self._torch, self._rng = torch, rng
        self._size = int(np.clip(len(rows) // _BATCHES, _LEAST_BATCH, _MOST_BATCH)) if rng else 8 * _MOST_BATCH

    def __len__(self) -> int:
        return (len(self._tensors[0]) + self._size - 1) // self._size

    def __iter__(self) -> Iterator[list[Any]]:
        rows = len(self._tensors[0])
        order = self._torch.from_numpy(self._rng.permutation(rows) if self._rng else np.arange(rows))
        for begin in range(0, rows, self._size):
            some = order[begin : begin + self._size]
            yield [tensor[some] for tensor in self._tensors]


def _parts(rows: Labelled) -> tuple[Singles, ...]:
    return rows.inputs.steps, rows.inputs.columns, rows.inputs.anchors, rows.outcome


def _course(torch: Any, lightning: Any, name: str, learn: Labelled, seed: int) -> Any:
    """A network with its loss, its optimiser and its diary, as Lightning takes it."""

    class Course(lightning.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = _network(torch, name)
            self.log_spread = torch.nn.Parameter(torch.tensor(_log_spread(learn)))
            self.log_shape = torch.nn.Parameter(torch.tensor(0.0))
            self.epochs: list[Epoch] = []
            self.best: dict[str, Any] = {}
            self._least = np.inf
            self._losses: list[Any] = []
            self._judged: list[Any] = []

        def forward(self, steps: Any, columns: Any) -> Any:
            return _outputs(torch, self.parts, name, steps, columns)

        def loss(self, batch: list[Any]) -> Any:
            steps, columns, anchored, outcome = batch
            return _loss(torch, self(steps, columns), anchored, outcome, self.log_spread, self.log_shape)

        def training_step(self, batch: list[Any], _: int) -> Any:
            loss = self.loss(batch)
            self._losses.append(loss.detach())
            return loss

        def validation_step(self, batch: list[Any], _: int) -> None:
            loss = self.loss(batch)
            self._judged.append(loss)
            self.log("validation_loss", loss, batch_size=len(batch[0]))

        def on_validation_epoch_end(self) -> None:
            # The first one is before the training: what the model of orders forecasts is the state to beat.
            validation = float(torch.stack(self._judged).mean())
            training = float(torch.stack(self._losses).mean()) if self._losses else np.nan
            self._losses, self._judged = [], []
            self.epochs.append(Epoch(seed, len(self.epochs), training, validation))
            _LOG.info("%s, seed %d, epoch %d: training %.4f, validation %.4f", name, *self.epochs[-1])
            if validation < self._least or not self.best:
                self._least = validation
                state = self.state_dict().items()
                self.best = {key.removeprefix("parts."): value.detach().clone() for key, value in state}

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=_RATE, weight_decay=_DECAY)

    return Course()


def _network(torch: Any, name: str) -> Any:
    """The layers by name; the last one begins at 0, and so does every output."""
    nn, width = torch.nn, _WIDTH[name]
    if name == "lstm":
        parts, read = {"reader": nn.LSTM(CHANNELS, width, batch_first=True)}, width
    else:
        layers = [nn.Conv1d(width, width, KERNEL, dilation=dilation) for dilation in DILATIONS]
        parts, read = {"enter": nn.Linear(CHANNELS, width), "layers": nn.ModuleList(layers)}, 2 * width
    last = nn.Linear(_HIDDEN, OUTPUTS)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    dropout = nn.Dropout(_DROPPED)
    return nn.ModuleDict(parts | {"mix": nn.Linear(read + COLUMNS, _HIDDEN), "dropout": dropout, "last": last})


def _outputs(torch: Any, parts: Any, name: str, steps: Any, columns: Any) -> Any:
    """As ``forward.evaluated``, with gradients."""
    if name == "lstm":
        read = parts["reader"](steps)[1][0][0]
    else:
        found = parts["enter"](steps).transpose(1, 2)
        for layer, dilation in zip(parts["layers"], DILATIONS, strict=True):
            padded = torch.nn.functional.pad(found, ((KERNEL - 1) * dilation, 0))
            found = found + torch.relu(layer(padded))
        read = torch.cat([found[:, :, -1], found.mean(dim=2)], dim=1)
    hidden = torch.relu(parts["mix"](torch.cat([read, columns], dim=1)))
    return MOST * torch.tanh(parts["last"](parts["dropout"](hidden)) / MOST)


def _loss(torch: Any, outputs: Any, anchored: Any, outcome: Any, log_spread: Any, log_shape: Any) -> Any:
    """Negative logarithm of the likelihood of orders and revenue, the mean over customers, constants left out."""
    odds, further, amount = (anchored + outputs[:, :3]).unbind(dim=1)
    orders, revenue = outcome.unbind(dim=1)
    came, paid = (orders > 0).float(), (revenue > 0).float()
    chance = torch.nn.functional.binary_cross_entropy_with_logits(odds, came)
    more = torch.clamp(orders - 1, min=0)
    shape = torch.exp(log_shape)
    count = (
        torch.lgamma(shape)
        - torch.lgamma(more + shape)
        + (more + shape) * torch.log(shape + torch.exp(further))
        - shape * log_shape
        - more * further
    )
    spread = log_spread + outputs[:, 3]
    # Orders are told by their own loss alone; revenue takes them as they are.
    centre = amount + torch.log1p(torch.exp(further.detach())) - torch.exp(2 * spread) / 2
    off = (torch.log(torch.where(revenue > 0, revenue, 1.0)) - centre) * torch.exp(-spread)
    money = spread + off**2 / 2
    return chance + (came * count).mean() + (paid * money).mean()


def _log_spread(rows: Labelled) -> np.float32:
    """Where the spread begins: that of revenue around what the model of orders says."""
    revenue = rows.outcome[:, 1]
    paid = revenue > 0
    if paid.sum() < 2:
        return np.float32(0.0)
    off = np.log(revenue[paid]) - rows.inputs.anchors[paid, 2] - np.log1p(np.exp(rows.inputs.anchors[paid, 1]))
    return np.float32(np.log(np.clip(off.std(), 0.05, 5.0)))


@contextmanager
def alone(torch: Any, seed: int) -> Iterator[None]:
    """One thread and random numbers of one's own; what was set before is set again, and Lightning is quiet.

    One thread, because sums of several come in any order, and on a busy machine threads wait for one another.
    """
    threads, loggers = torch.get_num_threads(), [logging.getLogger(name) for name in _TALKERS]
    levels = [logger.level for logger in loggers]
    try:
        torch.set_num_threads(1)
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with torch.random.fork_rng(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


_TALKERS = ("pytorch_lightning", "pytorch_lightning.utilities.rank_zero", "lightning.pytorch", "lightning.fabric")
