"""Sentences about orders, averages, amounts and customers, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.records import Look
from dash_app.words import orders, steps

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
