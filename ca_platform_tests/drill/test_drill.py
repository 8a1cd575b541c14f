"""A number that is opened shows exactly the customers or orders that it counts."""

from __future__ import annotations

import random
from datetime import date, timedelta

import polars as pl
import pytest

from ca_platform.catalogue import connected, report_spec
from ca_platform.drill import COUNTS, Count, Scope
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings
from ca_platform_tests.drill.cells import opened_alone, wrong_cells
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import nasty_shop

SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 70, seed=77)
LAST = date(2024, 5, 28)
NAMES = sorted({count.report for count in COUNTS})

Opened = tuple[Settings, Lake, date, dict[str, pl.DataFrame], Scope]


def opened(settings: Settings, lake: Lake, day: date) -> Opened:
    """A shop whose reports of a day are computed."""
    frames = {}
    for name, frame in compute([n for n in NAMES if connected(report_spec(n), settings)], [day], settings, lake):
        assert isinstance(frame, pl.DataFrame), f"{name}: {frame!r}"
        frames[name] = frame
    return settings, lake, day, frames, Scope.of(day, settings, lake)


def assert_every_cell(shop: Opened, counts: list[Count], few: int) -> None:
    settings, lake, day, frames, scope = shop
    dice = random.Random(5)
    wrong = {}
    for count in counts:
        name = f"{count.report}.{count.column} {dict(count.where)}"
        found = wrong_cells(count, frames[count.report], scope)
        if found.height:
            wrong[name] = found.to_dicts()[:3]
            continue
        for cell, number, rows in opened_alone(count, frames[count.report], day, settings, lake, few, dice):
            if number != rows:
                wrong[f"{name} alone"] = [{"cell": cell, "number": number, "rows": rows}]
    assert wrong == {}


@pytest.fixture(scope="module", params=[0, 11])
def nasty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("nasty"), LAST)
    return opened(settings, lake, LAST - timedelta(days=request.param))


def test_every_cell_of_a_nasty_shop_opens_as_many_as_it_counts(nasty: Opened) -> None:
    assert_every_cell(nasty, list(COUNTS), few=3)
