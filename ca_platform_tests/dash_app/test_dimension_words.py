"""Sentences about the values of dimensions, held against cases computed by hand."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.records import Look
from dash_app.words import dimensions

MONDAY = date(2026, 11, 2)
LOOK = Look(currency="GBP", day=date(2026, 11, 22))
EARLIER = date(2026, 10, 25)


# ---- dimensions ---------------------------------------------------------------------------------------------------


def sales(*rows: tuple[str, str | None, float]) -> pl.DataFrame:
    return frames.table(
        "dimension_kpis", [{"dimension": name, "value": value, "revenue": revenue} for name, value, revenue in rows]
    )


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (sales(("region", "EU", 30.0), ("region", None, 10.0)), "The most revenue comes from region “EU” (75.0%, £30.00)."),
        (sales(("region", "EU", 10.0), ("region", None, 30.0)), "The most revenue comes from orders without a region (75.0%, £30.00)."),
        (sales(("region", "EU", 40.0), ("a", "b<c", 40.0), ("d", "e", 40.0)), "The most revenue comes from region “EU” (100.0%, £40.00), from a “b<c” (100.0%, £40.00) and from d “e” (100.0%, £40.00)."),
        (sales(("region", "EU", 0.0)), "No value of a dimension has revenue yet."),
    ],
)  # fmt: skip
def test_value_with_the_most_revenue(frame: pl.DataFrame, sentence: str) -> None:
    assert dimensions.revenue_by_value(frame, LOOK) == sentence


def daily_sales(days_: int, **values: float) -> pl.DataFrame:
    rows = [
        {
            "dimension": "region",
            "value": value,
            "date": MONDAY + timedelta(days=day),
            "revenue": revenue * (1 + (day >= 7)),
        }
        for value, revenue in values.items()
        for day in range(days_)
    ]
    return frames.table("daily_dimension_values", rows)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (daily_sales(14, EU=3.0, US=1.0), "In the last seven days region “EU” brought £6.00 a day, 75.0% of all, 100.0% more than in the seven days before."),
        (daily_sales(13, EU=3.0, US=1.0), "In the last seven days region “EU” brought £5.57 a day, 75.0% of all."),
        (daily_sales(4, EU=3.0), "In the first 4 days region “EU” brought £3.00 a day, 100.0% of all."),
        (daily_sales(1, EU=3.0), "On the first day region “EU” brought £3.00 a day, 100.0% of all."),
        (daily_sales(9, EU=0.0), "In the last seven days there was no revenue."),
    ],
)  # fmt: skip
def test_value_with_the_most_revenue_of_the_last_days(frame: pl.DataFrame, sentence: str) -> None:
    assert dimensions.daily_revenue_by_value(frame, LOOK) == sentence
