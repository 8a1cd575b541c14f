"""Facts of promotions, on the smallest data that show their rule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ca_platform.calendar import INSTANT
from ca_platform.facts import promotions

MARCH = datetime(2024, 3, 1, 10, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
FIRSTS = {
    "day": pl.Date(),
    "slice": pl.UInt32(),
    "customer": pl.UInt32(),
    "promotion_id": pl.String(),
    "number": pl.UInt32(),
    "at": INSTANT,
}
NOTHING = pl.DataFrame(schema=FIRSTS)


def sessions(*rows: tuple[timedelta, str | None, bool]) -> pl.LazyFrame:
    """Time after the first of March, promotion, whether bought; each for 3.10 with a discount of 0.90."""
    return pl.LazyFrame(
        {
            "day": [(MARCH + after).date() for after, _, _ in rows],
            "session_start_date": [MARCH + after for after, _, _ in rows],
            "promotion_id": [name for _, name, _ in rows],
            "has_purchased": [bought for _, _, bought in rows],
            "payment_amount": [Decimal("3.1")] * len(rows),
            "discount_amount": [Decimal("0.9")] * len(rows),
        },
        schema_overrides={
            "session_start_date": INSTANT,
            "payment_amount": pl.Decimal(18, 4),
            "discount_amount": pl.Decimal(18, 4),
        },
    )


def orders(*rows: tuple[timedelta, str | None], customer: int = 1, before: int = 0) -> pl.DataFrame:
    """Orders of a customer after the first of March, with what they carry; ``before``: orders of the days before."""
    return pl.DataFrame(
        [
            ((MARCH + after).date(), 0, customer, before + n, MARCH + after, 100 * customer + n, name, Decimal(n))
            for n, (after, name) in enumerate(rows, 1)
        ],
        schema={
            "day": pl.Date(),
            "slice": pl.UInt32(),
            "customer": pl.UInt32(),
            "number": pl.UInt32(),
            "at": INSTANT,
            "place": pl.UInt32(),
            "promotion_id": pl.String(),
            "amount": pl.Decimal(18, 4),
        },
        orient="row",
    )


def days(number: float) -> timedelta:
    return timedelta(days=number)


def firsts(found: pl.DataFrame, known: pl.DataFrame = NOTHING) -> pl.DataFrame:
    places = found.select("place", "promotion_id").lazy()
    promoted = promotions.promoted(found.drop("promotion_id").lazy(), places)
    return promotions.promotion_firsts(promoted, known.lazy()).collect().sort("customer", "promotion_id")


def people(found: pl.DataFrame, known: pl.DataFrame = NOTHING) -> list[tuple[Any, ...]]:
    new = firsts(found, known)
    rows = promotions.promotion_customers(new.lazy(), found.drop("promotion_id").lazy(), known.lazy()).collect()
    return rows.sort("day", "promotion_id").drop("slice").rows()


def test_null_and_empty_promotions_are_organic_and_a_session_without_purchase_is_neither() -> None:
    rows = sessions((days(0), "A", True), (days(0), "", True), (days(0), None, True), (days(0), "B", False))
    found = promotions.promotion_orders(rows, (), "UTC").sort("promotion_id", nulls_last=False).collect()
    assert found.select("promotion_id", "hour", "orders", "revenue", "discount").rows() == [
        (None, 10, 2, Decimal("6.2"), Decimal("1.8")),
        ("A", 10, 1, Decimal("3.1"), Decimal("0.9")),
    ]


def test_promotions_are_told_apart_exactly() -> None:
    names = ["A", "a", " A", "A ", "Ä", "A\u0308", "None", "null", "<b>A</b>", 'say "hi"', "a/b", "\U0001f381"]
    rows = sessions(*((days(0), name, True) for name in names))
    found = promotions.promotion_orders(rows, (), "UTC").collect()
    assert sorted(found["promotion_id"]) == sorted(names)
    assert set(found["orders"]) == {1}


def test_first_order_with_each_promotion_is_kept_whatever_came_between() -> None:
    found = firsts(orders((days(0), None), (days(1), "A"), (days(2), "B"), (days(3), "A")))
    assert found.select("promotion_id", "number", "day").rows() == [
        ("A", 2, date(2024, 3, 2)),
        ("B", 3, date(2024, 3, 3)),
    ]


def test_promotion_used_before_is_no_first() -> None:
    known = firsts(orders((days(-9), "A")))
    assert firsts(orders((days(0), "A"), (days(1), "B"), before=1), known)["promotion_id"].to_list() == ["B"]


def test_customer_is_new_with_the_promotion_that_the_first_order_of_all_carries() -> None:
    rows = people(pl.concat([orders((days(0), "A"), (days(0), "B")), orders((days(0), "B"), customer=2)]))
    # The first order after that with A is on the same instant.
    assert rows == [(date(2024, 3, 1), "A", 1, 1, 1), (date(2024, 3, 1), "B", 2, 1, 0)]


@pytest.mark.parametrize(("after", "repeats"), [(days(30), 1), (days(30) + MOMENT, 0), (days(0), 1)])
def test_customer_came_again_within_thirty_days_of_24_hours(after: timedelta, repeats: int) -> None:
    found = people(orders((days(0), "A"), (after, None)))
    assert sum(row[-1] for row in found) == repeats


def test_repeat_belongs_to_the_day_of_the_next_order_and_counts_once() -> None:
    whole = orders((days(0), "A"), (days(5), "A"), (days(6), None))
    assert people(whole) == [(date(2024, 3, 1), "A", 1, 1, 0), (date(2024, 3, 6), "A", 0, 0, 1)]


def test_repeat_of_a_promotion_that_was_used_on_a_day_before_this_run() -> None:
    first, later = orders((days(0), "A")), orders((days(5), "B"), before=1)
    assert people(later, firsts(first)) == [(date(2024, 3, 6), "A", 0, 0, 1), (date(2024, 3, 6), "B", 1, 0, 0)]


def test_spending_sums_the_orders_of_a_customer_with_each_promotion_on_a_day() -> None:
    found = orders((days(0), "A"), (MOMENT, "B"), (days(0.1), "A"), (days(0.2), None), (days(1), "A"))
    places = found.select("place", "promotion_id").lazy()
    promoted = promotions.promoted(found.drop("promotion_id").lazy(), places)
    rows = promotions.promotion_spending(promoted).collect().sort("day", "promotion_id").drop("slice", "customer")
    first, second = MARCH.date(), MARCH.date() + timedelta(days=1)
    # The n-th order costs n.
    assert rows.rows() == [
        (first, "A", 2, Decimal(4)),
        (first, "B", 1, Decimal(2)),
        (second, "A", 1, Decimal(5)),
    ]
