"""Every report equals the second implementation, on shops written straight into the lake."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.reports import ORACLE
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Shop

SHOPS = {
    "berlin": nasty_shop("Europe/Berlin", date(2024, 3, 20), 50, seed=11),
    "sao_paulo": nasty_shop("America/Sao_Paulo", date(2018, 10, 24), 30, seed=12),
    "sao_paulo_autumn": nasty_shop("America/Sao_Paulo", date(2018, 2, 7), 30, seed=13),
    "chatham": nasty_shop("Pacific/Chatham", date(2024, 4, 1), 40, seed=14),
}

FIRST_WEEKS = (0, 1, 6, 7, 13, 20, -1)
CLOCKS_CHANGED = (0, 7, 13, -1)
"""Days of the other shops: their clocks change in the second week."""


@pytest.fixture(scope="module", params=sorted(SHOPS))
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Settings, Lake]:
    shop = SHOPS[request.param]
    last = max(s.start for s in shop.sessions).date()
    return shop, *load_frames(shop, tmp_path_factory.mktemp(request.param), last)


# Nothing is significant in shops this small.
EMPTY = ("_accept", "_reject")
NAMES = sorted(name for name in ORACLE if not name.endswith(EMPTY))
ALONE = SHOPS["sao_paulo_autumn"]
"""Of this shop each report is computed for itself; of the others all at once, as a run does, in less than half the time."""
# In shops this young no origin of the recommendations lies a horizon back, and nothing is said of single deliveries.
YOUNG = {"recommendation_backtest", *(f"{name}_orders" for name in DURATIONS)}


def asked(shop: Shop, lake: Lake) -> list[date]:
    known = lake.days("sessions")
    return sorted({known[n] for n in (FIRST_WEEKS if shop is SHOPS["berlin"] else CLOCKS_CHANGED)})


@pytest.fixture(scope="module")
def together(loaded: tuple[Shop, Settings, Lake]) -> dict[str, Any]:
    """All reports of a shop, computed at once."""
    shop, settings, lake = loaded
    return {} if shop is ALONE else dict(compute(NAMES, asked(shop, lake), settings, lake))


@pytest.mark.parametrize("name", NAMES)
def test_report_of_many_days_equals_the_second_implementation(
    loaded: tuple[Shop, Settings, Lake], together: dict[str, Any], name: str
) -> None:
    shop, settings, lake = loaded
    days = asked(shop, lake)
    frame = (together or dict(compute([name], days, settings, lake)))[name]
    assert isinstance(frame, pl.DataFrame), repr(frame)
    cells = sum(assert_equal(frame, shop, name, day) for day in days)
    assert cells >= (0 if name in YOUNG else len(days))
