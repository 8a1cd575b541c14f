"""Every report equals a second implementation, on nasty shops and on Online Retail."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.catalogue import connected, report_names, report_spec
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.loaded import shop_of
from ca_platform_tests.oracle.reports import IN_PARTS, LEARNT, OF_SMALL_SHOPS, ORACLE
from ca_platform_tests.oracle.shops import nasty_shop, write_shop
from ca_platform_tests.oracle.stability import stability
from ca_platform_tests.oracle.world import Shop

SHOPS = {
    # both daylight-saving changes lie inside
    "berlin": nasty_shop("Europe/Berlin", date(2024, 3, 20), 230, seed=1),
    # local midnight of 2018-11-04 does not exist
    "sao_paulo": nasty_shop("America/Sao_Paulo", date(2018, 10, 24), 40, seed=2),
    # daylight saving ends at midnight: 23:00 of 2018-02-17 comes twice
    "sao_paulo_autumn": nasty_shop("America/Sao_Paulo", date(2018, 2, 7), 30, seed=3),
}

# Monthly retention of the customers of December 2010 in Online Retail, orders without cancellations.
DECEMBER_2010 = [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]


def load(settings: Settings, first: date, last: date) -> Lake:
    lake = Lake.open(settings)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for source in ("sessions", "customers", "lines", "deliveries"):
        if getattr(settings.sources, source) is not None:
            ingest(source, days, settings, lake)
    return lake


@pytest.fixture(scope="module", params=sorted(SHOPS))
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Settings, Lake]:
    shop = SHOPS[request.param]
    settings = load_settings(write_shop(shop, tmp_path_factory.mktemp(request.param)))
    last = max(s.start for s in shop.sessions).date()
    return shop, settings, load(settings, shop.start_date, last)


def reports_of(
    settings: Settings, lake: Lake, days: list[date], *, but: frozenset[str] = frozenset()
) -> dict[str, pl.DataFrame]:
    """Every report that exists for the shop."""
    names = [name for name in sorted(ORACLE) if connected(report_spec(name), settings) and name not in but]
    return computed(names, days, settings, lake)


def test_second_implementation_covers_the_catalogue() -> None:
    assert set(report_names()) <= set(ORACLE) | IN_PARTS


def test_nasty_shops_equal_the_second_implementation(loaded: tuple[Shop, Settings, Lake]) -> None:
    shop, settings, lake = loaded
    loaded_days = lake.days("sessions")
    days = sorted({loaded_days[n] for n in (0, 1, 6, 9, 15, len(loaded_days) // 2, -1)})
    frames = reports_of(settings, lake, days)
    cells = sum(assert_equal(frames[name], shop, name, day) for name in frames for day in days)
    assert cells > 10_000


def public_settings(name: str, file: Path, lake: Path, **more: str) -> Settings:
    """The settings of a public data set that is one file, its lake elsewhere."""
    fixture = Path(__file__).parents[1] / "fixtures" / f"{name}.yaml"
    places = {f"CA_SOURCES__{source}__PATH": str(file) for source in ("SESSIONS", "LINES")}
    return load_settings(fixture, {"CA_LAKE__PATH": str(lake), **places, **more})


@pytest.fixture(scope="module")
def retail(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    file = public_data / "online_retail" / "lines.parquet"
    # There are more than 100,000 pairs in more orders than the default: a few thousand say as much in less time.
    fewer = {"CA_REPORTS__MOST_COMBINED_PRODUCTS__MIN_ORDERS": "40"}
    settings = public_settings("online_retail", file, tmp_path_factory.mktemp("retail") / "lake", **fewer)
    return settings, load(settings, date(2010, 12, 1), date(2011, 12, 9))


def test_online_retail_equals_the_second_implementation(retail: tuple[Settings, Lake]) -> None:
    settings, lake = retail
    shop = shop_of(settings, lake)
    assert (len(shop.sessions), len({s.client for s in shop.sessions})) == (18_536, 4_339)
    days = [date(2011, 3, 27), date(2011, 12, 9)]
    frames = reports_of(settings, lake, days, but=LEARNT | OF_SMALL_SHOPS)
    assert not any(report_spec(name).family == "promotions" for name in frames)
    assert sum(assert_equal(frames[name], shop, name, day) for name in frames for day in days) > 100_000
    retention = frames["monthly_retention"].filter(
        (pl.col("report_date") == days[-1])
        & (pl.col("report_dimension") == "main")
        & (pl.col("cohort") == date(2010, 12, 1))
        & pl.col("customers").is_not_null()
    )
    assert retention["customers"].to_list() == DECEMBER_2010
    assert retention["is_partial"].to_list() == [False] * 12 + [True]


def test_idle_customers_of_online_retail_keep_their_segment(retail: tuple[Settings, Lake]) -> None:
    # Two weeks of the sixty days that `python -m benchmarks rfm` replays, with a month's end among them.
    days = [date(2011, 11, 25) + timedelta(days=n) for n in range(15)]
    idle, kept = stability(computed(["rfm"], days, *retail)["rfm"])
    assert idle > 55_000
    assert kept / idle > 0.994


def test_complete_journey_equals_the_second_implementation(public_data: Path, tmp_path: Path) -> None:
    file = public_data / "completejourney" / "transactions_sample.parquet"
    settings = public_settings("completejourney", file, tmp_path / "lake")
    lake = load(settings, date(2017, 1, 1), date(2017, 12, 31))
    shop = shop_of(settings, lake)
    assert (len(shop.sessions), len({s.client for s in shop.sessions})) == (8_409, 720)
    days = [date(2017, 3, 12), date(2017, 12, 31)]
    frames = reports_of(settings, lake, days, but=LEARNT | OF_SMALL_SHOPS)
    assert sum(report_spec(name).family == "promotions" for name in frames) == 10
    assert sum(assert_equal(frames[name], shop, name, day) for name in frames for day in days) > 100_000
    kpis = frames["promotion_kpis"].filter((pl.col("report_date") == days[-1]) & (pl.col("report_dimension") == "main"))
    assert kpis.height == 54
    assert kpis["repeat_customers_30d"].sum() > 1000
