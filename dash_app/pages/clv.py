"""``/clv``: what customers are expected to bring, and how good such forecasts were."""

from __future__ import annotations

from dash_app.figures import value_models as model_figures
from dash_app.records import LISTED, Card, Page, without_rows
from dash_app.words import value_models

CLV = Page(
    "/clv",
    (
        Card(
            id="clv-calibration",
            report="clv_backtest",
            title="Lifetime value: forecast and outcome",
            reading=value_models.calibration,
            figure=model_figures.calibration,
            empty=value_models.TOO_SHORT,
            is_empty=model_figures.without_deciles,
        ),
        Card(
            id="clv-models",
            report="clv_backtest",
            title="Lifetime value: models",
            reading=value_models.models,
            listing=value_models.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=value_models.TOO_SHORT,
            is_empty=without_rows,
        ),
    ),
)
