"""Where the calibration puts a cap on orders, reports of amounts are those of a shop in which no order is above it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ca_platform.catalogue.ab_tests import CAPPED, capped_note
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.training import CALIBRATIONS, TestCalibrations
from ca_platform.training.ab_calibration import CALIBRATED
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.world import Line, Session, Shop

START, DAYS, CUSTOMERS = date(2024, 3, 4), 50, 160
LAST = START + timedelta(days=DAYS - 1)
CAP = 40.0
AMOUNTS = (
    "promotion_usage_before_after_amount",
    "product_usage_before_after_amount",
    "promotion_comparison",
    "order_and_payment_amount_differences",
)
ORDERS = ("promotion_usage_before_after_orders", "product_usage_before_after_orders")


def shop(most: Decimal | None = None) -> Shop:
    """Customers who order every week with one of two promotions or none, one order a day, some of them large."""
    dice = random.Random(11)
    begin = datetime(2024, 3, 4, 12, tzinfo=UTC)
    sessions: list[Session] = []
    for number in range(CUSTOMERS):
        at = dice.randrange(20)
        while at < DAYS:
            amount = Decimal(dice.randrange(500, 9_000)) / 100
            start = begin + timedelta(days=at)
            promotion = dice.choice([*[None] * 6, "SPRING", "SUMMER"])
            order = f"o{len(sessions)}"
            one = Session(order, f"c{number:03}", start, amount, purchased=True, promotion=promotion)
            sessions.append(one if most is None else replace(one, amount=min(amount, most)))
            at += dice.randrange(1, 12)
    lines = [Line(s.order_id, name, Decimal(1)) for s in sessions for name in dice.sample(["a", "b", "c", "d"], 1)]
    return Shop(sessions, [], START, "Europe/Berlin", lines=lines)


def calibrated(place: tuple[Settings, Lake], cap: float | None) -> tuple[Settings, Lake]:
    """The shop with a calibration that offers all tests."""
    settings, lake = place
    # What a calibration is made of are facts of the shop: they come first.
    assert computed(["ab_calibration"], [LAST], settings, lake)["ab_calibration"].is_empty(), "too few customers"
    names = CAPPED.values() if cap else CAPPED
    rows = [(LAST, name, "amount", 300, 20_000, 0.05, 0.047, 0.053, True, cap) for name in names]
    frame = pl.DataFrame(rows, schema=CALIBRATED, orient="row").sort("test")
    with lake.write() as write:
        write.put(CALIBRATIONS, LAST, frame, TestCalibrations(LAST, settings, lake).inputs(LAST))
    return place


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, pl.DataFrame], ...]:
    """Of the shop with a cap, and of that without any large order."""

    def of(shop: Shop, cap: float | None, folder: Path) -> dict[str, pl.DataFrame]:
        place = calibrated(load_frames(shop, folder, LAST), cap)
        return computed([*AMOUNTS, *ORDERS], [LAST], *place)

    make = tmp_path_factory.mktemp
    return of(shop(), CAP, make("capped")), of(shop(Decimal(CAP)), None, make("small"))


@pytest.mark.parametrize("name", AMOUNTS)
def test_figures_are_those_of_orders_up_to_the_cap_and_the_row_says_so(
    name: str, reports: tuple[dict[str, pl.DataFrame], ...]
) -> None:
    capped, small = (report[name].filter(metric="amount") for report in reports)
    assert capped.height == small.height > 0
    assert_frame_equal(capped.drop("test", "note"), small.drop("test", "note"))
    told = capped.filter(pl.col("significant").is_not_null())
    assert told.height
    assert set(told["note"]) == {capped_note(CAP)}
    assert set(capped["test"]) == {CAPPED[test] for test in small["test"]}


@pytest.mark.parametrize("name", ORDERS)
def test_orders_know_no_cap(name: str, reports: tuple[dict[str, pl.DataFrame], ...]) -> None:
    capped, small = (report[name] for report in reports)
    assert_frame_equal(capped, small)
