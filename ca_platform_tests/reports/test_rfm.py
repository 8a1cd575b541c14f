"""Scores and segments: what the second implementation cannot show, or not on its shops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ca_platform.reports import rfm
from ca_platform.reports.rfm_scores import Borders, Distinct
from ca_platform.reports.rfm_tables import rfm_of_value
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle import rfm as oracle
from ca_platform_tests.oracle.compare import assert_equal, same
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.reports import ORACLE
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Session, Shop, world

START, LAST = date(2024, 3, 25), date(2024, 5, 12)
NOON = datetime(2024, 3, 25, 12, tzinfo=UTC)
FAMILY = [name for name in ORACLE if name in {"rfm", "rfm_bins", "segmentation", "segment_transitions"}]


def shop_of(orders: Sequence[tuple[str, datetime, str]]) -> Shop:
    sessions = [
        Session(f"o{number}", client, at, Decimal(amount), purchased=True)
        for number, (client, at, amount) in enumerate(orders)
    ]
    return Shop(sessions, [], START, "UTC")


def one(name: str, shop: Shop, folder: Path, day: date = LAST) -> pl.DataFrame:
    settings, lake = load_frames(shop, folder, day)
    return computed([name], [day], settings, lake)[name]


def test_orders_within_an_hour_of_the_first_count_once_for_gaps(tmp_path: Path) -> None:
    minutes = [0, 50, 70, 24 * 60, 24 * 60 + 60]
    orders = [("a", NOON + timedelta(minutes=n), "10") for n in minutes] + [("b", NOON, "5"), ("b", NOON, "7")]
    frame = one("rfm", shop_of(orders), tmp_path)
    # a's visits begin at 0, 70 minutes (70 − 0 is more than an hour) and 24 hours; b came once.
    assert frame["frequency_hours"].to_list() == [12.0, None]
    assert frame["orders"].to_list() == [5, 2]
    assert frame["frequency_score"].to_list() == [5, 1]


def test_customer_with_one_order_within_the_mean_gap_is_a_newcomer_and_no_longer(tmp_path: Path) -> None:
    orders = [("a", NOON, "10"), ("a", NOON + timedelta(days=10), "10"), ("new", NOON + timedelta(days=20), "10")]
    settings, lake = load_frames(shop_of(orders), tmp_path, LAST)
    end = NOON + timedelta(days=30)
    days = [end.date() - timedelta(days=1), end.date()]
    frame = computed(["rfm"], days, settings, lake)["rfm"].filter(client="new")
    assert (frame["segment"] == "newcomers").to_list() == [True, False]


def test_fewer_values_than_scores_are_spread_so_that_the_best_is_five() -> None:
    for count, scores in ((1, [5]), (2, [1, 5]), (3, [1, 3, 5]), (4, [1, 2, 4, 5])):
        values = np.arange(1.0, count + 1)
        slices = np.zeros(count, np.int64)
        for measure, wanted in (("monetary", scores), ("recency", scores[::-1])):
            borders = Borders.fitted(measure, Distinct.of(slices, values), 1, "kmeans")  # type: ignore[arg-type]
            assert borders.scores(slices, values).tolist() == wanted


def test_quantiles_put_a_fifth_of_the_customers_into_each_score() -> None:
    values = np.arange(1.0, 101.0) ** 2
    slices = np.zeros(100, np.int64)
    borders = Borders.fitted("monetary", Distinct.of(slices, values), 1, "quantile")
    assert np.bincount(borders.scores(slices, values)).tolist() == [0, 20, 20, 20, 20, 20]


def test_views_of_many_customers_are_bins_that_equal_the_second_implementation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = nasty_shop("Europe/Berlin", date(2024, 3, 20), 40, seed=12)
    monkeypatch.setattr(rfm, "MANY_CUSTOMERS", 20)
    monkeypatch.setattr(oracle, "MANY", 20)
    day = date(2024, 4, 28)
    settings, lake = load_frames(shop, tmp_path, day)
    names = ["frequency_recency", "monetary_frequency", "recency_monetary"]
    for name, frame in computed(names, [day], settings, lake).items():
        assert assert_equal(frame, shop, name, day)
        assert frame["is_binned"].any()
        assert not frame["is_binned"].all()


def test_segments_partition_the_customers(tmp_path: Path) -> None:
    shop = nasty_shop("Europe/Berlin", date(2024, 3, 20), 60, seed=5)
    day = date(2024, 5, 18)
    settings, lake = load_frames(shop, tmp_path, day)
    frames = computed(FAMILY, [day], settings, lake)
    place = ["report_dimension", "report_value"]
    whole = frames["segmentation"].group_by(place).agg(pl.col("customers").sum(), rows=pl.len())
    assert set(whole["rows"]) == {11}
    for name in ("segment_transitions", "rfm_bins"):
        counted = frames[name].group_by(place).agg(pl.col("customers").sum())
        assert_frame_equal(counted, whole.filter(pl.col("customers") > 0).drop("rows"), check_row_order=False)
    assert frames["rfm"].height == whole.filter(report_dimension="main")["customers"].item()


def test_table_of_one_dimension_value_is_made_on_request_by_the_same_definition(tmp_path: Path) -> None:
    shop = nasty_shop("Europe/Berlin", date(2024, 3, 20), 45, seed=9)
    day = date(2024, 5, 3)
    settings, lake = load_frames(shop, tmp_path, day)
    computed(["rfm"], [day], settings, lake)
    for value in ("EU-1", "a=b", None):
        frame = rfm_of_value(lake, day, ("region", value), settings)
        assert frame is not None
        wanted = {row["client"]: row for row in oracle.rfm(world(shop, day, "region", value))}
        assert frame["client"].to_list() == sorted(wanted)
        for row in frame.iter_rows(named=True):
            assert all(same(row[name], expected) for name, expected in wanted[row["client"]].items())
    assert rfm_of_value(lake, day, ("region", "nowhere"), settings) is None
