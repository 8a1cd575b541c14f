"""Sentences about cohorts, retention and growth, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.test_ages import weeks
from dash_app.records import Look
from dash_app.words import cohorts, growth, retention

MONDAY = date(2026, 11, 2)
LOOK = Look(currency="GBP", day=date(2026, 11, 22))
EARLIER = date(2026, 10, 25)


def compared(frame: pl.DataFrame) -> Look:
    return replace(LOOK, compare_day=EARLIER, compare=frame)


# ---- cohorts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (weeks((100, [10, 0, 0, 0, 5, 50]), (300, [60, 0, 0, 0, 25, 0])), "By week 4 after the first order, 25.0% of 400 customers had the second order."),
        (weeks((100, [10, 10]), (300, [60, None])), "By week 1 after the first order, 20.0% of 100 customers had the second order."),
        (weeks((1, [1])), "By week 0 after the first order, 100.0% of 1 customer had the second order."),
        (weeks((100, [10]), is_running=True), "No week after the first order is over yet."),
        (weeks((0, [0, 0])), "No week after the first order is over yet."),
    ],
)  # fmt: skip
def test_part_that_has_come_after_some_weeks(frame: pl.DataFrame, sentence: str) -> None:
    assert cohorts.cohorts(frame, LOOK, "week", 1) == sentence


def test_part_that_had_come_up_to_the_earlier_day_is_of_the_same_age() -> None:
    sentence = cohorts.cohorts(weeks((100, [10, 10])), compared(weeks((100, [10, 8]))), "week", 0)
    assert sentence == (
        "By week 1 after the download, 20.0% of 100 customers had the first order, "
        "2.0 percentage points more than up to 25 Oct 2026."
    )
    young = cohorts.cohorts(weeks((100, [10, 10])), compared(weeks((100, [10]))), "week", 0)
    assert young == "By week 1 after the download, 20.0% of 100 customers had the first order."


def test_newest_cohorts_are_held_against_those_before() -> None:
    frame = weeks((100, [10]), *[(10, [2])] * 13)
    assert cohorts.newest(frame, LOOK, "week", 0) == (
        "By week 0 after the download, 20.0% of 130 customers of the newest 13 weeks had the first order, "
        "10.0 percentage points more than of those before (10.0%)."
    )
    assert cohorts.newest(frame.head(3), LOOK, "week", 0) == (
        "By week 0 after the download, 11.7% of 120 customers had the first order; "
        "there are no older cohorts to compare with yet."
    )
    assert cohorts.newest(frame.clear(), LOOK, "week", 0) == "No week after the download is over yet."


# ---- retention ----------------------------------------------------------------------------------------------------


def months(*cohort_rates: tuple[int, list[int | None]]) -> pl.DataFrame:
    """Cohorts from September 2026 on: size, and customers in each month since."""
    rows = [
        {"cohort": date(2026, 9 + index, 1), "offset": offset, "customers": count, "cohort_size": size}
        | {"rate": None if count is None else count / size, "is_partial": None if count is None else False}
        for index, (size, counts) in enumerate(cohort_rates)
        for offset, count in enumerate(counts)
    ]
    return frames.table("monthly_retention", rows)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (months((10, [10, 4, 3]), (30, [30, 6, None])), "In month 1 after their first order, 25.0% of 40 customers ordered; in month 2, 30.0% of 10 did."),
        (months((1, [1, 1])), "In month 1 after their first order, 100.0% of 1 customer ordered."),
        (months((10, [10, None])), "No month after the first order is over yet."),
    ],
)  # fmt: skip
def test_part_that_orders_again(frame: pl.DataFrame, sentence: str) -> None:
    assert retention.retention(frame, LOOK, "month") == sentence


def test_retention_beside_that_of_an_earlier_day() -> None:
    sentence = retention.retention(months((10, [10, 4])), compared(months((10, [10, 3]))), "month")
    assert sentence.endswith("ordered, 10.0 percentage points more than up to 25 Oct 2026.")


def test_newest_cohort_is_held_against_all_before() -> None:
    frame = months((10, [10, 4, 3]), (10, [10, 2, None]), (10, [10, None, None]))
    assert retention.curves(frame, LOOK, "month") == (
        "Of 10 customers with the first order in October 2026, 20.0% ordered in the month after, "
        "20.0 percentage points less than in all cohorts before (40.0%)."
    )
    alone = retention.curves(months((10, [10, 4])), LOOK, "month")
    assert alone == "Of 10 customers with the first order in September 2026, 40.0% ordered in the month after."
    assert retention.curves(months((10, [10])), LOOK, "month") == "No month after the first order is over yet."


def revenue(*cohort_amounts: tuple[int, list[float | None]]) -> pl.DataFrame:
    """Cohorts from September 2026 on: size, and what each customer has brought by each month."""
    rows = [
        {"cohort": date(2026, 9 + index, 1), "offset": offset, "cohort_size": size, "is_partial": None if amount is None else False}
        | {"cumulative_revenue_per_customer": amount}
        for index, (size, amounts) in enumerate(cohort_amounts)
        for offset, amount in enumerate(amounts)
    ]  # fmt: skip
    return frames.table("cohort_revenue", rows)


def test_what_customers_have_brought() -> None:
    frame = revenue((10, [20.0, 30.0]), (30, [40.0, None]))
    assert retention.revenue(frame, LOOK) == (
        "By month 1 after the first order, 10 customers had brought £30.00 each; "
        "£20.00 of it in the month of the first order."
    )
    assert ", 20.0% more than up to 25 Oct 2026; " in retention.revenue(frame, compared(revenue((10, [20.0, 25.0]))))
    first = retention.revenue(revenue((10, [20.0])), LOOK)
    assert first == "By month 0 after the first order, 10 customers had brought £20.00 each."
    assert retention.revenue(revenue((10, [None])), LOOK) == "No month of a cohort is over yet."


def test_headline_is_of_the_newest_cohort_with_enough_customers() -> None:
    frame = months((60, [60, 30, 3]), (30, [30, 6, None]), (1, [1, 1, None]), (1, [1, None, None]))
    assert retention.curves(frame, LOOK, "month").startswith(
        "Of 30 customers with the first order in October 2026, 20.0% "
    )
    frame = revenue((60, [10.0, 20.0]), (30, [20.0, 30.0]), (1, [900.0, 999.0]))
    assert "30 customers with the first order in October 2026 had brought £30.00" in retention.revenue_curves(
        frame, LOOK
    )


def test_what_the_newest_cohort_has_brought() -> None:
    frame = revenue((10, [20.0, 30.0]), (30, [40.0, 60.0]), (5, [90.0, None]))
    assert retention.revenue_curves(frame, LOOK) == (
        "By month 1 after it, 30 customers with the first order in October 2026 had brought £60.00 each, "
        "100.0% more than all cohorts before (£30.00)."
    )
    assert retention.revenue_curves(revenue((1, [20.0])), LOOK) == (
        "By month 0 after it, 1 customer with the first order in September 2026 had brought £20.00 each."
    )


# ---- growth -------------------------------------------------------------------------------------------------------


def growing(*values: dict[str, float], partial: bool = False, **changes: float) -> pl.DataFrame:
    """Metrics of consecutive weeks; the changes are those of the last."""
    rows: list[dict[str, Any]] = []
    for index, week in enumerate(values):
        is_last = index == len(values) - 1
        for name, value in week.items():
            row = {"period": "week", "date": MONDAY + timedelta(weeks=index), "metric": name, "value": value}
            rows.append(row | {"is_partial": partial and is_last} | (changes if is_last else {}))
    return frames.table("growth", rows)


PARTS = {"new_customers": 1.0, "returning_customers": 3.0, "reactivated_customers": 2.0, "churned_customers": 5.0}


def test_customers_of_a_week_and_of_whom_they_are_made() -> None:
    said = "In the week of 2 Nov 2026, 6 customers ordered (3 returning, 1 new, 2 reactivated); 5 of the week before did not"
    assert growth.customers(growing(PARTS), LOOK, "week") == f"{said}."
    running = growth.customers(growing(PARTS, PARTS, partial=True), LOOK, "week")
    assert running == f"{said}; the week of 9 Nov 2026 is not finished yet."


def test_customers_of_a_first_week_that_is_not_over() -> None:
    one = {"new_customers": 1.0, "returning_customers": 0.0, "reactivated_customers": 0.0, "churned_customers": 0.0}
    sentence = growth.customers(growing(one, partial=True), LOOK, "week")
    assert sentence == "So far in the week of 2 Nov 2026, 1 customer ordered (0 returning, 1 new, 0 reactivated)."
    assert growth.customers(growing(one), LOOK, "month") == "There is no month yet."


@pytest.mark.parametrize(
    ("frame", "name", "sentence"),
    [
        (growing({"revenue": 100.0}), "revenue", "In the week of 2 Nov 2026 revenue was £100.00."),
        (growing({"revenue": 100.0}, change_previous=0.25, change_year=-0.5), "revenue", "In the week of 2 Nov 2026 revenue was £100.00, +25.0% on the week before and −50.0% on a year before."),
        (growing({"orders": 1.0}, change_previous=0.0), "orders", "In the week of 2 Nov 2026 there was 1 order, 0.0% on the week before."),
        (growing({"orders": 9.0}, {"orders": 2.0}, partial=True), "orders", "In the week of 2 Nov 2026 there were 9 orders; the week of 9 Nov 2026 is not finished yet."),
        (growing({"orders": 2.0}, partial=True), "orders", "So far in the week of 2 Nov 2026 there were 2 orders."),
        (growing({"orders": 2.0}), "revenue", "There is no week yet."),
    ],
)  # fmt: skip
def test_measure_of_the_last_finished_week(frame: pl.DataFrame, name: Any, sentence: str) -> None:
    assert growth.measure(frame, LOOK, name, "week") == sentence
