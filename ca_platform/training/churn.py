"""The models of churn risk: one part of the lake for each training day, and which of them serves a report day."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from ca_platform.catalogue import table_spec
from ca_platform.facts import Shape
from ca_platform.lake import Lake
from ca_platform.models.backtest import History
from ca_platform.models.churn import (
    ChurnModel,
    Parameter,
    Trained,
    default_horizon,
    from_parameters,
    to_parameters,
    train,
)
from ca_platform.settings import Settings
from ca_platform.training.days import MOST_DAYS, served_by
from ca_platform.training.orders import day_number, day_of, orders_until

MODELS, SCORES = "churn_models", "churn_scores"

_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    MODELS: {
        "day": pl.Date(),
        "model": pl.String(),
        "parameter": pl.String(),
        "place": pl.Int64(),
        "value": pl.Float64(),
    },
    SCORES: {
        "day": pl.Date(),
        "origin": pl.Date(),
        "model": pl.String(),
        "metric": pl.String(),
        "value": pl.Float64(),
        "customers": pl.Int64(),
        "horizon_days": pl.Float64(),
        "is_served": pl.Boolean(),
    },
}


class ChurnModels:
    """The models of churn risk of a lake, for report days up to ``last``.

    A model is made of the orders up to the end of its training day, and of the horizon in the settings. Where one of them
    has changed since, it is out of date, as a fact would be, and made again.
    """

    def __init__(self, last: date, settings: Settings, lake: Lake) -> None:
        self._last = last
        self._lake = lake
        self._shape = Shape.of(settings)
        self._asked = settings.reports.churn_risk.horizon_days

    @cached_property
    def history(self) -> History:
        """All orders up to the last day."""
        return orders_until(self._last, self._shape, self._lake)

    def ensure(self, days: Sequence[date]) -> dict[date, date]:
        """The training day whose model serves each of these days; models that are missing are trained.

        The facts of these days, and of those before them, must have been made.
        """
        trained = self._valid(min(days), max(days))
        start = self._shape.start_date
        chosen = {}
        for day in sorted(days):
            chosen[day] = served_by(day, trained, start)
            if chosen[day] not in trained:
                self.train(chosen[day])
                trained.add(chosen[day])
        return chosen

    def kept(self, day: date) -> date | None:
        """The training day whose model serves a day; None where it would have to be trained."""
        trained = self._valid(day, day)
        chosen = served_by(day, trained, self._shape.start_date)
        return chosen if chosen in trained else None

    def train(self, day: date) -> Trained | None:
        """Train with what was known at the end of a day, and keep the model; None where no horizon can be told.

        That is so while nobody has ordered twice and the settings name none: then the part has no rows.
        """
        end = day_number(day) + 1
        known = self.history.until(end)
        horizon = self._asked or default_horizon(known)
        trained = train(known, end, horizon) if horizon else None
        inputs = self._digests(day).get(day, "")
        with self._lake.write() as write:
            write.put(MODELS, day, _models(day, trained), inputs)
            write.put(SCORES, day, _scores(day, trained), inputs)
        return trained

    def model(self, trained_on: date) -> ChurnModel | None:
        """The model of a training day; None where no horizon could be told."""
        rows = self._lake.collect(
            lambda: self._lake.scan(MODELS, trained_on, trained_on, schema=_SCHEMAS[MODELS]).drop("day")
        )
        return from_parameters(map(Parameter._make, rows.iter_rows())) if rows.height else None

    def scores(self, trained_on: date) -> pl.DataFrame:
        """The back-test of a training day."""
        return self._lake.collect(lambda: self._lake.scan(SCORES, trained_on, trained_on, schema=_SCHEMAS[SCORES]))

    def _valid(self, first: date, last: date) -> set[date]:
        """Training days whose models can serve a day between these and are up to date."""
        digests = self._digests(last)
        parts = self._lake.parts(MODELS, first - timedelta(days=MOST_DAYS), last)
        return {part.day for part in parts if part.day is not None and part.inputs == digests.get(part.day)}

    def _digests(self, last: date) -> dict[date, str]:
        """What a model of each day would be made of now: all orders up to it, as their fact says, and the settings."""
        parts = self._lake.parts("customer_orders", self._shape.start_date, last)
        texts = {part.day: f"{part.inputs}\n{self._asked}" for part in parts if part.day is not None}
        return {day: hashlib.sha256(text.encode()).hexdigest()[:32] for day, text in texts.items()}


def _models(day: date, trained: Trained | None) -> pl.DataFrame:
    rows = to_parameters(trained.model) if trained else []
    frame = pl.DataFrame([(day, *row) for row in rows], schema=_SCHEMAS[MODELS], orient="row")
    return frame.sort(table_spec(MODELS).sort)


def _scores(day: date, trained: Trained | None) -> pl.DataFrame:
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
        for score in (trained.scores if trained else ())
    ]
    return pl.DataFrame(rows, schema=_SCHEMAS[SCORES], orient="row").sort(table_spec(SCORES).sort)
