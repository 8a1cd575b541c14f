"""The fact of deliveries, on the smallest data that show its rules, and its map cells against other implementations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geohash2
import numpy as np
import polars as pl
import pygeohash

from ca_platform.calendar import INSTANT
from ca_platform.facts import ensure
from ca_platform.facts.deliveries import delivery_times, geohash
from ca_platform.settings.reports import Deliveries
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.parcels import good_deliveries
from ca_platform_tests.oracle.shops import nasty_shop

ORDERED = datetime(2024, 3, 30, 23, 30, tzinfo=UTC)
SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 90, seed=21)
LAST = date(2024, 6, 17)


def cells(latitude: Any, longitude: Any, precision: int) -> list[str | None]:
    frame = pl.DataFrame({"lat": latitude, "lon": longitude}, schema=dict.fromkeys(("lat", "lon"), pl.Float64))
    return frame.select(geohash(pl.col("lat"), pl.col("lon"), precision)).to_series().to_list()


def test_cells_equal_two_other_implementations_on_many_points_the_poles_and_the_antimeridian() -> None:
    dice = np.random.default_rng(5)
    latitude = np.round(
        np.concatenate([dice.uniform(-90, 90, 2000), [90, 90, 90, 89.9999999, -89.9999999, 12.3, -7.7]]), 7
    )
    longitude = np.concatenate(
        [dice.uniform(-180, 180, 2000), [180, 13.4, -179.9, 179.9999999, -179.9999999, 180, 180]]
    )
    for precision in (1, 5, 7, 12):
        ours = cells(latitude, longitude, precision)
        places = list(zip(latitude.tolist(), longitude.tolist(), strict=True))
        assert ours == [pygeohash.encode(*place, precision) for place in places]
        assert ours == [geohash2.encode(*place, precision) for place in places]


def test_cell_holds_its_southern_and_western_border() -> None:
    # As geohash.org has it; the other two implementations put such points into the cell below.
    assert cells([0.0, 45.0, -90.0], [0.0, -180.0, -180.0], 4) == ["s000", "b000", "0000"]


def test_place_without_one_of_its_coordinates_has_no_cell() -> None:
    assert cells([None, 1.0, None], [1.0, None, None], 7) == [None, None, None]


def delivery(**changes: Any) -> dict[str, Any]:
    row = {
        "day": date(2024, 3, 31),
        "order_id": "a",
        "delivery_date": ORDERED + timedelta(hours=2),
        "prepare_date": ORDERED + timedelta(minutes=30),
        "return_date": None,
        "promised_date": ORDERED + timedelta(hours=2),
        "latitude": 52.52,
        "longitude": 13.405,
        "location_suspect": False,
    }
    return row | changes


def times(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    instants = dict.fromkeys(("delivery_date", "prepare_date", "return_date", "promised_date"), INSTANT)
    # A join keeps no order: the day tells which row is which.
    numbered = [row | {"day": row["day"] + timedelta(days=place)} for place, row in enumerate(rows)]
    deliveries = pl.LazyFrame(numbered, schema_overrides=instants)
    orders = pl.LazyFrame(
        {"order_id": ["a"], "client": ["c"], "session_start_date": [ORDERED]},
        schema_overrides={"session_start_date": INSTANT},
    )
    return delivery_times(deliveries, orders, (), "Europe/Berlin", 7).sort("day").collect().to_dicts()


def test_slot_is_that_of_the_order_and_of_a_return_that_of_the_delivery() -> None:
    # The clocks go forward between order and delivery: 00:30 and 03:30 of a Sunday are two hours apart.
    whole, kept = times(delivery(return_date=ORDERED + timedelta(hours=5)), delivery())
    assert (whole["weekday"], whole["hour"]) == (7, 0)
    assert (whole["return_weekday"], whole["return_hour"]) == (7, 3)
    assert (kept["return_weekday"], kept["return_hour"], kept["return_minutes"]) == (None, None, None)
    parts = [whole[f"{name}_minutes"] for name in ("deliver", "prepare", "ride", "return")]
    assert parts == [120, 30, 90, 180]


def test_delivery_at_the_promised_time_is_not_late_and_without_a_promise_it_is_unknown() -> None:
    late = {"promised_date": ORDERED + timedelta(minutes=119)}
    rows = times(delivery(), delivery(**late), delivery(promised_date=None))
    assert [row["is_late"] for row in rows] == [False, True, None]


def test_suspect_place_has_no_cell() -> None:
    assert [row["geohash"] for row in times(delivery(), delivery(location_suspect=True))] == ["u33dc0c", None]


def test_delivery_before_its_corrected_order_is_left_out() -> None:
    early = ORDERED - timedelta(minutes=1)
    rows = (delivery(delivery_date=early, prepare_date=None), delivery(prepare_date=early), delivery(prepare_date=None))
    assert [row["prepare_minutes"] for row in times(*rows)] == [None]


def test_orders_long_before_the_delivery_are_found(tmp_path: Path) -> None:
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    ensure(["delivery_times"], [LAST], settings, lake)
    found = lake.scan("delivery_times").collect()
    zone = ZoneInfo(settings.business.time_zone)
    expected = sorted(
        (s.order_id, s.client, at) for _, at, s in good_deliveries(SHOP) if at.astimezone(zone).date() <= LAST
    )
    assert sorted(found.select("order_id", "client", "delivery_date").rows()) == expected
    assert found.filter(pl.col("deliver_minutes") > 40 * 24 * 60).height > 0


def test_other_precision_makes_the_cells_again_and_nothing_else(tmp_path: Path) -> None:
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    names = ["delivery_times", "dimension_values"]
    ensure(names, [LAST], settings, lake)
    coarser = settings.reports.model_copy(update={"deliveries": Deliveries(geohash_precision=4)})
    made = ensure(names, [LAST], settings.model_copy(update={"reports": coarser}), lake)
    assert {name for name, days in made.items() if days} == {"delivery_times"}
    assert lake.scan("delivery_times").collect()["geohash"].drop_nulls().str.len_chars().unique().to_list() == [4]
