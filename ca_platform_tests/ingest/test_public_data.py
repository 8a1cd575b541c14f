"""Real data, whole: every row of the source is accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ca_platform.ingest import day_range, ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.ingest.small import closes, days

FIXTURES = Path(__file__).parents[1] / "fixtures"
FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)
LINES = 541_909


def settings_of(name: str, data: Path, lake: Path) -> Settings:
    file = {"online_retail": "online_retail/lines.parquet", "rees46": "rees46_sample/events.parquet"}[name]
    changes: Mapping[str, str] = {
        "CA_LAKE__PATH": str(lake),
        "CA_SOURCES__SESSIONS__PATH": str(data / file),
        "CA_SOURCES__LINES__PATH": str(data / file),
    }
    return load_settings(FIXTURES / f"{name}.yaml", changes)


@pytest.fixture(scope="module")
def retail(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    settings = settings_of("online_retail", public_data, tmp_path_factory.mktemp("retail"))
    lake = Lake.open(settings)
    asked = days(FIRST, (LAST - FIRST).days + 1)
    for source in ("sessions", "lines"):
        closes(ingest(source, asked, settings, lake))
    return settings, lake


def test_online_retail_gives_the_published_orders_and_customers(retail: tuple[Settings, Lake]) -> None:
    settings, lake = retail
    assert day_range("sessions", settings) == (FIRST, LAST)
    sessions = lake.scan("sessions").collect()
    assert (sessions.height, sessions["client"].n_unique()) == (18_536, 4_339)
    assert sessions["payment_amount"].sum() == Decimal("8911407.9")
    assert sessions["dimensions.country"].n_unique() == 37
    assert lake.quarantined("sessions").is_empty()


def test_every_line_of_online_retail_is_loaded_or_quarantined_with_its_reason(retail: tuple[Settings, Lake]) -> None:
    _, lake = retail
    counts = lake.accounting("lines")
    assert counts["read"].sum() == LINES
    assert lake.scan("lines").collect().height == counts["loaded"].sum() == 397_924
    quarantined = lake.quarantined("lines")
    assert quarantined.height == counts["quarantined"].sum() == LINES - 397_924
    assert quarantined["id"].n_unique() == quarantined.height
    assert dict(quarantined.group_by("reason").len().iter_rows()) == {
        "no_session": 132_767,
        "quantity_not_positive": 9_762,
        "missing_value": 1_454,
        "negative_price": 2,
    }
    assert counts.filter(pl.col("day").is_null())["read"].sum() == 0


def test_lines_of_an_order_make_its_amount(retail: tuple[Settings, Lake]) -> None:
    _, lake = retail
    total = (pl.col("price") * pl.col("quantity")).cast(pl.Float64).sum().round(2)
    lines = lake.scan("lines").group_by("order_id").agg(lines=total)
    orders = lake.scan("sessions").select("order_id", pl.col("payment_amount").cast(pl.Float64))
    joined = orders.join(lines, on="order_id", how="left").collect()
    apart = (joined["payment_amount"] - joined["lines"]).abs()
    assert apart.null_count() == 0
    assert (apart < 0.011).all()


def test_look_back_of_three_days_changes_nothing(retail: tuple[Settings, Lake]) -> None:
    settings, lake = retail
    before = lake.scan("sessions").collect(), lake.accounting()
    for source in ("sessions", "lines"):
        ingest(source, days(date(2011, 12, 7), 3), settings, lake)
    assert lake.scan("sessions").collect().equals(before[0])
    assert lake.accounting().filter(pl.col("read") > 0).equals(before[1].filter(pl.col("read") > 0))


def test_rees46_gives_sessions_with_times_of_views_and_carts(public_data: Path, tmp_path: Path) -> None:
    settings = settings_of("rees46", public_data, tmp_path)
    lake = Lake.open(settings)
    day = [date(2019, 10, 1)]
    summary = ingest("sessions", day, settings, lake)
    assert summary.actions == {"view": "time", "cart": "time"}
    assert summary.totals["read"] == summary.totals["loaded"] == 5_066
    closes(ingest("lines", day, settings, lake))
    sessions = lake.scan("sessions").collect()
    assert sessions["has_purchased"].sum() == 200
    buyers = sessions.filter("has_purchased")
    # The published oddity of the sample: most buying sessions have no cart event.
    assert (~buyers["actions.cart"]).sum() == 135
    assert lake.scan("lines").collect()["order_id"].n_unique() == 200
