"""Abnormally long deliveries equal a second implementation, wherever the robust baseline serves."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import same
from ca_platform_tests.oracle.shops import write_shop
from ca_platform_tests.oracle.slow import abnormal_orders
from ca_platform_tests.oracle.world import Delivery, Session, Shop, world

START, DAYS = date(2024, 2, 5), 50
LAST = START + timedelta(days=DAYS - 1)
PLACES = [(52.5 + n // 8 / 40, 13.4 + n % 8 / 60) for n in range(24)]


def slow_shop() -> Shop:
    """Customers with a place each, far and near ones; one order in twenty takes twenty times as long, some take 0 minutes
    or weeks, some have no place, some come back."""
    dice = random.Random(7)
    sessions, deliveries = [], []
    begin = datetime(START.year, START.month, START.day, 8, tzinfo=UTC)
    for number in range(1_000):
        client = dice.randrange(60)
        start = begin + timedelta(days=dice.randrange(DAYS), minutes=dice.randrange(600))
        region = ("north", "south", None)[client % 3]
        sessions.append(Session(f"o{number:04d}", f"c{client}", start, purchased=True, dimensions={"region": region}))
        minutes = [(10 + 2 * (client % 24)) * dice.lognormvariate(0, 0.2) for _ in range(3)]
        if dice.random() < 0.05:
            minutes[dice.randrange(3)] *= 20
        if dice.random() < 0.02:
            minutes[dice.randrange(3)] = dice.choice([0, 20_000])
        prepared, ridden, returned = (timedelta(seconds=int(60 * m)) for m in minutes)
        place = PLACES[client % 24] if dice.random() < 0.9 else (None, None)
        back = start + prepared + ridden + returned if dice.random() < 0.7 else None
        deliveries.append(Delivery(f"o{number:04d}", start + prepared + ridden, start + prepared, back, None, *place))
    return Shop(sessions, [], START, "Europe/Berlin", dimensions=("region",), deliveries=deliveries)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, Settings, Lake]:
    shop = slow_shop()
    settings = load_settings(write_shop(shop, tmp_path_factory.mktemp("slow")))
    lake = Lake.open(settings)
    for source in ("sessions", "deliveries"):
        ingest(source, [START + timedelta(days=n) for n in range(DAYS)], settings, lake)
    return shop, settings, lake


def test_abnormal_deliveries_equal_the_second_implementation(loaded: tuple[Shop, Settings, Lake]) -> None:
    shop, settings, lake = loaded
    days = [LAST - timedelta(days=9), LAST]
    frames = computed(["ride_orders", "return_orders", "delivery_backtest"], days, settings, lake)
    served = frames["delivery_backtest"].filter(pl.col("report_date") == LAST, pl.col("is_served"))
    by_network = set(served.filter(pl.col("model") == "autoencoder")["duration"])
    assert "ride" not in by_network
    compared = 0
    for name in ("ride", "return"):
        frame = frames[f"{name}_orders"]
        for day in days:
            for dimension, value in (("main", None), ("region", "north"), ("region", None)):
                if dimension == "main" and name in by_network:
                    continue
                own = frame.filter(
                    pl.col("report_date") == day,
                    pl.col("report_dimension") == dimension,
                    pl.col("report_value").eq_missing(value),
                ).drop("report_date", "report_dimension", "report_value")
                got = {(row["order_id"], row["delivery_date"]): row for row in own.iter_rows(named=True)}
                wanted = abnormal_orders(world(shop, day, dimension, value), name)
                assert set(got) == {(row["order_id"], row["delivery_date"]) for row in wanted}, (name, day, value)
                for row in wanted:
                    have = got[row["order_id"], row["delivery_date"]]
                    assert set(have) == set(row)
                    differing = {
                        column: (have[column], row[column]) for column in row if not same(have[column], row[column])
                    }
                    assert not differing, (name, day, value, row["order_id"])
                compared += len(wanted)
    assert compared > 12


def test_days_at_once_equal_single_days(loaded: tuple[Shop, Settings, Lake]) -> None:
    _, settings, lake = loaded
    names, days = (
        ["deliver_orders", "return_orders", "delivery_backtest"],
        [LAST - timedelta(days=n) for n in (20, 3, 0)],
    )
    together = computed(names, sorted(days), settings, lake)
    for day in days:
        alone = computed(names, [day], settings, lake)
        for name in names:
            assert alone[name].equals(together[name].filter(pl.col("report_date") == day))
    assert together["return_orders"].filter(pl.col("report_date") == LAST).height > 3
