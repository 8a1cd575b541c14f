"""The models of churn risk: one part of the lake for each training day, and which of them serves a report day."""

from __future__ import annotations

from datetime import date

from ca_platform.lake import Lake
from ca_platform.models.churn import (
    ChurnModel,
    Parameter,
    Trained,
    default_horizon,
    from_parameters,
    to_parameters,
    train,
)
from ca_platform.models.clv.doubts import doubts_of_orders
from ca_platform.settings import Settings
from ca_platform.training.frames import NUMBERS, numbers_frame, scores_frame
from ca_platform.training.kept import KeptModels, Orders
from ca_platform.training.orders import day_number

MODELS, SCORES = "churn_models", "churn_scores"


class ChurnModels(KeptModels):
    """The models of churn risk, made for the horizon in the settings."""

    dataset, scored = MODELS, SCORES

    def __init__(self, last: date, settings: Settings, lake: Lake, history: Orders | None = None) -> None:
        self._horizon = settings.reports.churn_risk.horizon_days
        self._has_season = settings.reports.retail_year
        self._doubts: dict[date, str] = {}
        super().__init__(last, settings, lake, f"{self._horizon} {self._has_season}", history)

    def train(self, day: date) -> Trained | None:
        """Train with what was known at the end of a day, and keep the model; None where no horizon can be told.

        That is so while nobody has ordered twice and the settings name none: then the part has no rows.
        """
        end = day_number(day) + 1
        known = self.history.until(end)
        horizon = self._horizon or default_horizon(known)
        trained = train(known, end, horizon, has_season=self._has_season) if horizon else None
        numbers = to_parameters(trained.model) if trained else ()
        scores = trained.scores if trained else ()
        self._keep(day, numbers_frame(MODELS, day, numbers), scores_frame(SCORES, day, scores))
        return trained

    def model(self, trained_on: date) -> ChurnModel | None:
        """The model of a training day; None where no horizon could be told."""
        rows = self.rows(MODELS, trained_on, NUMBERS).drop("day")
        return from_parameters(map(Parameter._make, rows.iter_rows())) if rows.height else None

    def doubt(self, trained_on: date) -> str:
        """What should be known of the risks of a training day's model, in words; empty where nothing."""
        if trained_on not in self._doubts:
            self._doubts[trained_on] = "; ".join(doubts_of_orders(self.history, day_number(trained_on) + 1))
        return self._doubts[trained_on]
