"""``daily_products_of_sales``: the part of a day holds its rows, and reading joins the days of the window."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.collect import LakeReports, ReportReader
from ca_platform.defs.publish import publish
from ca_platform.defs.resources import Platform
from ca_platform.errors import ReportError
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings
from ca_platform.store import MAIN, Dimension
from ca_platform_tests.oracle.compare import same
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.products import products_of_window
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Shop, values_of, world

NAME = "daily_products_of_sales"
SHOP = replace(nasty_shop("Europe/Berlin", date(2024, 3, 20), 30, seed=22), history_days=10)
LAST = date(2024, 4, 18)
# The only days of which the report is computed.
DAYS = [date(2024, 3, 22), LAST]
Loaded = tuple[Shop, Settings, Lake]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("nasty"), LAST)
    ((_, frame),) = compute([NAME], DAYS, settings, lake)
    assert isinstance(frame, pl.DataFrame), repr(frame)
    publish(report_spec(NAME), DAYS, frame, Platform(settings))
    return SHOP, settings, lake


def reader(loaded: Loaded, dimension: Dimension = MAIN) -> ReportReader:
    _, settings, lake = loaded
    spec = report_spec(NAME)
    return ReportReader(spec, dimension, LakeReports(lake, spec, settings), settings)


def assert_alike(frame: pl.DataFrame, rows: list[dict[str, Any]]) -> int:
    found = {(row["date"], row["product"]): row for row in frame.iter_rows(named=True)}
    wanted = {(row["date"], row["product"]): row for row in rows}
    assert list(found) == sorted(wanted, key=lambda key: (key[0], key[1].encode()))
    for key, row in wanted.items():
        revenue = float(row.pop("revenue"))
        assert found[key].pop("revenue") == pytest.approx(revenue, abs=0.005001)  # rounded to the minor unit
        assert all(same(found[key][column], value) for column, value in row.items()), key
    return len(wanted)


def test_part_of_a_day_holds_the_rows_of_that_day(loaded: Loaded) -> None:
    shop, _, lake = loaded
    assert lake.days(NAME) == DAYS
    part = lake.scan(NAME, LAST, LAST).collect()
    assert set(part["date"]) == {LAST}
    places = set(part.select("report_dimension", "report_value").iter_rows())
    sold = {s.dimensions["region"] for s in world(shop, LAST).orders if s.start.date() == LAST}
    assert {("main", None), *(("region", value) for value in sold)} <= places


def test_reading_joins_the_days_of_the_window_whatever_was_computed(loaded: Loaded) -> None:
    shop, _, _ = loaded
    assert assert_alike(reader(loaded).collect(None, None), products_of_window(world(shop, LAST))) > 20
    assert assert_alike(reader(loaded).collect(DAYS[0], None), products_of_window(world(shop, DAYS[0]))) > 5


def test_every_dimension_value_is_the_shop_of_its_own_sessions(loaded: Loaded) -> None:
    shop, _, _ = loaded
    rows = 0
    for name in shop.dimensions:
        for value in values_of(shop, LAST, name):
            frame = reader(loaded, Dimension(name, value)).collect(LAST, None)
            rows += assert_alike(frame, products_of_window(world(shop, LAST, name, value)))
    assert rows > 40


def test_start_cuts_the_days(loaded: Loaded) -> None:
    start = LAST - timedelta(days=2)
    frame = reader(loaded).collect(LAST, start)
    whole = reader(loaded).collect(LAST, None)
    assert frame.equals(whole.filter(pl.col("date") >= start))


def test_unknown_value_and_day_are_refused(loaded: Loaded) -> None:
    with pytest.raises(ReportError, match="did you mean 'New York'"):
        reader(loaded, Dimension("region", "new york")).collect(LAST, None)
    with pytest.raises(ReportError, match="not computed for 2024-04-01"):
        reader(loaded).collect(date(2024, 4, 1), None)
