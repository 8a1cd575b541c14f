"""The models of value classes: one part of the lake for each training day, and which of them serves a report day."""

from __future__ import annotations

from datetime import date

from ca_platform.lake import Lake
from ca_platform.models.churn import Parameter
from ca_platform.models.value_classes import Trained, ValueClassModel, from_parameters, to_parameters, train
from ca_platform.settings import Settings
from ca_platform.training.frames import NUMBERS, numbers_frame, scores_frame
from ca_platform.training.kept import KeptModels, Orders
from ca_platform.training.orders import day_number

MODELS, SCORES = "value_class_models", "value_class_scores"
_DAYS_PER_WEEK = 7


class ValueClassModels(KeptModels):
    """The models of value classes, made for the horizon of lifetime value in the settings."""

    dataset, scored = MODELS, SCORES

    def __init__(self, last: date, settings: Settings, lake: Lake, history: Orders | None = None) -> None:
        self._horizon = _DAYS_PER_WEEK * settings.reports.clv.horizon_weeks
        self._has_season = settings.reports.retail_year
        super().__init__(last, settings, lake, f"{self._horizon} {self._has_season}", history)

    def train(self, day: date) -> Trained:
        """Train with what was known at the end of a day, and keep the model.

        Where no borders can be learnt, the part of the day has no rows.
        """
        end = day_number(day) + 1
        trained = train(self.history.until(end), end, self._horizon, has_season=self._has_season)
        numbers = to_parameters(trained.model) if trained.model is not None else []
        self._keep(day, numbers_frame(MODELS, day, numbers), scores_frame(SCORES, day, trained.scores))
        return trained

    def model(self, trained_on: date) -> ValueClassModel | None:
        """The model of a training day; None where no borders could be learnt."""
        rows = self.rows(MODELS, trained_on, NUMBERS).drop("day")
        return from_parameters(map(Parameter._make, rows.iter_rows())) if rows.height else None
