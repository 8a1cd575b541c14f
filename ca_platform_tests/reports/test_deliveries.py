"""Reports of deliveries, on the smallest shops that show their rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ca_platform.catalogue import connected, report_spec
from ca_platform.lake import Lake
from ca_platform.reports import delivery_rows, delivery_tables
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.deliveries import REPORTS
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Delivery, Session, Shop

FRIDAY = datetime(2024, 3, 1, 10, tzinfo=UTC)
DAY = FRIDAY.date()
BERLIN = (52.52, 13.405)
Placed = tuple[datetime, float]


def shop(*placed: Placed, returned: timedelta | None = None, place: tuple[float, float] | None = BERLIN) -> Shop:
    """Orders at these times, delivered after so many minutes, promised after an hour."""
    sessions, deliveries = [], []
    for number, (start, minutes) in enumerate(placed):
        region = "north" if number % 2 else "south"
        sessions.append(Session(f"{number}", f"c{number}", start, purchased=True, dimensions={"region": region}))
        delivered = start + timedelta(minutes=minutes)
        back = delivered + returned if returned is not None else None
        promised = start + timedelta(minutes=60)
        where = place or (None, None)
        deliveries.append(Delivery(f"{number}", delivered, start, back, promised, *where))
    return Shop(sessions, [], DAY, "UTC", dimensions=("region",), deliveries=deliveries)


def at(hour: int, count: int, minutes: float, days: int = 0) -> list[Placed]:
    start = FRIDAY.replace(hour=hour) + timedelta(days=days)
    return [(start + timedelta(seconds=n), minutes + n / 60) for n in range(count)]


def loaded(made: Shop, folder: Path, last: date = DAY) -> tuple[Settings, Lake]:
    return load_frames(made, folder, last)


def of(made: Shop, name: str, folder: Path, day: date = DAY) -> pl.DataFrame:
    """One report of ``main``."""
    frame = computed([name], [day], *loaded(made, folder, day))[name]
    return frame.filter(pl.col("report_dimension") == "main")


@pytest.mark.parametrize(("count", "is_abnormal"), [(20, True), (19, False)])
def test_slow_slot_is_abnormal_with_twenty_deliveries(count: int, is_abnormal: bool, tmp_path: Path) -> None:  # noqa: FBT001
    found = of(shop(*at(9, 40, 30), *at(12, count, 120), *at(15, 40, 35)), "deliver_weekday_hour", tmp_path)
    assert found.height == 168
    rows = {row["hour"]: row for row in found.filter(pl.col("deliveries") > 0).iter_rows(named=True)}
    assert [(hour, row["weekday"], row["deliveries"]) for hour, row in rows.items()] == [
        (9, 5, 40),
        (12, 5, count),
        (15, 5, 40),
    ]
    assert rows[12]["normalized"] == 1
    assert rows[12]["p_value"] < 1e-6
    assert [row["is_abnormal"] for row in rows.values()] == [False, is_abnormal, False]
    assert rows[9]["median_minutes"] == pytest.approx(30 + 19.5 / 60)
    assert rows[9]["p90_minutes"] == pytest.approx(30 + 35.1 / 60)


def test_one_delivery_of_400_days_makes_a_slot_the_slowest_but_not_abnormal(tmp_path: Path) -> None:
    year = 400 * 24 * 60
    made = shop(*at(9, 60, 30), *at(12, 30, 25), (FRIDAY.replace(hour=12), year))
    found = of(made, "deliver_weekday_hour", tmp_path, DAY + timedelta(days=400)).filter(pl.col("deliveries") > 0)
    assert found.select("hour", "normalized", "is_abnormal").rows() == [(9, 0.0, False), (12, 1.0, False)]
    assert found["mean_minutes"][1] > year / 31


def test_deliveries_counted_by_hash_equal_those_counted_by_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = nasty_shop("Europe/Berlin", date(2024, 3, 20), 30, seed=8)
    days = [date(2024, 4, 2) + timedelta(days=n) for n in range(3)]
    place = loaded(made, tmp_path, days[-1])
    by_position = computed(list(REPORTS), days, *place)
    for module in (delivery_rows, delivery_tables):
        monkeypatch.setattr(module, "DENSE", 0)
    for name, frame in computed(list(REPORTS), days, *place).items():
        assert_frame_equal(frame, by_position[name], check_exact=True)


def test_slots_of_one_delivery_each_and_durations_of_zero(tmp_path: Path) -> None:
    found = of(shop((FRIDAY, 0), (FRIDAY + timedelta(hours=2), 0)), "ride_weekday_hour", tmp_path)
    rows = found.filter(pl.col("deliveries") > 0).select(
        "mean_minutes", "p90_minutes", "normalized", "p_value", "is_abnormal"
    )
    assert rows.rows() == [(0.0, 0.0, None, None, False)] * 2


def test_shop_whose_orders_have_not_arrived_has_empty_slots_and_no_place(tmp_path: Path) -> None:
    frames = computed(list(REPORTS), [DAY], *loaded(shop((FRIDAY, 3000)), tmp_path))
    assert frames["deliver_weekday_hour"].height == 2 * 168
    assert frames["deliver_weekday_hour"].select(pl.col("deliveries").sum(), pl.col("mean_minutes").count()).row(0) == (
        0,
        0,
    )
    assert frames["deliver_location"].is_empty()
    assert frames["deliver_kpis"].select("deliveries", "locations", "late", "share_late").unique().rows() == [
        (0, None, None, None)
    ]


def test_return_counts_from_its_own_day_on_in_the_slot_of_the_delivery(tmp_path: Path) -> None:
    made = shop((FRIDAY, 120), returned=timedelta(days=2))
    days = [DAY + timedelta(days=n) for n in range(3)]
    frames = computed(
        ["return_weekday_hour", "deliver_kpis", "daily_deliveries"], days, *loaded(made, tmp_path, days[-1])
    )
    slots = frames["return_weekday_hour"].filter((pl.col("report_dimension") == "main") & (pl.col("deliveries") > 0))
    assert slots.select("report_date", "weekday", "hour", "mean_minutes").rows() == [(days[2], 5, 12, 2880.0)]
    returns = frames["daily_deliveries"].filter(
        (pl.col("report_dimension") == "main") & (pl.col("duration") == "return") & (pl.col("deliveries") > 0)
    )
    assert returns.select("report_date", "date").rows() == [(days[2], days[2])]
    kpis = frames["deliver_kpis"].filter((pl.col("report_dimension") == "main") & (pl.col("duration") == "return"))
    assert kpis["deliveries"].to_list() == [0, 0, 1]


def test_share_late_is_of_deliveries_with_a_promise_and_of_the_whole_way_alone(tmp_path: Path) -> None:
    made = shop((FRIDAY, 60), (FRIDAY, 61), (FRIDAY, 30))
    kpis = of(made, "deliver_kpis", tmp_path)
    assert kpis.select("duration", "deliveries", "promised", "late", "share_late").rows() == [
        ("deliver", 3, 3, 1, pytest.approx(1 / 3)),
        ("prepare", 3, None, None, None),
        ("return", 0, None, None, None),
        ("ride", 3, None, None, None),
    ]


def test_deliveries_without_a_place_are_left_out_of_places_alone(tmp_path: Path) -> None:
    frames = computed(["deliver_location", "deliver_kpis"], [DAY], *loaded(shop((FRIDAY, 60), place=None), tmp_path))
    assert frames["deliver_location"].is_empty()
    kpis = frames["deliver_kpis"].filter((pl.col("report_dimension") == "main") & (pl.col("duration") == "deliver"))
    assert kpis.select("deliveries", "locations").row(0) == (1, None)


def test_without_the_dates_of_returns_there_are_no_reports_of_returns(tmp_path: Path) -> None:
    settings, lake = loaded(shop((FRIDAY, 60)), tmp_path)
    assert all(connected(report_spec(name), settings) for name in REPORTS)
    file = tmp_path / "deliveries.csv"
    pl.read_csv(file, infer_schema=False).drop("return_date", "latitude").write_csv(file)
    fewer = load_settings(tmp_path / "ca_platform.yaml")
    exist = {name for name in REPORTS if connected(report_spec(name), fewer)}
    assert exist == {
        "deliver_weekday_hour",
        "prepare_weekday_hour",
        "ride_weekday_hour",
        "deliver_kpis",
        "daily_deliveries",
    }
    assert computed(["deliver_kpis"], [DAY], fewer, lake)["deliver_kpis"]["duration"].unique().sort().to_list() == [
        "deliver",
        "prepare",
        "ride",
    ]
