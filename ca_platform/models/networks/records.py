"""Small records that the parts of this package hand to one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Single precision: what is learnt from some thousand customers is known to three digits.
Singles: TypeAlias = NDArray[np.float32]
Weights: TypeAlias = Mapping[str, Singles]


class Epoch(NamedTuple):
    """One pass over the training rows.

    Attributes:
        seed: of the training.
        epoch: from 1; 0 is the state before anything was learnt.
        training_loss: mean over the pass, in nats per customer; NaN before anything was learnt.
        validation_loss: after it, of customers and a window that are not trained on.
    """

    seed: int
    epoch: int
    training_loss: float
    validation_loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What a network takes, a row per customer.

    Attributes:
        steps: rows × steps × channels, the latest step last.
        columns: rows × columns, standardised.
        anchors: rows × 3, what the model of orders says (see ``heads``).
    """

    steps: Singles
    columns: Singles
    anchors: Singles

    def __len__(self) -> int:
        return len(self.steps)

    def rows(self, rows: NDArray[np.int64]) -> Inputs:
        """These rows alone."""
        return Inputs(self.steps[rows], self.columns[rows], self.anchors[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Inputs with what then came.

    Attributes:
        outcome: rows × 2, orders and revenue within the horizon, revenue in units of a mean purchase day.
    """

    inputs: Inputs
    outcome: Singles

    def __len__(self) -> int:
        return len(self.inputs)

    def rows(self, rows: NDArray[np.int64]) -> Labelled:
        """These rows alone."""
        return Labelled(self.inputs.rows(rows), self.outcome[rows])

    @staticmethod
    def joined(parts: Sequence[Labelled]) -> Labelled:
        """The rows of all parts, one after another."""
        inputs = [part.inputs for part in parts]
        steps, columns, anchors = (
            np.concatenate([getattr(item, name) for item in inputs]) for name in ("steps", "columns", "anchors")
        )
        return Labelled(Inputs(steps, columns, anchors), np.concatenate([part.outcome for part in parts]))
