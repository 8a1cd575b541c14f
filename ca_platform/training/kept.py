"""Models in the lake, one part for each training day: which of them serves a day, and making those that are missing."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import ClassVar

import polars as pl

from ca_platform.facts import Shape
from ca_platform.lake import Lake
from ca_platform.models.backtest import History
from ca_platform.settings import Settings
from ca_platform.training.days import MOST_DAYS, served_by
from ca_platform.training.frames import SCORED
from ca_platform.training.orders import orders_until

Orders = Callable[[], History]


class KeptModels(ABC):
    """Models of one kind of a lake, for report days up to ``last``.

    A model is made of the orders up to the end of its training day, and of what the settings ask for. Where one of them
    has changed since, it is out of date, as a fact would be, and made again.

    Args:
        asked: the settings that it is made of, as a text.
        history: gives all orders up to the last day, where somebody else has read them; None: they are read.
    """

    dataset: ClassVar[str]
    """The dataset that keeps the models."""

    scored: ClassVar[str]
    """The dataset that keeps their back-tests."""

    def __init__(self, last: date, settings: Settings, lake: Lake, asked: str, history: Orders | None = None) -> None:
        self._last = last
        self._lake = lake
        self._shape = Shape.of(settings)
        self._asked = asked
        self._read = history or self._orders
        self._serving: dict[date, date] = {}

    @cached_property
    def history(self) -> History:
        """All orders up to the last day."""
        return self._read()

    @abstractmethod
    def train(self, day: date) -> object:
        """Train with what was known at the end of a day, and keep the model."""

    def ensure(self, days: Sequence[date]) -> dict[date, date]:
        """The training day whose model serves each of these days; models that are missing are trained.

        The facts of these days, and of those before them, must have been made. What was found is remembered until
        something is trained.
        """
        if any(day not in self._serving for day in days):
            # All of them: training forgets those that were known.
            self._serving |= self._choose(days)
        return {day: self._serving[day] for day in days}

    def kept(self, day: date) -> date | None:
        """The training day whose model serves a day; None where it would have to be trained."""
        trained = self._valid(day, day)
        chosen = self._serves(day, trained)
        return chosen if chosen in trained else None

    def scores(self, trained_on: date) -> pl.DataFrame:
        """The back-test of a training day."""
        return self.rows(self.scored, trained_on, SCORED)

    def inputs(self, day: date) -> str:
        """Digest of what a model of a day would be made of now."""
        return self._digests(day).get(day, "")

    def rows(self, dataset: str, trained_on: date, schema: dict[str, pl.DataType]) -> pl.DataFrame:
        """What a dataset keeps of a training day."""
        return self._lake.collect(lambda: self._lake.scan(dataset, trained_on, trained_on, schema=schema))

    def _keep(self, day: date, models: pl.DataFrame, scores: pl.DataFrame) -> None:
        """Keep what was trained with what was known at the end of a day."""
        inputs = self.inputs(day)
        with self._lake.write() as write:
            write.put(self.dataset, day, models, inputs)
            write.put(self.scored, day, scores, inputs)
        self._serving.clear()

    def _choose(self, days: Sequence[date]) -> dict[date, date]:
        trained = self._valid(min(days), max(days))
        chosen = {}
        for day in sorted(days):
            chosen[day] = self._serves(day, trained)
            if chosen[day] not in trained:
                self.train(chosen[day])
                trained.add(chosen[day])
        return chosen

    def _serves(self, day: date, trained: Collection[date]) -> date:
        """The training day whose model serves a day, of those that can, or the one that has to be made."""
        return served_by(day, trained, self._shape.start_date)

    def _oldest(self, first: date) -> date:
        """The first training day whose model can serve a day from ``first`` on."""
        return first - timedelta(days=MOST_DAYS)

    def _orders(self) -> History:
        return orders_until(self._last, self._shape, self._lake)

    def _valid(self, first: date, last: date) -> set[date]:
        """Training days whose models can serve a day between these and are up to date."""
        digests = self._digests(last)
        parts = self._lake.parts(self.dataset, self._oldest(first), last)
        return {part.day for part in parts if part.day is not None and part.inputs == digests.get(part.day)}

    def _digests(self, last: date) -> dict[date, str]:
        """What a model of each day would be made of now: all orders up to it, as their fact says, and the settings."""
        parts = self._lake.parts("customer_orders", self._shape.start_date, last)
        texts = {part.day: f"{part.inputs}\n{self._asked}" for part in parts if part.day is not None}
        return {day: hashlib.sha256(text.encode()).hexdigest()[:32] for day, text in texts.items()}
