"""A fitted model of value classes: borders, baselines, candidates, which of them serves, and what it says of customers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.models.churn.customers import customers_at
from ca_platform.models.value_classes.borders import Borders
from ca_platform.models.value_classes.candidates import BASELINES, Baselines, Learnt, told
from ca_platform.models.value_classes.columns import Fits, columns_at, spent_since


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The candidates as learnt at some time, and the models of orders and amounts that they build on."""

    fits: Fits
    learnt: Learnt


@dataclass(frozen=True, slots=True, eq=False)
class Classed:
    """What is said of customers with an order, by ascending number.

    Attributes:
        chances: of each class, a row per customer.
        value_class: the one that is told.
    """

    number: Ints
    chances: Floats
    value_class: Ints


@dataclass(frozen=True, slots=True, eq=False)
class ValueClassModel:
    """What serves.

    Attributes:
        horizon: days whose revenue is classed.
        served: name of the candidate, or of a baseline.
        candidates: None where there was too little to learn any from.
        has_season: whether days are counted from 1970-01-01 (see ``customers_at``).
    """

    horizon: int
    borders: Borders
    served: str
    baselines: Baselines
    candidates: Candidates | None
    has_season: bool = False

    def served_by(self, name: str) -> ValueClassModel:
        """The same model with another candidate, or a baseline, in service."""
        return replace(self, served=name)

    def classify(self, history: History, origin: int) -> Classed:
        """The customers of a history at an origin, and how likely the revenue of each is of which class.

        Args:
            history: of any customers, cut at the origin, which need not be that of the training.
        """
        if self.candidates is None or self.served in BASELINES:
            number = history.customers
            before = self.borders.classes(spent_since(history, number, origin - self.horizon))
            return Classed(number, *self.baselines.say(self.served, before))
        known = customers_at(history, origin, has_season=self.has_season)
        if not known.number.size:
            return Classed(known.number, np.zeros((0, 3)), np.zeros(0, np.int64))
        rows = columns_at(history, known, origin, self.horizon, self.candidates.fits, self.borders.high)
        chances = self.candidates.learnt.chances(rows, (self.served,))[self.served]
        return Classed(known.number, chances, told(chances, self.baselines.share))
