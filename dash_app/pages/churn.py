"""``/churn``: how many customers have gone quiet, and how many come back."""

from __future__ import annotations

import polars as pl

from dash_app.figures import churn as figures
from dash_app.figures import risk as risk_figures
from dash_app.figures.blank import without
from dash_app.figures.opening import X, by_name, each, opens
from dash_app.figures.tenths import without_deciles
from dash_app.filters import ChurnFilters
from dash_app.records import LISTED, Card, Look, Page, without_rows
from dash_app.words import churn as words
from dash_app.words import risk

_NO_BUYERS = "No customer has ordered yet."
_NO_THRESHOLD = "At no Monday is there a threshold and a customer with an order yet."
_NO_MOVES = "There are no two Mondays with a threshold yet."


def _newest(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """As many of the newest Mondays as are chosen."""
    weeks = ChurnFilters.of(look.filters).weeks
    return frame if weeks == "all" else frame.sort("week").tail(int(weeks))


CHURN = Page(
    "/churn",
    (
        Card(
            id="churn-now",
            report="churn",
            title="Churned and engaged customers",
            reading=words.reading,
            tiles=words.tiles,
            kind="tiles",
            height=150,
            width="full",
            empty=_NO_BUYERS,
            is_empty=without("customers"),
            history=words.HISTORY,
        ),
        Card(
            id="churn-rate",
            report="churn_weekly",
            title="Churn rate",
            reading=words.weekly_rate,
            figure=figures.rate,
            drill=each("churned", week=X),
            empty=_NO_THRESHOLD,
            is_empty=figures.without_threshold,
            rows=_newest,
        ),
        Card(
            id="churn-customers",
            report="churn_weekly",
            title="Engaged and churned customers",
            reading=words.weekly_customers,
            figure=figures.customers,
            drill=by_name({name: opens(name, week=X) for name in ("engaged", "churned")}),
            empty=_NO_THRESHOLD,
            is_empty=figures.without_threshold,
            rows=_newest,
        ),
        Card(
            id="churn-moves",
            report="churn_weekly",
            title="Who churned and who came back",
            reading=words.weekly_moves,
            figure=figures.moves,
            drill=by_name({"churned": opens("newly_churned", week=X), "came back": opens("reactivated", week=X)}),
            empty=_NO_MOVES,
            is_empty=figures.without_moves,
            rows=_newest,
        ),
        Card(
            id="churn-threshold",
            report="churn_weekly",
            title="Threshold",
            reading=words.weekly_threshold,
            figure=figures.threshold,
            empty=_NO_THRESHOLD,
            is_empty=figures.without_threshold,
            rows=_newest,
        ),
        Card(
            id="churn-risk",
            report="churn_risk_distribution",
            title="Churn risk",
            reading=risk.likely,
            figure=risk_figures.distribution,
            drill=each("customers", bin_start=X),
            empty=risk.NO_RISK,
            is_empty=without("customers"),
            also="churn_backtest",
        ),
        Card(
            id="churn-calibration",
            report="churn_backtest",
            title="Churn risk: forecast and outcome",
            reading=risk.calibration,
            figure=risk_figures.calibration,
            empty=risk.TOO_SHORT,
            is_empty=without_deciles,
        ),
        Card(
            id="churn-models",
            report="churn_backtest",
            title="Churn risk: models",
            reading=risk.models,
            listing=risk.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=risk.TOO_SHORT,
            is_empty=without_rows,
        ),
    ),
    ChurnFilters,
)
