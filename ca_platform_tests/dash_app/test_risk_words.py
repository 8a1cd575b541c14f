"""Churn risk in words and as points."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.figures import risk as figures
from dash_app.figures import tenths
from dash_app.pages import CARDS
from dash_app.records import Look
from dash_app.words import risk
from dash_app.words.backtests import newest

LOOK = Look(currency="GBP", day=frames.DAY)
SPREAD, TESTS = "churn_risk_distribution", "churn_backtest"


def spread(**changes: object) -> pl.DataFrame:
    return frames.report(SPREAD).with_columns(**{name: pl.lit(value) for name, value in changes.items()})


def test_those_above_a_half_are_at_risk() -> None:
    frame = spread(customers=10).with_columns(pl.col("customers").cast(pl.Int64))
    said = risk.likely(frame, LOOK)
    assert said.startswith(
        "50 of 100 customers (50.0%) are likelier than not to place no order within 42 days; by logistic"
    )
    assert "trained on" in said


def test_baseline_is_named_as_what_it_is() -> None:
    said = risk.likely(spread(model="waiting_times"), LOOK)
    assert said.endswith("; by how long customers have waited before.")


def test_the_earlier_day_is_held_against_the_shown_one() -> None:
    look = Look(day=frames.DAY, compare=frames.report(SPREAD), compare_day=frames.DAY - timedelta(days=30))
    assert "as of" in risk.likely(spread(customers=10), look)


def test_too_short_a_history_says_the_minimum() -> None:
    assert "8 weeks" in risk.TOO_SHORT
    assert "20 customers who came again" in risk.TOO_SHORT
    for name in ("churn-calibration", "churn-models"):
        assert CARDS[name].empty == risk.TOO_SHORT
        assert CARDS[name].is_empty(frames.report(TESTS).clear())


def test_models_are_listed_by_their_mean_brier_score_and_the_served_is_marked() -> None:
    listing = risk.listed(frames.report(TESTS), LOOK)
    assert [row[0].text for row in listing.rows] == [
        "logistic regression and trees together (serves)",
        "logistic regression",
        "days since the last order",
    ]
    assert [cell.text for cell in listing.rows[0][1:]] == ["0.7615", "0.1680", "2.8 pp", "1.2 pp"]
    assert "4 tests of 42 days" in listing.note


def test_what_serves_is_named_with_its_score() -> None:
    said = risk.models(frames.report(TESTS), LOOK)
    assert said.startswith("Of 3 models, logistic regression and trees together had the lowest Brier score (0.168")


def test_metric_without_a_value_is_a_dash() -> None:
    blind = frames.report(TESTS).with_columns(
        value=pl.when(pl.col("metric") == "auc").then(None).otherwise(pl.col("value"))
    )
    assert {row[1].text for row in risk.listed(blind, LOOK).rows} == {"–"}
    assert "ranks" not in risk.models(blind, LOOK)


def test_points_are_the_deciles_of_each_test() -> None:
    frame = frames.report(TESTS)
    points = tenths.deciles(newest(frame))
    assert points["decile"].to_list() == list(range(1, 11))
    assert points["forecast"].to_list() == pytest.approx([0.09 * place for place in range(1, 11)])
    traces = figures.calibration(frame, LOOK)["data"]
    assert [trace["mode"] for trace in traces] == ["markers"] * 3 + ["lines+markers"]


def test_risk_that_no_test_stands_behind_comes_with_a_warning() -> None:
    frame, tests = frames.report("churn_risk_distribution"), frames.report(TESTS)
    assert "Beware" in risk.likely(frame, replace(LOOK, also=tests.clear()))
    assert "Beware" not in risk.likely(frame, replace(LOOK, also=tests))


def test_what_the_orders_look_like_is_warned_of() -> None:
    said = risk.likely(spread(note="one customer has 90% of all orders"), LOOK)
    assert said.endswith(". Beware: one customer has 90% of all orders.")
    of_an_earlier_version = frames.report(SPREAD).drop("note")
    assert "Beware" not in risk.likely(of_an_earlier_version, LOOK)


def test_ticks_of_the_risk_stand_between_the_bars() -> None:
    axis = figures.distribution(frames.report("churn_risk_distribution"), LOOK)["layout"]["xaxis"]
    assert axis["ticktext"] == ["0%", "20%", "40%", "60%", "80%", "100%"]
    assert [round(place + 0.05, 2) for place in axis["tickvals"]] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
