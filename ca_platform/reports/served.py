"""What the reports of fitted models have in common: the model that serves each day, and how good it was before.

The models are trained and kept by ``training``; training happens here only where a day has no model that may serve.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import Generic, TypeVar

import polars as pl

from ca_platform.errors import HistoryError
from ca_platform.reports.reading import FactReader
from ca_platform.training import KeptModels

ModelsT = TypeVar("ModelsT", bound=KeptModels)
SaidT = TypeVar("SaidT")


class ModelTables(Generic[ModelsT]):
    """Models of one kind of some report days.

    Args:
        days: ascending.
        models: gives the models of the lake.
    """

    def __init__(self, facts: FactReader, days: Sequence[date], models: Callable[[], ModelsT]) -> None:
        self._facts = facts
        self._days = days
        self._open = models

    @cached_property
    def models(self) -> ModelsT:
        """The models of the lake."""
        return self._open()

    @property
    def _trained(self) -> dict[date, date]:
        """Training day by report day; what is missing is trained."""
        return self.models.ensure(self._days)

    @cached_property
    def _clients(self) -> pl.DataFrame:
        return self._facts.lake.collect(lambda: self._facts.scan("client_numbers").select("customer", "client"))

    @property
    def largest(self) -> int:
        """Rows of a table with a row per customer on the last day, or some more."""
        return self._clients.height

    def backtest(self, day: date) -> pl.LazyFrame:
        """The scores of the training whose model serves the day."""
        return self.models.scores(self._trained[day]).lazy().rename({"day": "trained_on"})


class ServedTables(ModelTables[ModelsT], ABC, Generic[ModelsT, SaidT]):
    """What models say of the customers of a day, kept for one day: what is said of many would be too much.

    A subclass tells what the model of a training day says (``_say``).
    """

    _kept: tuple[date, SaidT] | None = None

    def _served(self, day: date) -> SaidT:
        """What is said of the customers of a day; a model that is missing is trained."""
        return self._said(day, self._trained[day])

    def _served_before(self, day: date, report: str, what: str) -> SaidT:
        """The same by a model that has been trained.

        Args:
            report: whose making trains it.
            what: the models foretell, in words.

        Raises:
            HistoryError: no model serves the day yet.
        """
        trained_on = self.models.kept(day)
        if trained_on is None:
            raise HistoryError(
                f"The lake has no model of {what} that serves {day}. Compute the report, which trains it: "
                f"ca-platform run --from {day} --to {day} --select {report}."
            )
        return self._said(day, trained_on)

    def _said(self, day: date, trained_on: date) -> SaidT:
        if self._kept is None or self._kept[0] != day:
            self._kept = day, self._say(day, trained_on)
        return self._kept[1]

    @abstractmethod
    def _say(self, day: date, trained_on: date) -> SaidT:
        """What the model of a training day says of the customers of a day."""
