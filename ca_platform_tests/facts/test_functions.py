"""Single facts on the smallest data that show their rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from ca_platform.facts import Shape, customers, daily

SHAPE = Shape("Europe/Berlin", date(2024, 3, 1), ("region",), ("view", "cart"))
MARCH = datetime(2024, 3, 1, 10, tzinfo=UTC)


def sessions(*rows: dict[str, Any]) -> pl.LazyFrame:
    """Sessions of client ``a`` without purchase, on the given days after the first of March."""
    filled = []
    for row in rows:
        at = MARCH + timedelta(days=row.get("after", 0), minutes=row.get("minutes", 0))
        amount = row.get("amount")
        filled.append(
            {
                "day": at.date(),
                "client": row.get("client", "a"),
                "session_start_date": at,
                "payment_amount": Decimal(amount or 0),
                "discount_amount": Decimal(0),
                "has_purchased": amount is not None,
                "dimensions.region": row.get("region"),
                "actions.view": "view" in row,
                "actions.cart": "cart" in row,
                "action_times.view": at + timedelta(seconds=row["view"]) if row.get("view") is not None else None,
                "action_times.cart": at + timedelta(seconds=row["cart"]) if row.get("cart") is not None else None,
            }
        )
    return pl.DataFrame(filled, schema=SHAPE.session_schema).lazy()


def rows(frame: pl.LazyFrame, *by: str, **where: object) -> list[tuple[Any, ...]]:
    for name, value in where.items():
        frame = frame.filter(pl.col(name).eq_missing(pl.lit(value))).drop(name)
    return frame.sort(*by).collect().rows()


def active(*after: int) -> list[tuple[Any, ...]]:
    frame = daily.active_customers(sessions(*({"after": days} for days in after)), ())
    return rows(frame.select("day", "activity", "gap", "customers"), "day", activity="session")


def day(number: int) -> date:
    return MARCH.date() + timedelta(days=number)


def test_customer_counts_once_a_day_with_the_days_since_the_last_one() -> None:
    assert active(0, 0, 1, 4) == [(day(0), 7, 1), (day(1), 1, 1), (day(4), 3, 1)]


def test_gap_of_seven_days_or_more_is_seven() -> None:
    assert active(0, 6, 13, 30) == [(day(0), 7, 1), (day(6), 6, 1), (day(13), 7, 1), (day(30), 7, 1)]


def test_any_window_of_up_to_seven_days_follows_from_the_gaps() -> None:
    days = (0, 1, 4, 8, 9)
    gaps = {found: gap for found, gap, _ in active(*days)}
    for last in range(10):
        for length in range(1, 8):
            first = last - length + 1
            counted = sum(first <= n <= last and gaps[day(n)] > n - first for n in days)
            assert counted == any(first <= n <= last for n in days)


def test_closed_count_needs_every_earlier_step_and_open_only_its_own() -> None:
    frame = daily.session_steps(
        sessions({"view": 1, "cart": 2, "amount": "5"}, {"cart": 2, "amount": "7.50"}, {}),
        SHAPE.dimensions,
        SHAPE.actions,
        SHAPE.time_zone,
    )
    names = ["sessions", "steps.view", "steps.cart", "orders", "closed.view", "closed.cart", "closed.purchase"]
    assert frame.filter(pl.col("dimension") == "main").select("hour", *names, "revenue").collect().rows() == [
        (11, 3, 1, 2, 2, 1, 1, 1, Decimal("12.5000"))
    ]
    assert rows(frame.select("dimension", "value", "sessions"), "dimension") == [("main", None, 3), ("region", None, 3)]


def test_time_of_a_step_needs_instants_of_it_and_of_the_step_before() -> None:
    frame = daily.step_times(
        sessions({"view": 3, "cart": 10}, {"view": None, "cart": 4}, {"view": 5}, {"cart": 9}), (), SHAPE.actions
    )
    assert rows(frame.select("step", "microseconds", "sessions"), "step", "microseconds") == [
        ("cart", 7_000_000, 1),
        ("view", 3_000_000, 1),
        ("view", 5_000_000, 1),
    ]


def known(**columns: Sequence[Any]) -> pl.LazyFrame:
    types = {"slice": pl.UInt32, "customer": pl.UInt32, "day": pl.Date}
    return pl.LazyFrame(columns, schema_overrides={name: types[name] for name in columns if name in types})


def test_numbers_go_on_after_the_known_ones_in_the_order_of_day_and_name() -> None:
    new = customers.new_clients(
        sessions({"client": "z"}, {"client": "b", "after": 1}, {"client": "a", "after": 1}, {"client": "old"}),
        known(customer=[0], client=["old"]),
    )
    assert rows(new, "customer") == [(day(0), 1, "z"), (day(1), 2, "a"), (day(1), 3, "b")]


def test_null_is_a_value_with_a_number_of_its_own() -> None:
    empty = known(slice=[], day=[]).with_columns(pl.lit("").alias("dimension"), pl.lit("").alias("value"))
    new = customers.new_values(sessions({"region": "EU"}, {"region": None}, {"after": 1}), ("region",), empty)
    assert rows(new, "slice") == [(day(0), 1, "region", None), (day(0), 2, "region", "EU")]


def visits(*found: dict[str, Any]) -> pl.LazyFrame:
    return sessions(*found).with_columns(slice=pl.lit(0, pl.UInt32), customer=pl.lit(5, pl.UInt32))


def test_first_of_a_customer_is_new_only_once() -> None:
    nobody = known(slice=[], customer=[])
    frame = customers.firsts(visits({"after": 2}, {"after": 1, "minutes": 5}, {"after": 1}), nobody)
    assert rows(frame, "day") == [(day(1), 0, 5, MARCH + timedelta(days=1))]
    assert rows(customers.firsts(visits({"after": 3}), known(slice=[0], customer=[5])), "day") == []
