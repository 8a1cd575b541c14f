"""Per-customer tables of a dimension value equal the second implementation's, on a nasty shop."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.collect import LakeReports, ReportReader
from ca_platform.errors import ReportError
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings
from ca_platform.store import Dimension
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.orders import client_kpis
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Shop, values_of, world

NAME = "client_kpis"
SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 30, seed=21)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Settings, Lake, list[date]]:
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("nasty"), max(s.start for s in SHOP.sessions).date())
    known = lake.days("sessions")
    days = [known[6], known[-1]]
    ((_, frame),) = compute([NAME], days, settings, lake)
    assert isinstance(frame, pl.DataFrame), repr(frame)
    with lake.write() as write:
        for day in days:
            write.put(NAME, day, frame.filter(pl.col("report_date") == day))
    return SHOP, settings, lake, days


def reader(settings: Settings, lake: Lake, dimension: Dimension) -> ReportReader:
    spec = report_spec(NAME)
    return ReportReader(spec, dimension, LakeReports(lake, spec, settings), settings)


def test_customers_of_every_value_are_those_of_the_second_implementation(
    loaded: tuple[Shop, Settings, Lake, list[date]],
) -> None:
    shop, settings, lake, days = loaded
    cells = 0
    for day in days:
        for name in shop.dimensions:
            for value in sorted(values_of(shop, day, name), key=str):
                frame = reader(settings, lake, Dimension(name, value)).collect(day, None)
                cells += compare(frame, client_kpis(world(shop, day, name, value or None)))
    assert cells > 1000


def compare(frame: pl.DataFrame, wanted: list[dict[str, Any]]) -> int:
    expected = {row["client"]: row for row in wanted}
    found = {row["client"]: row for row in frame.iter_rows(named=True)}
    assert list(found) == sorted(expected)
    for client, row in expected.items():
        for column, value in row.items():
            assert alike(found[client][column], value), (client, column, found[client][column], value)
    return sum(map(len, wanted))


def alike(have: Any, want: Any) -> bool:
    if isinstance(want, Decimal):
        return have is not None and math.isclose(have, want, abs_tol=0.0051)  # rounded to the minor unit
    if isinstance(want, float):
        return have is not None and math.isclose(have, want, rel_tol=1e-9)
    return bool(have == want)


def test_a_value_that_no_session_has_is_refused(loaded: tuple[Shop, Settings, Lake, list[date]]) -> None:
    _, settings, lake, days = loaded
    with pytest.raises(ReportError, match="did you mean 'New York'"):
        reader(settings, lake, Dimension("region", "new york")).collect(days[-1], None)


def test_every_computed_day_comes_with_a_start(loaded: tuple[Shop, Settings, Lake, list[date]]) -> None:
    _, settings, lake, days = loaded
    frame = reader(settings, lake, Dimension("region", "New York")).collect(None, days[0])
    assert frame["report_date"].unique().to_list() == days
