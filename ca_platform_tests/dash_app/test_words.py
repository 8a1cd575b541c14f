"""Sentences, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.pages import CARDS
from dash_app.records import Look
from dash_app.words import dimensions, orders, steps

MONDAY = date(2026, 11, 2)
LOOK = Look(currency="GBP", day=date(2026, 11, 22))
EARLIER = date(2026, 10, 25)


def days(*counts: int, partial: bool = False) -> pl.DataFrame:
    rows = [{"date": MONDAY + timedelta(days=index), "orders": count} for index, count in enumerate(counts)]
    rows[-1]["is_partial"] = partial
    return frames.table("daily_orders", rows)


def weeks(*counts: int, partial: bool = False, first: date = MONDAY) -> pl.DataFrame:
    rows = [{"date": first + timedelta(days=7 * index), "orders": count} for index, count in enumerate(counts)]
    rows[-1]["is_partial"] = partial
    return frames.table("weekly_orders", rows)


def funnel(*counts: tuple[int, int], partial: bool = False) -> pl.DataFrame:
    """Sessions and purchases of consecutive weeks."""
    rows: list[dict[str, Any]] = []
    for index, (sessions, purchases) in enumerate(counts):
        common = {
            "date": MONDAY + timedelta(days=7 * index),
            "is_partial": partial and index == len(counts) - 1,
        }
        rows.append(common | {"step": "session_start", "step_index": 0, "sessions": sessions})
        rows[-1]["share_of_sessions"] = 1.0 if sessions else None
        rows.append(common | {"step": "purchase", "step_index": 1, "sessions": purchases})
        rows[-1]["share_of_sessions"] = purchases / sessions if sessions else None
    return frames.table("weekly_funnel", rows)


def compared(frame: pl.DataFrame) -> Look:
    return replace(LOOK, compare_day=EARLIER, compare=frame)


# ---- orders -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (days(1), "On Mon 2 Nov 2026 there was 1 order."),
        (days(7, 0), "On Tue 3 Nov 2026 there were 0 orders."),
        (
            days(10, 10, 10, 10, 10, 10, 10, 12),
            "On Mon 9 Nov 2026 there were 12 orders, 20.0% more than the mean of the seven days before (10.0).",
        ),
        (
            days(1, 2, 3, 4, 5, 6, 7, 2),
            "On Mon 9 Nov 2026 there were 2 orders, 50.0% fewer than the mean of the seven days before (4.00).",
        ),
        (days(0, 0, 0, 0, 0, 0, 0, 5), "On Mon 9 Nov 2026 there were 5 orders."),
        (
            days(10, 10, 10, 10, 10, 10, 10, 10, 3, partial=True),
            "On Mon 9 Nov 2026 there were 10 orders, as many as the mean of the seven days before (10.0); Tue 10 Nov 2026 is not finished yet.",
        ),
        (days(3, partial=True), "So far on Mon 2 Nov 2026 there were 3 orders."),
    ],
)
def test_orders_of_the_last_finished_day(frame: pl.DataFrame, sentence: str) -> None:
    assert orders.daily_orders(frame, LOOK) == sentence


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (weeks(10), "In the week of 2 Nov 2026 there were 10 orders."),
        (weeks(8, 9), "In the week of 9 Nov 2026 there were 9 orders, 12.5% more than the week before (8)."),
        (
            weeks(8, 9, 1, partial=True),
            "In the week of 9 Nov 2026 there were 9 orders, 12.5% more than the week before (8); the week of 16 Nov 2026 is not finished yet.",
        ),
        (
            weeks(9, 1, partial=True),
            "In the week of 2 Nov 2026 there were 9 orders; the week of 9 Nov 2026 is not finished yet.",
        ),
        (weeks(0, 9), "In the week of 9 Nov 2026 there were 9 orders."),
        (
            weeks(10_000, 10_001),
            "In the week of 9 Nov 2026 there were 10,001 orders, about as many as the week before (10,000).",
        ),
        (weeks(2, 30), "In the week of 9 Nov 2026 there were 30 orders, 15.0 times the week before (2)."),
    ],
)
def test_a_full_week_is_never_held_against_a_part(frame: pl.DataFrame, sentence: str) -> None:
    assert orders.orders_by_period(frame, LOOK, "week") == sentence


def test_week_that_began_before_the_shop_is_nothing_to_compare_with() -> None:
    frame = weeks(3, 9).with_columns(is_partial=pl.Series([True, False]))
    assert orders.orders_by_period(frame, LOOK, "week") == "In the week of 9 Nov 2026 there were 9 orders."


def test_earlier_report_is_named_with_its_own_week() -> None:
    look = compared(weeks(5, 6, first=date(2026, 10, 5)))
    sentence = "In the week of 9 Nov 2026 there were 9 orders (6 in the week of 12 Oct 2026), 12.5% more than the week before (8)."
    assert orders.orders_by_period(weeks(8, 9), look, "week") == sentence


def test_month_has_a_name() -> None:
    rows = [{"date": date(2026, 10, 1), "orders": 4}, {"date": date(2026, 11, 1), "orders": 3, "is_partial": True}]
    sentence = "In October 2026 there were 4 orders; November 2026 is not finished yet."
    assert orders.orders_by_period(frames.table("monthly_orders", rows), LOOK, "month") == sentence


def hourly(**means: float) -> pl.DataFrame:
    rows = [{"hour": hour, "mean_orders": means.get(f"h{hour}", 0.0), "days": 10} for hour in range(24)]
    return frames.table("hourly_orders", rows)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (
            hourly(h9=1.0, h20=3.0),
            "The busiest hour is 20:00 to 21:00: 3.00 orders on a mean day, 75.0% of the day's 4.00.",
        ),
        (
            hourly(h9=1.0, h23=1.0),
            "The busiest hour is 09:00 to 10:00: 1.00 orders on a mean day, 50.0% of the day's 2.00.",
        ),
        (hourly(), "No orders at any hour."),
    ],
)
def test_busiest_hour(frame: pl.DataFrame, sentence: str) -> None:
    assert orders.hourly_orders(frame, LOOK) == sentence


def test_busiest_hour_of_a_funnel_is_that_of_its_first_step() -> None:
    rows = [
        {
            "hour": hour,
            "step": step,
            "step_index": index,
            "mean_customers": float(hour == (3 if index else 7)),
            "days": 5,
        }
        for hour in range(24)
        for index, step in enumerate(("download", "first_purchase"))
    ]
    frame = frames.table("hourly_funnel_downloads", rows)
    sentence = "The busiest hour is 07:00 to 08:00: 1.00 customers reaching the download on a mean day, 100.0% of the day's 1.00."
    assert steps.by_hour(frame, LOOK, "customers") == sentence


# ---- averages -----------------------------------------------------------------------------------------------------


def mean_amounts(*rows: tuple[float | None, int]) -> pl.DataFrame:
    return frames.table(
        "weekly_average_payment_amount",
        [
            {"week": MONDAY + timedelta(days=7 * index), "mean_amount": amount, "orders": count}
            for index, (amount, count) in enumerate(rows)
        ],
    )


@pytest.mark.parametrize(
    ("frame", "day", "sentence"),
    [
        (mean_amounts((20.0, 3), (25.0, 1_000)), 15, "In the week of 9 Nov 2026, 1,000 orders were worth £25.00 on average, 25.0% more than in the week of 2 Nov 2026 (£20.00)."),
        (mean_amounts((20.0, 3), (25.0, 2)), 14, "In the week of 2 Nov 2026, 3 orders were worth £20.00 on average; the week of 9 Nov 2026 is not finished yet."),
        (mean_amounts((20.0, 1)), 8, "In the week of 2 Nov 2026, 1 order was worth £20.00."),
        (mean_amounts((20.0, 2), (None, 0), (30.0, 2)), 22, "In the week of 16 Nov 2026, 2 orders were worth £30.00 on average, 50.0% more than in the week of 2 Nov 2026 (£20.00)."),
        (mean_amounts((20.0, 2)), 4, "So far in the week of 2 Nov 2026, 2 orders were worth £20.00 on average."),
        (mean_amounts((None, 0)), 8, "No week has orders yet."),
    ],
)  # fmt: skip
def test_average_of_the_last_finished_week(frame: pl.DataFrame, day: int, sentence: str) -> None:
    assert orders.mean_amount(frame, replace(LOOK, day=date(2026, 11, day))) == sentence


def test_one_customer_is_no_average() -> None:
    row = {"week": MONDAY, "orders_per_customer": 2.0, "customers": 1}
    frame = frames.table("weekly_average_order_per_user", [row])
    assert orders.orders_per_customer(frame, LOOK) == "In the week of 2 Nov 2026, 1 ordering customer had 2.00 orders."


# ---- amounts and customers ----------------------------------------------------------------------------------------


def test_commonest_amounts() -> None:
    rows = [
        {"bin_start": 1.0, "bin_end": 5.0, "orders": 1, "customers": 1, "is_overflow": True},
        {"bin_start": 5.0, "bin_end": 7.5, "orders": 6, "customers": 1},
        {"bin_start": 7.5, "bin_end": 10.0, "orders": 3, "customers": 9},
    ]
    frame = frames.table("purchase_amount_distribution", rows)
    assert orders.amounts(frame, LOOK) == "Amounts from £5.00 to £7.50 are the commonest: 60.0% of 10 orders."
    assert orders.amounts(frame.with_columns(orders=0), LOOK) == "There are no orders."


def test_one_amount_only() -> None:
    row = {"bin_start": 5.0, "bin_end": 5.0, "orders": 1, "customers": 1}
    frame = frames.table("purchase_amount_distribution", [row])
    assert orders.amounts(frame, LOOK) == "Amounts of £5.00 are the commonest: 100.0% of 1 order."


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (
            [(1, 3, 4), (2, 0, 1), (3, 1, 1)],
            "Of 4 customers with an order 75.0% ordered once only; the most by one customer are 3.",
        ),
        ([(1, 1, 1)], "Of 1 customer with an order 100.0% ordered once only; the most by one customer is 1."),
    ],
)
def test_customers_who_ordered_once(counts: list[tuple[int, int, int]], sentence: str) -> None:
    rows = [dict(zip(("orders", "customers", "customers_at_least"), row, strict=True)) for row in counts]
    assert orders.order_counts(frames.table("user_counts_per_order_seq", rows), LOOK) == sentence


def test_customer_with_the_most_revenue() -> None:
    frame = frames.report("client_kpis")
    assert orders.customers(frame, LOOK) == "The most revenue is from “c0”: £618.00 in 12 orders."
    assert orders.customers(frame.filter(orders=0), LOOK) == "None of these customers has ordered yet."
    assert orders.customers(frame.clear(), LOOK) == "There are no customers yet."


# ---- funnels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (funnel((200, 10), (100, 9)), "In the week of 9 Nov 2026 there were 100 sessions, 50.0% fewer than the week before; 9.0% reached the purchase."),
        (funnel((1, 1)), "In the week of 2 Nov 2026 there was 1 session; 100.0% reached the purchase."),
        (funnel((5, 1), (0, 0)), "In the week of 9 Nov 2026 there were 0 sessions, 100.0% fewer than the week before."),
        (funnel((100, 9), (3, 0), partial=True), "In the week of 2 Nov 2026 there were 100 sessions; 9.0% reached the purchase; the week of 9 Nov 2026 is not finished yet."),
    ],
)  # fmt: skip
def test_sessions_of_the_last_finished_week(frame: pl.DataFrame, sentence: str) -> None:
    assert steps.sessions_by_step(frame, LOOK, "week") == sentence


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (funnel((200, 10), (100, 9)), "In the week of 9 Nov 2026, 9.0% of the sessions reached the purchase, 4.0 percentage points more than the week before."),
        (funnel((100, 10), (100, 9)), "In the week of 9 Nov 2026, 9.0% of the sessions reached the purchase, 1.0 percentage point less than the week before."),
        (funnel((10, 1), (100, 10)), "In the week of 9 Nov 2026, 10.0% of the sessions reached the purchase, as much as the week before."),
        (funnel((0, 0)), "In the week of 2 Nov 2026 there were no sessions."),
        (funnel((0, 0), (100, 9)), "In the week of 9 Nov 2026, 9.0% of the sessions reached the purchase."),
    ],
)  # fmt: skip
def test_shares_differ_by_percentage_points(frame: pl.DataFrame, sentence: str) -> None:
    assert steps.shares_by_step(frame, LOOK, "week") == sentence


def test_customers_of_the_first_and_the_last_milestone() -> None:
    rows = [
        {"date": MONDAY, "step": "download", "step_index": 0, "customers": 1},
        {"date": MONDAY, "step": "first_purchase", "step_index": 3, "customers": 4},
    ]
    sentence = "In the week of 2 Nov 2026, 1 customer reached the download, and 4 reached the first purchase."
    assert steps.customers_by_milestone(frames.table("weekly_funnel_downloads", rows), LOOK, "week") == sentence


def conversion(*closed: int, names: tuple[str, ...] = ("session_start", "has_basket", "purchase")) -> pl.DataFrame:
    rows = [
        {
            "step": names[index],
            "step_index": index,
            "sessions_open": count,
            "sessions_closed": count,
            "conversion_from_start": count / closed[0] if closed[0] else None,
            "conversion_from_previous": count / closed[index - 1] if index and closed[index - 1] else None,
        }
        for index, count in enumerate(closed)
    ]
    return frames.table("session_funnel_conversion", rows)


@pytest.mark.parametrize(
    ("closed", "loss"),
    [
        ((1000, 200, 50), "from the session start to “has basket”: 80.0%"),
        ((1000, 500, 50), "from “has basket” to the purchase: 90.0%"),
        ((1000, 500, 250), "from the session start to “has basket”: 50.0%"),
    ],
)
def test_conversion_names_the_step_before_which_most_are_lost(closed: tuple[int, ...], loss: str) -> None:
    share = f"{closed[-1] / 10:.1f}%"
    sentence = f"Of 1,000 sessions {share} reached the purchase through every step; the largest part is lost {loss}."
    assert steps.conversion(conversion(*closed), LOOK) == sentence


def test_conversion_of_two_steps_loses_all_between_them() -> None:
    frame = conversion(1, 0, names=("session_start", "purchase"))
    assert steps.conversion(frame, LOOK) == "Of 1 session 0.0% reached the purchase through every step."


def test_conversion_beside_that_of_an_earlier_day() -> None:
    sentence = steps.conversion(conversion(1000, 200, 50), compared(conversion(500, 100, 20)))
    assert ", 1.0 percentage point more than up to 25 Oct 2026; " in sentence


def test_conversion_without_sessions() -> None:
    assert steps.conversion(conversion(0, 0, 0), LOOK) == "There are no sessions."


def cohort_rows(*rows: tuple[int, int | None]) -> pl.DataFrame:
    return frames.table(
        "customer_funnel_conversion",
        [
            {
                "cohort": MONDAY + timedelta(days=7 * index),
                "step": step,
                "cohort_size": size,
                "customers_7d": customers if customers is None or step == "first_purchase" else 0,
                "is_censored_7d": customers is None,
                "customers_ever": 0,
            }
            for index, (size, customers) in enumerate(rows)
            for step in ("first_purchase", "signup")
        ],
    )


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (cohort_rows((100, 10), (300, 90), (999, None)), "Of 400 customers whose first 7 days have passed, 25.0% reached the first purchase within them."),
        (cohort_rows((1, 1)), "Of 1 customer whose first 7 days have passed, 100.0% reached the first purchase within them."),
        (cohort_rows((10, None)), "For no customer have the first 7 days after the download passed yet."),
    ],
)  # fmt: skip
def test_cohorts_whose_time_has_passed(frame: pl.DataFrame, sentence: str) -> None:
    assert steps.cohorts(frame, LOOK, "7d") == sentence


# ---- dimensions ---------------------------------------------------------------------------------------------------


def sales(*rows: tuple[str, str | None, float]) -> pl.DataFrame:
    return frames.table(
        "dimension_kpis", [{"dimension": name, "value": value, "revenue": revenue} for name, value, revenue in rows]
    )


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (sales(("region", "EU", 30.0), ("region", None, 10.0)), "The most revenue comes from “EU” by region (75.0%, £30.00)."),
        (sales(("region", "EU", 10.0), ("region", None, 30.0)), "The most revenue comes from no value by region (75.0%, £30.00)."),
        (sales(("region", "EU", 40.0), ("a", "b<c", 40.0), ("d", "e", 40.0)), "The most revenue comes from “EU” by region (100.0%, £40.00), from “b<c” by a (100.0%, £40.00) and from “e” by d (100.0%, £40.00)."),
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
        (daily_sales(14, EU=3.0, US=1.0), "On the last seven days “EU” brought £6.00 a day, 75.0% of all by region, 100.0% more than on the seven days before."),
        (daily_sales(13, EU=3.0, US=1.0), "On the last seven days “EU” brought £5.57 a day, 75.0% of all by region."),
        (daily_sales(4, EU=3.0), "On the first 4 days “EU” brought £3.00 a day, 100.0% of all by region."),
        (daily_sales(1, EU=3.0), "On the first day “EU” brought £3.00 a day, 100.0% of all by region."),
        (daily_sales(9, EU=0.0), "On the last seven days there was no revenue."),
    ],
)  # fmt: skip
def test_value_with_the_most_revenue_of_the_last_days(frame: pl.DataFrame, sentence: str) -> None:
    assert dimensions.daily_revenue_by_value(frame, LOOK) == sentence


# ---- every card ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("start", [frames.START, frames.DAY, frames.DAY - timedelta(days=9)], ids=str)
def test_every_reading_is_one_sentence(name: str, start: date) -> None:
    card = CARDS[name]
    sentence = card.reading(frames.report(card.report, frames.DAY, start), replace(LOOK, day=frames.DAY))
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert "None" not in sentence
    assert "nan" not in sentence.lower().split()
    assert 15 < len(sentence) < 220
