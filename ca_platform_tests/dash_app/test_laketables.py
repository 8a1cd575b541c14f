"""Reports that the lake keeps: their days, their version, their rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.facts import schema
from ca_platform.facts.shape import Shape
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import Dimension
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.conftest import DAYS, fill_lake, write_settings
from dash_app.laketables import LakeTables, is_lake_table
from dash_app.reader import Reader

SALES = "daily_products_of_sales"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = write_settings(tmp_path)
    fill_lake(settings)
    return settings


def test_reports_by_day_of_the_lake_are_read_there_and_others_are_not() -> None:
    assert is_lake_table(SALES)
    assert not is_lake_table("most_ordered_products")
    assert not is_lake_table("client_kpis")


def test_days_and_rows_are_those_of_the_lake(settings: Settings) -> None:
    tables = LakeTables(settings)
    assert tables.days(SALES) == sorted(DAYS)
    report = tables.report(SALES, frames.DAY)
    assert report is not None
    assert report.equals(frames.report(SALES).sort("date", "product"))


def test_day_or_value_without_rows_has_no_report(settings: Settings) -> None:
    reader = Reader(None, tables=LakeTables(settings))  # type: ignore[arg-type]
    assert reader.report(SALES, frames.DAY + timedelta(days=1)) is None
    assert reader.report(SALES, frames.DAY, Dimension("region", "Atlantis")) is None


def test_version_changes_with_the_day_and_with_the_facts_that_are_joined(settings: Settings) -> None:
    tables, lake = LakeTables(settings), Lake.open(settings)
    first = tables.version(SALES, frames.DAY)
    assert first == tables.version(SALES, frames.DAY)
    facts = pl.DataFrame(schema=schema("product_days", Shape("UTC", frames.START)))
    with lake.write() as write:
        write.put("product_days", frames.DAY - timedelta(days=3), facts)
    second = tables.version(SALES, frames.DAY)
    fill_lake(settings)
    assert len({first, second, tables.version(SALES, frames.DAY)}) == 3
    assert tables.version(SALES, frames.DAY + timedelta(days=1)) is None
