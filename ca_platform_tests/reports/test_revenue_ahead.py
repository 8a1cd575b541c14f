"""Revenue to come of odd shops, and that nothing later is known to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import DAYS, START, Order, orders, write

NAMES = ("daily_clv", "clvsegments_amount")
WEEKS = 8
FEW = {"CA_REPORTS__CLV__HORIZON_WEEKS": str(WEEKS), "CA_REPORTS__CLV__MODELS": '["bg_nbd"]'}
LAST = START + timedelta(days=DAYS - 1)


def ahead(rows: Sequence[Order], day: date, folder: Path) -> dict[str, pl.DataFrame]:
    return computed(NAMES, [day], *write(folder, rows, **FEW))


def numbers(frame: pl.DataFrame) -> pl.DataFrame:
    money = ["amount", "low", "high", "customers_part", "newcomers_part", "sum_amount", "sum_low", "sum_high"]
    return frame.select(pl.col(name).cast(pl.Float64) for name in money if name in frame.columns)


def check_finite(frames: dict[str, pl.DataFrame]) -> None:
    for frame in frames.values():
        assert frame["amount"].null_count() == 0
        for column in numbers(frame):
            assert column.drop_nulls().is_finite().all()
            assert (column.drop_nulls() >= 0).all()


def notes(frames: dict[str, pl.DataFrame]) -> str:
    """The note, which is the same in both reports."""
    said = set(frames["daily_clv"].filter(data_type="predicted")["note"]) | set(frames["clvsegments_amount"]["note"])
    (note,) = said
    return note or ""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return write(tmp_path_factory.mktemp("usual"), orders(), **FEW)


def test_a_usual_shop_has_intervals_and_no_note(shop: tuple[Settings, Lake]) -> None:
    frames = computed(NAMES, [LAST], *shop)
    check_finite(frames)
    assert notes(frames) == ""
    predicted = frames["daily_clv"].filter(data_type="predicted")
    assert predicted.height == 7 * WEEKS
    assert numbers(predicted).null_count().sum_horizontal().item() == 0
    # As much as in the weeks before, more or less: people come and go at a steady rate.
    before = float(frames["daily_clv"].filter(data_type="actual").tail(7 * WEEKS)["amount"].sum())
    assert float(predicted["amount"].sum()) == pytest.approx(before, rel=0.35)


def test_several_days_at_once_are_those_days_one_by_one_and_later_days_change_nothing(
    shop: tuple[Settings, Lake], tmp_path: Path
) -> None:
    days = [date(2024, 7, 7), date(2024, 7, 8), date(2024, 7, 11)]
    together = computed(NAMES, days, *shop)
    known = [order for order in orders() if order.at.date() <= days[-1]]
    settings, lake = write(tmp_path / "shop", known, **FEW)
    ingest("sessions", [START + timedelta(days=place) for place in range((days[-1] - START).days + 1)], settings, lake)
    for day in reversed(days):
        alone = computed(NAMES, [day], settings, lake)
        for name in NAMES:
            assert alone[name].equals(together[name].filter(pl.col("report_date") == day)), (name, day)


def test_a_shop_younger_than_eight_weeks_gets_the_baseline_and_a_note(shop: tuple[Settings, Lake]) -> None:
    frames = computed(NAMES, [START + timedelta(days=40)], *shop)
    check_finite(frames)
    assert "56 are needed" in notes(frames)
    predicted = frames["daily_clv"].filter(data_type="predicted")
    assert set(predicted["model"]) == {"naive"}
    assert predicted["low"].null_count() == predicted.height
    assert float(predicted["newcomers_part"].sum()) > 0


def test_the_first_day_has_its_report(shop: tuple[Settings, Lake]) -> None:
    frames = computed(NAMES, [START], *shop)
    check_finite(frames)
    assert frames["daily_clv"].height == 1 + 7 * WEEKS
    assert frames["clvsegments_amount"].height == 12


def test_a_shop_in_which_nobody_orders_expects_nothing(tmp_path: Path) -> None:
    frames = ahead([], date(2024, 5, 1), tmp_path / "shop")
    check_finite(frames)
    assert "nobody has ordered yet" in notes(frames)
    assert float(frames["daily_clv"]["amount"].sum()) == float(frames["clvsegments_amount"]["amount"].sum()) == 0


def test_amounts_of_0_are_expected_again_with_a_note(tmp_path: Path) -> None:
    frames = ahead([order._replace(amount=0.0) for order in orders(80)], LAST, tmp_path / "shop")
    check_finite(frames)
    assert "no order has an amount" in notes(frames)
    assert float(frames["daily_clv"]["amount"].sum()) == 0


def test_mixed_currencies_are_named(tmp_path: Path) -> None:
    mixed = [
        order._replace(amount=order.amount * (20_000 if place % 3 == 0 else 1))
        for place, order in enumerate(orders(80))
    ]
    frames = ahead(mixed, LAST, tmp_path / "shop")
    check_finite(frames)
    assert "are they of one currency?" in notes(frames)


def test_a_customer_with_nine_tenths_of_the_orders_is_named(tmp_path: Path) -> None:
    usual = orders(60)
    begin = datetime.combine(START, datetime.min.time())
    many = [Order("big", begin + timedelta(hours=8 + place), 20.0) for place in range(0, 24 * (DAYS - 1), 2)]
    frames = ahead([*usual, *many], LAST, tmp_path / "shop")
    check_finite(frames)
    assert "one customer has 9" in notes(frames)


def test_orders_dated_after_the_day_are_not_known_to_it(shop: tuple[Settings, Lake], tmp_path: Path) -> None:
    day = date(2024, 6, 30)
    future = [Order("late", datetime(2024, 8, 1, 12), 1e6), Order("c001", datetime(2024, 8, 2, 12), 1e6)]
    odd = ahead([*orders(), *future], day, tmp_path / "shop")
    usual = computed(NAMES, [day], *shop)
    for name in NAMES:
        assert odd[name].equals(usual[name])
