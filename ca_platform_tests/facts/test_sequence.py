"""Orders in their sequence, and who is churned, on the smallest data that show their rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ca_platform.calendar import INSTANT
from ca_platform.facts import churn, sequence
from ca_platform.facts.churn import ChurnRule

MARCH = datetime(2024, 3, 1, 10, tzinfo=UTC)  # a Friday
ORDERS = {
    "slice": pl.UInt32(),
    "customer": pl.UInt32(),
    "place": pl.UInt32(),
    "day": pl.Date(),
    "at": INSTANT,
    "amount": pl.Decimal(18, 4),
}
PAST = {
    "slice": pl.UInt32(),
    "customer": pl.UInt32(),
    "number": pl.UInt32(),
    "revenue": pl.Decimal(38, 4),
    "first_at": INSTANT,
    "last_at": INSTANT,
}


def orders(*days: float, customer: int = 1, slice_number: int = 0, place: int = 0) -> pl.DataFrame:
    """Orders of a customer so many days after the first of March; the amount is the position, from 1."""
    rows = []
    for index, after in enumerate(days):
        at = MARCH + timedelta(days=after)
        rows.append((slice_number, customer, place + index, at.date(), at, Decimal(index + 1)))
    return pl.DataFrame(rows, schema=ORDERS, orient="row")


def numbered(*frames: pl.DataFrame, past: list[tuple[Any, ...]] | None = None) -> pl.DataFrame:
    known = pl.DataFrame(past or [], schema=PAST, orient="row")
    return sequence.numbered_orders(pl.concat(frames), known, "UTC")


def test_orders_are_numbered_for_each_customer_and_slice() -> None:
    found = numbered(orders(0, 2, 2.5), orders(1, customer=2), orders(2, 2.5, slice_number=7))
    assert found.select("slice", "customer", "number", "revenue").rows() == [
        (0, 1, 1, Decimal(1)),
        (0, 1, 2, Decimal(3)),
        (0, 1, 3, Decimal(6)),
        (0, 2, 1, Decimal(1)),
        (7, 1, 1, Decimal(1)),
        (7, 1, 2, Decimal(3)),
    ]


def test_orders_go_on_after_those_of_the_past() -> None:
    first, last = MARCH - timedelta(days=40), MARCH - timedelta(days=3)
    found = numbered(orders(0, 1), orders(0, customer=2), past=[(0, 1, 5, Decimal("99.5"), first, last)])
    assert found["number"].to_list() == [6, 7, 1]
    assert found["revenue"].to_list() == [Decimal("100.5"), Decimal("102.5"), Decimal(1)]
    assert found["previous_at"].to_list() == [last, MARCH, None]
    assert found["first_day"].to_list() == [first.date(), first.date(), MARCH.date()]
    assert found["previous_day"].to_list() == [last.date(), MARCH.date(), None]


def test_orders_on_the_same_instant_follow_their_place() -> None:
    twins = orders(0, 0, 0).with_columns(amount=pl.Series([30, 20, 10], dtype=pl.Decimal(18, 4)))
    found = numbered(twins.sample(fraction=1, shuffle=True, seed=3))
    assert found["amount"].to_list() == [Decimal(30), Decimal(20), Decimal(10)]


def test_next_orders_are_counted_by_calendar_days_and_weeks_up_to_fifteen() -> None:
    # Friday, Sunday, Monday, then 16 days later.
    found = sequence.next_orders(numbered(orders(0, 2, 3, 19)).lazy()).sort("unit", "number").collect()
    assert found.select("unit", "number", "offset", "customers").rows() == [
        ("day", 1, 2, 1),
        ("day", 2, 1, 1),
        ("week", 1, 0, 1),
        ("week", 2, 1, 1),
        ("week", 3, 2, 1),
    ]


def test_customer_counts_once_a_period_and_returns_from_the_one_just_before() -> None:
    # Two orders in the first week, one in the next, one four weeks later and in another month.
    found = sequence.period_buyers(numbered(orders(0, 1, 4, 32)).lazy()).sort("unit", "day").collect()
    assert found.filter(pl.col("unit") == "week").select("offset", "customers", "returning", "orders").rows() == [
        (0, 1, 0, 1),
        (0, 0, 0, 1),
        (1, 1, 1, 1),
        (5, 1, 0, 1),
    ]
    assert found.filter(pl.col("unit") == "month").select("offset", "customers", "returning").rows() == [
        (0, 1, 0),
        (0, 0, 0),
        (0, 0, 0),
        (1, 1, 1),
    ]


def test_ages_above_the_last_are_counted_together() -> None:
    found = sequence.period_buyers(numbered(orders(0, 800, 900)).lazy()).filter(pl.col("offset") > 0).collect()
    assert set(found.select("unit", "offset").rows()) == {("week", 53), ("month", 25)}


# Churn


def buyers(*days: tuple[int, ...]) -> pl.LazyFrame:
    """Customers with orders so many days after the first of March."""
    frames = [numbered(orders(*own, customer=customer)) for customer, own in enumerate(days)]
    return churn.buyers(pl.concat(frames).lazy())


def churned(rule: ChurnRule, after: float, *days: tuple[int, ...]) -> tuple[Any, ...]:
    counts = churn.counted(churn.judged(buyers(*days), MARCH + timedelta(days=after), rule))
    return counts.select("customers", "churned", "threshold_days").collect().row(0)


def test_customer_who_is_silent_for_exactly_the_threshold_is_not_churned() -> None:
    assert churned(ChurnRule(), 20, (0, 10)) == (1, 0, 10.0)
    moment = timedelta(microseconds=1) / timedelta(days=1)
    assert churned(ChurnRule(), 20 + moment, (0, 10)) == (1, 1, 10.0)


def test_global_threshold_is_the_mean_over_all_gaps() -> None:
    # Gaps of 2, 2 and 8 days: the mean is of gaps, not of customers.
    assert churned(ChurnRule(), 12, (0, 2, 4), (0, 8), (9,)) == (3, 1, 4.0)


def test_own_threshold_is_the_own_mean_times_the_factor_and_the_global_one_for_one_order() -> None:
    rule = ChurnRule("customer", factor=1.5)
    # Own thresholds of 3 and 12 days, and the global one of 4.
    assert churned(rule, 9, (0, 2, 4), (0, 8), (4,)) == (3, 2, pytest.approx((3 + 12 + 4) / 3))


def test_without_any_gap_there_is_no_threshold_but_a_fixed_one() -> None:
    assert churned(ChurnRule(), 50, (0,), (1,)) == (2, None, None)
    assert churned(ChurnRule("customer"), 50, (0,), (1,)) == (2, None, None)
    assert churned(ChurnRule("fixed", days=49.5), 50, (0,), (1,)) == (2, 1, 49.5)


def test_orders_on_one_instant_make_a_threshold_of_zero() -> None:
    assert churned(ChurnRule(), 1, (0, 0)) == (1, 1, 0.0)


def test_week_tells_who_went_and_who_came_back() -> None:
    rule, start = ChurnRule("fixed", days=6), date(2024, 3, 1)
    frames = [numbered(orders(*own, customer=n)) for n, own in enumerate([(0,), (0, 11), (11,), (0, 3)])]
    known = pl.concat(frames).lazy().with_columns(pl.col("number").cast(pl.UInt32))
    weeks = [churn.churn_week(known.filter(pl.col("day") <= day), day, start, "UTC", rule) for day in SUNDAYS]
    found = pl.concat(weeks).select("day", "customers", "churned", "newly_churned", "reactivated").collect()
    assert found.rows() == [
        (date(2024, 3, 3), 3, 0, None, None),
        (date(2024, 3, 10), 3, 3, 3, 0),
        (date(2024, 3, 17), 4, 2, 0, 1),
    ]


SUNDAYS = [date(2024, 3, day) for day in (3, 10, 17)]
