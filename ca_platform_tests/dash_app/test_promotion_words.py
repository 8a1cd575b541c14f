"""Sentences and tables about promotions, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.filters import PromotionFilters
from dash_app.records import Look
from dash_app.words import promotions

DAY = date(2026, 11, 22)
LOOK = Look(currency="GBP", day=DAY)
EARLIER = date(2026, 10, 25)


def ratios(*rows: tuple[int, int, int]) -> pl.DataFrame:
    """Orders and promoted orders so many days back."""
    table: list[dict[str, Any]] = []
    for back, orders, promoted in rows:
        common = {"date": DAY - timedelta(days=back), "orders": orders, "promoted_orders": promoted}
        common["ratio"] = promoted / orders if orders else None
        table += [common | {"promotion_id": None}, common | {"promotion_id": "A"}]
    return frames.table("daily_inorganic_ratio", table)


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (ratios((0, 60, 30), (6, 40, 10)), "In the last seven days 40.0% of 100 orders carried a promotion."),
        (
            ratios((0, 100, 30), (7, 100, 20)),
            "In the last seven days 30.0% of 100 orders carried a promotion, 10.0 percentage points more than in the seven days before.",
        ),
        (ratios((0, 1, 0)), "In the last seven days 0.0% of 1 order carried a promotion."),
        (ratios((0, 0, 0)), "There were no orders in the last seven days."),
    ],
)
def test_share_of_promoted_orders_counts_each_order_once(frame: pl.DataFrame, sentence: str) -> None:
    assert promotions.share_by_day(frame, LOOK) == sentence


def test_hour_with_the_highest_share() -> None:
    rows = [
        {"hour": hour, "promotion_id": None, "orders": orders, "promoted_orders": promoted, "ratio": promoted / orders}
        for hour, orders, promoted in ((9, 100, 10), (20, 50, 25))
    ]
    said = "Orders carry a promotion most often from 20:00 to 21:00: 50.0%, over the whole day 23.3%."
    assert promotions.share_by_hour(frames.table("hourly_inorganic_ratio", rows), LOOK) == said


def used(*rows: tuple[str, int, int]) -> pl.DataFrame:
    return frames.table(
        "inorganic_orders_per_promotion_per_day",
        [{"date": DAY - timedelta(days=back), "promotion_id": name, "orders": orders} for name, back, orders in rows],
    )


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (
            used(("A", 0, 5), ("A", 7, 4), ("B", 1, 4)),
            "In the last seven days “A” was on the most orders of 2 promotions: 5, 25.0% more than in the seven days before.",
        ),
        (used(("A", 0, 5)), "In the last seven days “A” was on the most orders: 5."),
        (used(("A", 9, 5)), "In the last seven days there was nothing; the last time was 13 Nov 2026."),
    ],
)
def test_promotion_that_led_on_the_last_days(frame: pl.DataFrame, sentence: str) -> None:
    assert promotions.by_day(frame, LOOK, "orders") == sentence


def kpis(*rows: tuple[str, int, float, int]) -> pl.DataFrame:
    return frames.table(
        "promotion_kpis",
        [
            {"promotion_id": name, "orders": orders, "revenue": revenue, "discount": 5.0, "customers": customers}
            | {"active_days": 2, "orders_per_day": orders / 2, "revenue_per_day": revenue / 2, "discount_per_day": 2.5}
            | {"new_customers": customers // 2, "repeat_customers_30d": customers // 4}
            for name, orders, revenue, customers in rows
        ],
    )


def test_new_and_returning_customers_of_the_promotion_that_brought_most() -> None:
    assert promotions.kpis(kpis(("A", 10, 100.0, 8), ("B", 5, 300.0, 4)), LOOK) == (
        "2 promotions brought £400.00 in 15 orders; most by “B”: 50.0% of its customers were new, 25.0% ordered again within 30 days."
    )


def test_table_is_sorted_by_what_is_chosen() -> None:
    frame = kpis(("A", 10, 100.0, 8), ("B", 5, 300.0, 4))
    for metric, order in (("revenue", ["B", "A"]), ("orders", ["A", "B"])):
        look = replace(LOOK, filters=PromotionFilters.model_validate({"metric": metric}))
        assert [row[0].text for row in promotions.listed(frame, look).rows] == order
    row = promotions.listed(frame, LOOK).rows[0]
    assert [cell.text for cell in row] == ["B", "£300.00", "£5.00", "5", "4", "2", "1", "2", "£150.00"]
    assert row[5].opens == ("new_customers", {"promotion_id": "B"})


def test_customers_of_a_promotion_beside_an_earlier_day() -> None:
    def counted(customers: int) -> pl.DataFrame:
        return frames.table("promotion_number_of_customer", [{"promotion_id": "A", "customers": customers}])

    look = replace(LOOK, compare_day=EARLIER, compare=counted(8))
    assert promotions.customers(counted(10), look) == (
        "“A” has the most customers: 10, 25.0% more than as of 25 Oct 2026 (8)."
    )


def test_organic_orders_of_the_last_days() -> None:
    rows = [{"date": DAY - timedelta(days=back), "orders": 2 if back < 7 else 1} for back in range(14)]
    said = "In the last seven days 14 orders carried no promotion, 100.0% more than in the seven days before."
    assert promotions.organic_by_day(frames.table("daily_organic_orders", rows), LOOK) == said
