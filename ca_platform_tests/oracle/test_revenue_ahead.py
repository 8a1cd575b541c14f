"""Revenue to come against a second implementation of what can be written twice.

Models written once more would be the same again, so each customer's expected revenue is taken as it is. Recomputed in
plain Python from the sessions of a nasty shop: what came on each day and what of it was paid for first orders, who is in
which segment, what part of a customer's forecast a dimension value gets, what part of the newcomers, and what everything
must sum to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import polars as pl
import pytest

from ca_platform.settings import load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle import rfm, rfm_day
from ca_platform_tests.oracle.shops import nasty_shop, write_shop
from ca_platform_tests.oracle.test_oracle import load
from ca_platform_tests.oracle.world import World, values_of, world

START = date(2024, 3, 20)
SHOP = nasty_shop("Europe/Berlin", START, 230, seed=1)
DAYS = [date(2024, 6, 2), date(2024, 9, 30)]
WEEKS = 8
NAMES = ("daily_clv", "clvsegments_amount", "clvsegments_weekly", "client_feature_predicted")
FEW = {"CA_REPORTS__CLV__HORIZON_WEEKS": str(WEEKS), "CA_REPORTS__CLV__MODELS": '["bg_nbd"]'}
CENT = 0.01


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    settings = load_settings(write_shop(SHOP, tmp_path_factory.mktemp("ahead")), FEW)
    return computed(NAMES, DAYS, settings, load(settings, START, DAYS[-1]))


def slices(day: date) -> Iterator[tuple[str, str | None, World]]:
    yield "main", None, world(SHOP, day)
    for dimension in SHOP.dimensions:
        for value in values_of(SHOP, day, dimension):
            yield dimension, value, world(SHOP, day, dimension, value)


def rows(frame: pl.DataFrame, day: date, dimension: str, value: str | None) -> pl.DataFrame:
    return frame.filter(
        pl.col("report_date") == day, pl.col("report_dimension") == dimension, pl.col("report_value").eq_missing(value)
    )


def counts(own: World) -> dict[str, int]:
    """Orders of each client."""
    found: dict[str, int] = {}
    for order in own.orders:
        found[order.client] = found.get(order.client, 0) + 1
    return found


def expected(frame: pl.DataFrame, day: date) -> dict[str, float]:
    """What is forecast of each client."""
    own = frame.filter(pl.col("report_date") == day)
    return dict(zip(own["client"], own["expected_revenue"].cast(pl.Float64), strict=True))


def young(day: date) -> set[str]:
    """Clients whose first order is no longer ago than the horizon."""
    whole = world(SHOP, day)
    first: dict[str, Any] = {}
    for order in sorted(whole.orders, key=lambda one: one.start):
        first.setdefault(order.client, order.start)
    return {client for client, at in first.items() if whole.as_of - at < timedelta(weeks=WEEKS)}


def test_the_past_is_what_was_paid_on_each_day(frames: dict[str, pl.DataFrame]) -> None:
    cells = 0
    for day in DAYS:
        for dimension, value, own in slices(day):
            paid, first = dict.fromkeys(own.days, Decimal(0)), dict.fromkeys(own.days, Decimal(0))
            seen: set[str] = set()
            for order in sorted(own.orders, key=lambda one: (one.start, one.order_id)):
                local = own.local_day(order.start)
                paid[local] += order.amount
                first[local] += Decimal(0) if order.client in seen else order.amount
                seen.add(order.client)
            past = rows(frames["daily_clv"], day, dimension, value).filter(data_type="actual")
            assert past["date"].to_list() == own.days
            assert past["amount"].to_list() == list(paid.values())
            assert past["newcomers_part"].to_list() == list(first.values())
            assert past["customers_part"].to_list() == [
                a - b for a, b in zip(paid.values(), first.values(), strict=True)
            ]
            cells += past.height
    assert cells > 2_000


def test_segments_are_those_of_the_segmentation_with_their_part_of_each_forecast(
    frames: dict[str, pl.DataFrame],
) -> None:
    for day in DAYS:
        forecast, whole = expected(frames["client_feature_predicted"], day), counts(world(SHOP, day))
        assert sorted(forecast) == sorted(whole)
        for dimension, value, own in slices(day):
            orders, placed = counts(own), rfm_day.state(own, day).segments
            amounts: dict[str, float] = dict.fromkeys(rfm.NAMES, 0.0)
            people = dict.fromkeys(rfm.NAMES, 0)
            for client, number in orders.items():
                amounts[placed[client]] += forecast[client] * number / whole[client]
                people[placed[client]] += 1
            found = rows(frames["clvsegments_amount"], day, dimension, value)
            assert found["segment"].to_list() == sorted([*rfm.NAMES, "still to come"])
            for row in found.filter(pl.col("segment") != "still to come").iter_rows(named=True):
                assert row["customers"] == people[row["segment"]]
                assert float(row["amount"]) == pytest.approx(amounts[row["segment"]], abs=CENT)


def test_newcomers_go_where_the_orders_of_those_went_who_came_lately(frames: dict[str, pl.DataFrame]) -> None:
    for day in DAYS:
        lately = young(day)
        assert lately
        main = rows(frames["clvsegments_amount"], day, "main", None)
        to_come = float(main.filter(segment="still to come")["amount"].item())
        assert to_come > 0
        every = sum(number for client, number in counts(world(SHOP, day)).items() if client in lately)
        for dimension, value, own in slices(day):
            part = sum(number for client, number in counts(own).items() if client in lately) / every
            found = rows(frames["clvsegments_amount"], day, dimension, value).filter(segment="still to come")
            assert float(found["amount"].item()) == pytest.approx(part * to_come, abs=CENT)


def test_parts_sum_to_the_total_and_days_to_their_sums(frames: dict[str, pl.DataFrame]) -> None:
    for day in DAYS:
        for dimension, value, _ in slices(day):
            ahead = rows(frames["daily_clv"], day, dimension, value).filter(data_type="predicted")
            assert ahead["date"].to_list() == [day + timedelta(days=n) for n in range(1, 7 * WEEKS + 1)]
            amounts = ahead["amount"].cast(pl.Float64).to_list()
            parts = [ahead[name].cast(pl.Float64).to_list() for name in ("customers_part", "newcomers_part")]
            assert amounts == pytest.approx([sum(pair) for pair in zip(*parts, strict=True)], abs=CENT)
            assert ahead["sum_amount"].cast(pl.Float64).to_list() == pytest.approx(list(accumulate(amounts)), abs=CENT)
            segments = rows(frames["clvsegments_amount"], day, dimension, value)
            assert sum(amounts) == pytest.approx(float(segments["amount"].sum()), abs=CENT)
            to_come = segments.filter(segment="still to come")["amount"].item()
            assert sum(parts[1]) == pytest.approx(float(to_come), abs=CENT)


def test_weeks_of_segments_sum_to_their_horizon_and_all_segments_to_the_days(frames: dict[str, pl.DataFrame]) -> None:
    for day in DAYS:
        for dimension, value, _ in slices(day):
            weekly = rows(frames["clvsegments_weekly"], day, dimension, value).with_columns(
                pl.col("amount", "sum_amount").cast(pl.Float64)
            )
            whole = rows(frames["clvsegments_amount"], day, dimension, value)
            for segment, amount in whole.select("segment", pl.col("amount").cast(pl.Float64)).iter_rows():
                own = weekly.filter(segment=segment).sort("week")
                assert own["week"].to_list() == list(range(1, WEEKS + 1))
                assert own["last_day"].to_list() == [day + timedelta(days=7 * week) for week in own["week"]]
                assert (own["last_day"] - own["first_day"]).unique().to_list() == [timedelta(days=6)]
                assert own["sum_amount"].to_list() == pytest.approx(list(accumulate(own["amount"])), abs=CENT)
                assert own["sum_amount"].to_list()[-1] == pytest.approx(amount, abs=CENT)
            ahead = rows(frames["daily_clv"], day, dimension, value).filter(data_type="predicted")
            for week in (1, 4, WEEKS):
                until = ahead.filter(date=day + timedelta(days=7 * week))["sum_amount"].cast(pl.Float64).item()
                assert weekly.filter(week=week)["sum_amount"].sum() == pytest.approx(until, abs=12 * CENT)


def test_values_of_a_dimension_sum_to_main(frames: dict[str, pl.DataFrame]) -> None:
    daily = frames["daily_clv"]
    for dimension in SHOP.dimensions:
        by_value = daily.filter(report_dimension=dimension).group_by("report_date", "date", "data_type")
        measures = {"actual": ["amount"], "predicted": ["amount", "customers_part", "newcomers_part"]}
        sums = by_value.agg(pl.col("amount", "customers_part", "newcomers_part").cast(pl.Float64).sum())
        both = daily.filter(report_dimension="main").join(
            sums, on=["report_date", "date", "data_type"], suffix="_summed"
        )
        assert both.height == daily.filter(report_dimension="main").height
        for kind, names in measures.items():
            for name in names:
                own = both.filter(data_type=kind)
                assert own[name].cast(pl.Float64).to_list() == pytest.approx(own[f"{name}_summed"].to_list(), abs=CENT)


def test_ends_enclose_what_is_expected(frames: dict[str, pl.DataFrame]) -> None:
    for name, low, middle, high in (
        ("daily_clv", "low", "amount", "high"),
        ("daily_clv", "sum_low", "sum_amount", "sum_high"),
        ("clvsegments_amount", "low", "amount", "high"),
    ):
        ends = frames[name].drop_nulls(low).filter(report_date=DAYS[-1])
        assert ends.height > 50
        assert ends.select((pl.col(low) <= pl.col(middle)) & (pl.col(middle) <= pl.col(high))).to_series().all()
        assert (ends[low] >= 0).all()
