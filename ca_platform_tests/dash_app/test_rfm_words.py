"""Views of recency, frequency and amount in words: what a point is."""

from __future__ import annotations

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.figures import rfm as figures
from dash_app.records import Look
from dash_app.words import rfm as words

LOOK = Look(currency="GBP", day=frames.DAY)


def view(*customers: int, is_binned: bool = False) -> pl.DataFrame:
    rows = [
        {"recency_hours": 24.0 * n, "recency_hours_to": 24.0 * n, "monetary": 5.0, "monetary_to": 5.0}
        | {"customers": count, "is_binned": is_binned}
        for n, count in enumerate(customers)
    ]
    return frames.table("recency_monetary", rows)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (view(1, 1, 1), "Each of the 3 points is a customer."),
        (view(1), "The point is a customer."),
        (view(1, 2), "Each of the 2 points stands for the customers with the same values, 3 customers in all."),
        (view(9_000, 1, is_binned=True), "9,001 customers in 2 bins: darker squares hold more of them."),
        (view(), "No customer has ordered yet."),
    ],
)
def test_view_says_what_a_point_is(frame: pl.DataFrame, sentence: str) -> None:
    assert words.view(frame, LOOK) == sentence


def test_view_counts_the_points_that_it_draws() -> None:
    once = view(1, 1, 1).with_columns(frequency_hours=pl.Series([24.0, 48.0, None]))
    assert words.view(once, LOOK) == "Each of the 2 points is a customer."
    assert words.view(once.tail(1), LOOK) == "No customer has ordered twice yet."


def test_axis_of_amounts_names_the_currency() -> None:
    figure = figures.view(view(1, 1), LOOK, across="recency", up="monetary")
    assert set(figure["layout"]["yaxis"]["ticktext"]) >= {"£5", "£10"}
    assert "ticktext" not in figure["layout"]["xaxis"]


def test_axis_of_amounts_from_a_penny_to_a_fortune_is_written_as_amounts_are() -> None:
    ends = view(1, 1).with_columns(monetary=pl.Series([0.01, 77_183.6]), monetary_to=pl.Series([0.01, 77_183.6]))
    figure = figures.view(ends, LOOK, across="recency", up="monetary")
    assert figure["layout"]["yaxis"]["ticktext"] == [
        "£0.01", "£0.10", "£1", "£10", "£100", "£1,000", "£10k", "£100k",
    ]  # fmt: skip


def test_customers_left_out_of_a_view_are_those_without_a_time_between_orders() -> None:
    # Two orders within an hour leave no time between them: these customers have not "ordered once".
    once = view(1, 1, 1).with_columns(frequency_hours=pl.Series([24.0, 48.0, None]), frequency_hours_to=pl.lit(24.0))
    notes = str(figures.view(once, LOOK, across="recency", up="frequency")["layout"])
    assert "without 1 who have no time between orders" in notes


def test_amounts_of_nothing_are_said_to_stand_at_a_penny() -> None:
    free = view(1, 1).with_columns(monetary=pl.lit(0.0), monetary_to=pl.lit(0.0))
    assert "amounts of 0 stand at £0.01" in str(figures.view(free, LOOK, across="recency", up="monetary")["layout"])
    assert "amounts of 0" not in str(figures.view(view(1, 1), LOOK, across="recency", up="monetary")["layout"])
