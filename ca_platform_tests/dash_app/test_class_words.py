"""Value classes in words and as marks."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from dash_app.figures import value_classes as figures
from dash_app.pages import CARDS
from dash_app.records import Look
from dash_app.words import value_classes as words
from dash_app.words.formats import formats

LOOK = Look(currency="GBP", day=frames.DAY)
COUNTS, TESTS = "clv_segments_distribution", "clv_segments_backtest"


def test_high_and_low_are_said_as_amounts_within_the_horizon() -> None:
    said = words.classes(frames.report(COUNTS), LOOK)
    assert "(16.0%) are likely to bring more than £690.00 within 70 days" in said
    assert "(60.0%) nothing; by logistic regression and trees together, trained on" in said


def test_low_is_an_amount_where_most_customers_bring_something() -> None:
    frame = frames.report(COUNTS).with_columns(low_border=pl.lit(5.5))
    assert "(60.0%) at most £5.50;" in words.classes(frame, LOOK)
    assert words.meaning("mid", frame.row(0, named=True), formats(LOOK)) == "£5.50 to £690.00"


def test_the_earlier_day_is_held_against_the_shown_one() -> None:
    look = Look(day=frames.DAY, compare=frames.report(COUNTS), compare_day=frames.DAY - timedelta(days=30))
    assert "as much as on 22 Oct 2026" in words.classes(frames.report(COUNTS), look)


def test_what_was_told_rightly_is_said_by_class() -> None:
    said = words.confusion(frames.report(TESTS), LOOK)
    assert "of 61.6% of 3,700 customers was predicted correctly: 80.0% of low, 42.0% of mid, 60.0% of high." in said


def test_models_are_listed_by_their_mean_log_loss_and_the_served_is_marked() -> None:
    listing = words.listed(frames.report(TESTS), LOOK)
    assert [row[0].text for row in listing.rows] == [
        "logistic regression and trees together (serves)",
        "class of the spend in the horizon before",
        "most frequent class",
    ]
    assert [cell.text for cell in listing.rows[0][1:]] == ["61.0%", "0.580", "0.780", "80.0%", "42.0%", "60.0%"]
    assert "4 tests of 70 days each" in listing.note


def test_what_serves_is_held_against_the_class_of_the_spend_before() -> None:
    said = words.models(frames.report(TESTS), LOOK)
    assert said.startswith("Of 3 models, logistic regression and trees together had the lowest log loss over 4 tests")
    assert said.endswith("the class of the spend before: 54.0% right, macro F1 0.520.")


def test_where_no_model_could_be_learnt_it_is_said_what_serves_instead() -> None:
    few = (
        frames.report(TESTS).filter(pl.col("model") != "blend").with_columns(is_served=pl.col("model") == "last_spend")
    )
    said = words.models(few, LOOK)
    assert said.startswith("Class of the spend in the horizon before serves: too few customers came to be in one")
    assert said.endswith("Over 4 tests of 70 days each: 54.0% right, macro F1 0.520.")


def test_too_short_a_history_says_the_minimum() -> None:
    assert "8 weeks" in words.TOO_SHORT
    assert "20 customers" in words.TOO_SHORT
    for name in ("clv-classes", "clv-confusion", "clv-class-models"):
        assert CARDS[name].empty == words.TOO_SHORT
        assert CARDS[name].is_empty(frames.report(CARDS[name].report).clear())


def test_where_all_are_told_the_same_the_card_says_how_many_come_and_shows_no_bar() -> None:
    frame = frames.report(COUNTS)
    alike = frame.with_columns(
        model=pl.lit("most_frequent"),
        customers=pl.when(pl.col("value_class") == "low").then(40).otherwise(0).cast(pl.Int64),
        expected_customers=pl.Series([27.0, 8.6, 4.4]),
    )
    card = CARDS["clv-classes"]
    assert card.is_empty(alike)
    assert not card.is_empty(frame)
    assert card.why_empty is not None
    assert card.why_empty(alike).endswith("of 40 customers some 27 in low, 9 in mid, 4 in high are expected.")
    assert card.why_empty(frame.clear()) == words.TOO_SHORT


def test_cells_are_the_shares_of_each_class_that_came() -> None:
    figure = figures.confusion(frames.report(TESTS), LOOK)
    assert [sum(line) for line in figure["data"][0]["z"]] == pytest.approx([1, 1, 1])
    assert drawn.texts(figure, "share")[2] == ["15.0%", "25.0%", "60.0%"]


def test_a_class_that_nobody_came_to_be_in_has_dashes() -> None:
    frame = frames.report(TESTS).with_columns(
        value=pl.when(pl.col("metric").str.starts_with("high_said") | (pl.col("metric") == "recall_high"))
        .then(None)
        .otherwise(pl.col("value"))
    )
    assert drawn.texts(figures.confusion(frame, LOOK), "share")[2] == ["–", "–", "–"]
    assert "of high" not in words.confusion(frame, LOOK)


def test_without_a_test_there_is_nothing_to_draw() -> None:
    frame = frames.report(TESTS)
    assert not figures.without_test(frame)
    assert figures.without_test(frame.filter(~pl.col("is_served")))
