"""Sentences about the journey and churn, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.records import Look
from dash_app.words import churn, journey

MONDAY = date(2026, 11, 2)
LOOK = Look(currency="GBP", day=date(2026, 11, 22))
EARLIER = date(2026, 10, 25)


def compared(frame: pl.DataFrame) -> Look:
    return replace(LOOK, compare_day=EARLIER, compare=frame)


# ---- journey ------------------------------------------------------------------------------------------------------


def stages(*counts: int, hours: float = 24.0, silent: float | None = 72.0) -> pl.DataFrame:
    """Stages of the same length, and the time since the last order."""
    rows: list[dict[str, Any]] = [
        {
            "stage": f"order_{index}_to_order_{index + 1}" if index else "download_to_order_1",
            "stage_index": index,
            "customers": count,
            "mean_hours": hours * (index + 1) if count else None,
            "median_hours": hours / 2 if count else None,
            "cumulative_mean_hours": hours * (index + 1) * (index + 2) / 2 if count else None,
            "mean_amount": 10.0 + index if count else None,
        }
        for index, count in enumerate(counts)
    ]
    now = {"stage": "last_order_to_now", "stage_index": len(counts), "customers": counts[0], "mean_hours": silent}
    return frames.table("customer_journey", [*rows, now | {"median_hours": silent}])


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (stages(1000, 250), "1,000 customers ordered; 25.0% of them reached order 2."),
        (stages(1), "1 customer ordered; most ordered once, so the journey ends there."),
        (stages(0, silent=None), "No customer has ordered yet."),
    ],
)
def test_customers_who_reach_the_last_stage(frame: pl.DataFrame, sentence: str) -> None:
    assert journey.reached(frame, LOOK) == sentence


def test_journey_beside_that_of_an_earlier_day() -> None:
    assert journey.reached(stages(1000, 250), compared(stages(500, 100))) == (
        "1,000 customers ordered, 100.0% more than up to 25 Oct 2026; 25.0% of them reached order 2, "
        "5.0 percentage points more than up to 25 Oct 2026."
    )
    assert "(2.5 days as of 25 Oct 2026)" in journey.times(stages(9, 3), compared(stages(9, 3, hours=20.0)))


def test_how_long_the_stages_take() -> None:
    assert journey.times(stages(9, 3), LOOK) == (
        "The stages up to order 2 take 3.0 days on average; "
        "the longest is that from order 1 to order 2: 2.0 days, 12.0 h in the median."
    )
    assert journey.times(stages(9), LOOK) == (
        "The stages up to order 1 take 24.0 h on average; half of the customers need no more than 12.0 h."
    )
    assert journey.times(stages(0, silent=None), LOOK) == "No customer has gone through a stage yet."


def test_what_the_orders_are_worth() -> None:
    assert journey.amounts(stages(9, 3), LOOK) == (
        "The first order is worth £10.00 on average, order 2 £11.00, 10.0% more than the first."
    )
    assert journey.amounts(stages(9, 0), LOOK) == "The first order is worth £10.00 on average."
    assert journey.amounts(stages(0, silent=None), LOOK) == "No customer has ordered yet."


def test_time_since_the_last_order() -> None:
    assert journey.since_last(stages(9), LOOK) == (
        "For half of the 9 customers with an order the last one is more than 3.0 days ago; the mean is 3.0 days."
    )
    assert journey.since_last(stages(0, silent=None), LOOK) == "No customer has ordered yet."


def test_tiles_of_the_journey_beside_an_earlier_day() -> None:
    found = journey.tiles(stages(10, 3), compared(stages(8, 3, silent=48.1)))
    assert [(tile.label, tile.value, tile.change, tile.trend) for tile in found] == [
        ("Customers with an order", "10", "+25.0% since 25 Oct 2026", "up"),
        ("Download to order 2, mean", "3.0 days", "3.0 days on 25 Oct 2026", "flat"),
        ("Last order to now, median", "3.0 days", "2.0 days on 25 Oct 2026", "up"),
        ("Last order to now, mean", "3.0 days", "2.0 days on 25 Oct 2026", "up"),
    ]
    assert {tile.change for tile in journey.tiles(stages(10, 3), LOOK)} == {""}


# ---- churn --------------------------------------------------------------------------------------------------------


def state(
    customers: int, churned: int | None, threshold: float | None = 42.26, method: str = "global"
) -> dict[str, Any]:
    known = churned is not None
    return {
        "customers": customers,
        "churned": churned,
        "engaged": customers - (churned or 0) if known else None,
        "churn_rate": (churned or 0) / customers if known and customers else None,
        "threshold_days": threshold,
        "method": method,
    }


def now(*args: Any, **more: Any) -> pl.DataFrame:
    return frames.table("churn", [state(*args, **more)])


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (now(1000, 250), "25.0% of 1,000 customers have not ordered for more than 42.3 days, the mean time between two orders of all customers: they count as churned."),
        (now(8, 2, method="customer"), "25.0% of 8 customers have not ordered for longer than a multiple of their own mean time between orders (42.3 days on average): they count as churned."),
        (now(8, 2, 90.0, method="fixed"), "25.0% of 8 customers have not ordered for more than 90.0 days, as the settings say: they count as churned."),
        (now(8, None, None), "Of 8 customers nobody has ordered twice yet, so there is no time after which a customer counts as churned."),
        (now(0, 0, 90.0, method="fixed"), "No customer has ordered yet."),
    ],
)  # fmt: skip
def test_churn_is_said_with_its_definition(frame: pl.DataFrame, sentence: str) -> None:
    assert churn.reading(frame, LOOK) == sentence


def test_tiles_of_churn_beside_an_earlier_day() -> None:
    found = churn.tiles(now(1000, 250), compared(now(800, 160, 40.0)))
    assert [(tile.label, tile.value, tile.change, tile.trend, tile.is_good) for tile in found] == [
        ("Churn rate", "25.0%", "+5.0 pp since 25 Oct 2026", "up", False),
        ("Churned customers", "250", "+56.2% since 25 Oct 2026", "up", False),
        ("Engaged customers", "750", "+17.2% since 25 Oct 2026", "up", True),
        ("Customers with an order", "1,000", "+25.0% since 25 Oct 2026", "up", True),
        ("Threshold", "42.3 days", "40.0 days on 25 Oct 2026", "up", None),
    ]


def test_tiles_of_churn_are_held_against_the_week_before_where_it_is_computed() -> None:
    days = (LOOK.day - timedelta(days=back) for back in (7, 0))  # type: ignore[operator]
    history = pl.concat(
        now(1000, churned).select(pl.lit(day).alias("report_date"), pl.all())
        for day, churned in zip(days, (200, 250), strict=True)
    )
    rate = churn.tiles(now(1000, 250), replace(LOOK, history=history))[0]
    assert (rate.change, rate.spark) == ("+5.0 pp since 15 Nov 2026", (0.2, 0.25))
    assert churn.tiles(now(1000, 250), replace(LOOK, history=history[1:]))[0].change == "nothing to compare with yet"


def test_tiles_without_a_threshold_say_why() -> None:
    rate, *_, customers, threshold = churn.tiles(now(8, None, None), LOOK)
    assert (rate.value, rate.change) == ("–", "no customer has ordered twice yet")
    assert (customers.value, threshold.value) == ("8", "–")


def mondays(*states: dict[str, Any]) -> pl.DataFrame:
    rows = [{"week": date(2026, 5, 4) + timedelta(weeks=index)} | one for index, one in enumerate(states)]
    return frames.table("churn_weekly", rows)


def test_churn_at_the_last_monday_against_four_weeks_before() -> None:
    frame = mondays(state(100, 10), *[state(100, 12)] * 3, state(200, 30))
    assert churn.weekly_rate(frame, LOOK) == (
        "On Monday 1 Jun 2026, 15.0% of 200 customers were churned, 5.0 percentage points more than four weeks before (10.0%)."
    )
    assert churn.weekly_customers(frame, LOOK) == (
        "On Monday 1 Jun 2026 there were 170 engaged and 30 churned customers; "
        "the engaged are 88.9% more than four weeks before (90)."
    )
    one = mondays(state(100, 10))
    assert churn.weekly_rate(one, LOOK) == "On Monday 4 May 2026, 10.0% of 100 customers were churned."
    assert churn.weekly_rate(mondays(state(1, None, None)), LOOK) == "At no Monday is there a threshold yet."
    assert churn.weekly_customers(mondays(state(1, None, None)), LOOK) == "At no Monday is there a threshold yet."


@pytest.mark.parametrize(
    ("went", "back", "balance"),
    [(5, 3, "2 more are churned than on the Monday before"), (1, 3, "2 fewer are churned than on the Monday before"), (4, 3, "1 more is churned than on the Monday before"), (3, 3, "as many are churned as on the Monday before")],
)  # fmt: skip
def test_who_went_and_who_came_back(went: int, back: int, balance: str) -> None:
    frame = mondays(state(100, 10), state(100, 12) | {"newly_churned": went, "reactivated": back})
    customers = "customer" if went == 1 else "customers"
    sentence = f"In the week up to Monday 11 May 2026, {went} {customers} churned and {back} came back: {balance}."
    assert churn.weekly_moves(frame, LOOK) == sentence
    assert churn.weekly_moves(frame.head(1), LOOK) == "There are no two Mondays with a threshold yet."


def test_threshold_at_the_last_monday_and_half_a_year_before() -> None:
    frame = mondays(state(9, 1, 30.0), *[state(9, 1, 33.0)] * 25, state(9, 1, 36.5))
    assert churn.weekly_threshold(frame, LOOK) == (
        "On Monday 2 Nov 2026 a customer counted as churned who had not ordered for more than 36.5 days, "
        "the mean time between two orders of all customers; half a year before it was 30.0 days."
    )
    assert churn.weekly_threshold(mondays(state(1, None, None)), LOOK) == "At no Monday is there a threshold yet."
