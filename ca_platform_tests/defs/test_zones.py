"""A shop whose time zone is corrected after days were loaded: every day begins elsewhere, and has other orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from ca_platform.defs import launch
from ca_platform.errors import RunError
from ca_platform.ingest import moved_zone
from ca_platform_tests.defs.conftest import Shop

SELECTED = ("kpis", "hourly_orders")
ELSEWHERE = "America/Los_Angeles"


def test_days_of_another_time_zone_count_as_not_loaded_and_are_loaded_again(shop: Shop, tmp_path: Path) -> None:
    last = shop.day(4)
    fresh = shop.copy(tmp_path / "fresh").configured(CA_BUSINESS__TIME_ZONE=ELSEWHERE)
    launch.run(last, last, fresh.settings, select=SELECTED)
    launch.run(last, last, shop.settings, select=SELECTED)
    assert not moved_zone(shop.settings, shop.lake)

    moved = shop.configured(CA_BUSINESS__TIME_ZONE=ELSEWHERE)
    said = f"5 loaded days are days of {shop.settings.business.time_zone}, and business.time_zone is {ELSEWHERE} now"
    with pytest.raises(RunError, match=said):
        launch.run(last, last, moved.settings, select=SELECTED, load=False)
    # A day by itself: its orders still lie on other days, too, and are no repeated ones.
    launch.load(shop.day(2), shop.day(2), moved.settings)
    assert moved_zone(moved.settings, moved.lake).startswith("4 loaded days are days of")
    launch.run(last, last, moved.settings, select=SELECTED)
    assert moved.content() == fresh.content()
    assert not moved_zone(moved.settings, moved.lake)
    sums = moved.lake.accounting("sessions").drop("source", "day", strict=False).sum()
    assert sums.equals(fresh.lake.accounting("sessions").drop("source", "day", strict=False).sum())


def test_parts_that_do_not_tell_their_time_zone_are_taken_for_the_one_in_the_settings(shop: Shop) -> None:
    launch.load(shop.day(0), shop.day(0), shop.settings)
    (part,) = shop.lake.parts("sessions")
    with shop.lake.write() as write:
        write.put("sessions", part.day, shop.lake.scan("sessions").collect())
    assert not moved_zone(shop.configured(CA_BUSINESS__TIME_ZONE=ELSEWHERE).settings, shop.lake)
