"""Numbers of models and scores of back-tests as tables of the lake."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

import polars as pl

from ca_platform.catalogue import table_spec
from ca_platform.models.churn import Parameter
from ca_platform.training.orders import day_of

NUMBERS: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "model": pl.String(),
    "parameter": pl.String(),
    "place": pl.Int64(),
    "value": pl.Float64(),
}
SCORED: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "origin": pl.Date(),
    "model": pl.String(),
    "metric": pl.String(),
    "value": pl.Float64(),
    "customers": pl.Int64(),
    "horizon_days": pl.Float64(),
    "is_served": pl.Boolean(),
}


class Score(Protocol):
    """One figure of a back-test, of whatever was forecast."""

    @property
    def origin(self) -> int:
        """Number of the first day that was not known."""

    @property
    def model(self) -> str:
        """The candidate."""

    @property
    def metric(self) -> str:
        """Name of the figure."""

    @property
    def value(self) -> float | None:
        """None where the metric has none."""

    @property
    def customers(self) -> int:
        """Who were forecast."""

    @property
    def horizon(self) -> int:
        """Days that were forecast."""

    @property
    def is_served(self) -> bool:
        """Whether the candidate serves."""


def numbers_frame(dataset: str, day: date, rows: Iterable[Parameter]) -> pl.DataFrame:
    """The numbers of a model that was trained on a day."""
    frame = pl.DataFrame([(day, *row) for row in rows], schema=NUMBERS, orient="row")
    return frame.sort(table_spec(dataset).sort)


def scores_frame(dataset: str, day: date, scores: Iterable[Score]) -> pl.DataFrame:
    """The back-test of a day; the day of an origin is the last one that was known."""
    rows = [
        (
            day,
            day_of(score.origin - 1),
            score.model,
            score.metric,
            score.value,
            score.customers,
            float(score.horizon),
            score.is_served,
        )
        for score in scores
    ]
    return pl.DataFrame(rows, schema=SCORED, orient="row").sort(table_spec(dataset).sort)
