"""Shops at the edge of what there can be, on the whole way: source files, lake, facts, reports, store."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ca_platform.catalogue import connected, report_specs
from ca_platform.errors import ReportError
from ca_platform.reports import compute
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.oracle.loaded import shop_of
from ca_platform_tests.oracle.reports import LEARNT, OF_SMALL_SHOPS
from ca_platform_tests.oracle.shops import write_shop
from ca_platform_tests.oracle.world import Customer, Session, Shop
from ca_platform_tests.reports.way import compared, go, load

START = date(2024, 3, 25)  # a Monday; the clocks of Berlin change on its Sunday
LAST = date(2024, 4, 7)
NOON = datetime(2024, 3, 28, 12, tzinfo=UTC)


def order(number: int, client: str, at: datetime, amount: str = "10.00", **more: Any) -> Session:
    return Session(f"o{number}", client, at, Decimal(amount), purchased=True, dimensions={"region": "EU"}, **more)


def shop_with(sessions: list[Session], customers: Sequence[Customer] = (), zone: str = "Europe/Berlin") -> Shop:
    return Shop(sessions, list(customers), START, zone, dimensions=("region",))


SMALL = {
    "one order": shop_with([order(1, "a", NOON, promotion="A")], [Customer("a", NOON)]),
    "one customer": shop_with([order(n, "a", NOON + timedelta(days=n)) for n in range(9)], [Customer("a", NOON)]),
    "one customer who never came": shop_with([], [Customer("a", NOON)]),
    "no purchase at all": shop_with(
        [Session(f"{n}", f"c{n % 3}", NOON + timedelta(hours=9 * n), promotion="A") for n in range(12)]
    ),
    "everything on one day": shop_with(
        [order(n, f"c{n % 5}", NOON + timedelta(minutes=n), f"{n}.50", promotion="AB"[n % 2]) for n in range(40)],
        [Customer(f"c{n}", NOON) for n in range(5)],
    ),
    "everything on one instant": shop_with([order(n, f"c{n % 2}", NOON, promotion="A") for n in range(6)]),
    "only free orders": shop_with([order(n, f"c{n % 3}", NOON + timedelta(days=n), "0") for n in range(7)]),
}


@pytest.mark.parametrize("name", sorted(SMALL))
def test_small_shop_equals_the_second_implementation(name: str, tmp_path: Path) -> None:
    days = [START, START + timedelta(days=3), LAST]
    way = go(load_settings(write_shop(SMALL[name], tmp_path)), days)
    assert {summary.totals["quarantined"] for summary in way.loaded.values()} == {0}
    assert compared(way, SMALL[name], days) > 1000


def test_shop_of_one_time_buyers_equals_the_second_implementation(public_data: Path, tmp_path: Path) -> None:
    """Olist: of a hundred customers ninety-nine never came back."""
    _olist(public_data / "olist_dev", tmp_path)
    day = date(2017, 6, 30)
    way = go(load_settings(tmp_path / "ca_platform.yaml"), [day])
    assert way.loaded["sessions"].totals["loaded"] == 3_241
    assert compared(way, shop_of(way.settings, way.lake), [day], but=LEARNT | OF_SMALL_SHOPS) > 100_000
    once = way.stored["user_counts_per_order_seq"].row(0, named=True)
    assert once["customers"] / once["customers_at_least"] > 0.97
    third = way.stored["weekly_cohort_from_3_to_4"]
    assert third["customers"].drop_nulls().sum() < 10
    assert third["rate"].is_null().any()


def _olist(source: Path, folder: Path) -> None:
    paid = pl.scan_parquet(source / "payments.parquet").group_by("order_id").agg(pl.col("payment_value").sum())
    orders = pl.scan_parquet(source / "orders.parquet").join(paid, on="order_id", how="left")
    orders.with_columns(
        has_purchased=~pl.col("order_status").is_in(["canceled", "unavailable"]),
        payment_amount=pl.col("payment_value").round(2).fill_null(0),
    ).sort("order_id").collect().write_parquet(folder / "orders.parquet")
    items = pl.scan_parquet(source / "order_items.parquet")
    products = pl.scan_parquet(source / "products.parquet").select("product_id", "category")
    items.join(products, on="product_id", how="left").sort("order_id", "order_item_id").collect().write_parquet(
        folder / "items.parquet"
    )
    (folder / "ca_platform.yaml").write_text("""\
business: {time_zone: America/Sao_Paulo, currency: BRL, start_date: 2017-01-05}
sources:
  sessions:
    kind: parquet
    path: orders.parquet
    columns: {client: customer_unique_id, session_start_date: order_purchase_timestamp}
    dimensions: [state]
  lines: {kind: parquet, path: items.parquet, columns: {product: product_id}}
  deliveries:
    kind: parquet
    path: orders.parquet
    columns:
      delivery_date: order_delivered_customer_date
      promised_date: order_estimated_delivery_date
      latitude: lat
      longitude: lng
""")


def test_fifty_thousand_products_are_all_reported(tmp_path: Path) -> None:
    products, per_order = 50_000, 25
    sessions = [order(n, f"c{n % 400}", NOON + timedelta(minutes=n)) for n in range(products // per_order)]
    settings_file = write_shop(shop_with(sessions), tmp_path)
    with (tmp_path / "lines.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "product", "category", "price", "quantity"])
        for n in range(products):
            writer.writerow([f"o{n // per_order}", f"product {n}", f"category {n % 300}", "0.40", 1])
    settings_file.write_text(settings_file.read_text() + "  lines: {kind: csv, path: lines.csv}\n")
    way = go(load_settings(settings_file), [LAST])
    assert way.loaded["lines"].totals["loaded"] == products
    by_product = way.stored["most_ordered_products"]
    assert by_product.height == products
    assert by_product["rank"].to_list() == list(range(1, products + 1))
    assert way.stored["most_ordered_categories"].height == 300


def _with_regions(folder: Path, count: int) -> Settings:
    sessions = [
        Session(f"o{n}", f"c{n % 50}", NOON, Decimal(5), purchased=True, dimensions={"region": f"region {n}"})
        for n in range(count)
    ]
    return load_settings(write_shop(shop_with(sessions), folder))


def test_five_thousand_values_of_a_dimension_are_refused_with_the_numbers(tmp_path: Path) -> None:
    settings = _with_regions(tmp_path, 5000)
    lake, loaded = load(settings, LAST)
    assert loaded["sessions"].totals["loaded"] == 5000
    names = [spec.name for spec in report_specs() if connected(spec, settings)]
    outcomes = dict(compute(names, [LAST], settings, lake))
    assert set(outcomes) == set(names)
    for name, outcome in outcomes.items():
        assert isinstance(outcome, ReportError), name
        assert "The dimension region has 5,000 values" in str(outcome)
        assert "more than the 1,000 that reports.dimensions.max_values allows" in str(outcome)


def test_as_many_values_as_are_allowed_are_reported(tmp_path: Path) -> None:
    settings = _with_regions(tmp_path, 1000)
    lake, _ = load(settings, LAST)
    ((_, frame),) = compute(["daily_orders"], [LAST], settings, lake)
    assert isinstance(frame, pl.DataFrame)
    assert frame["report_value"].n_unique() == 1001  # null is the whole shop


NIGHTS = {
    # a day of 23 hours, and one of 25
    "Europe/Berlin": (date(2024, 3, 31), date(2024, 10, 27)),
    # local midnight does not exist on the one day; the last hour of the day before the other comes twice
    "America/Sao_Paulo": (date(2018, 11, 4), date(2018, 2, 18)),
}


@pytest.mark.parametrize(
    ("zone", "night"), [(zone, night) for zone, nights in NIGHTS.items() for night in nights], ids=str
)
def test_last_millisecond_of_a_night_of_changing_clocks_belongs_to_its_day(
    zone: str, night: date, tmp_path: Path
) -> None:
    before = night - timedelta(days=1)
    ends = [datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) for day in (night, night + timedelta(days=1))]
    sessions: list[Session] = []
    for n, (day, end) in enumerate(zip((before, night), ends, strict=True)):
        last = end.astimezone(UTC) - timedelta(milliseconds=1)
        sessions += [order(2 * n, "a", last), order(2 * n + 1, "a", last + timedelta(milliseconds=1))]
        assert sessions[-2].start.astimezone(ZoneInfo(zone)).date() == day
        assert sessions[-2].start.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S.%f") == "23:59:59.999000"
    start = before - timedelta(days=2)
    shop = Shop(sessions, [], start, zone, dimensions=("region",))
    days = [before, night, night + timedelta(days=1)]
    way = go(load_settings(write_shop(shop, tmp_path)), days)
    assert compared(way, shop, days) > 1000
    by_day = dict(way.stored["daily_orders"].select("date", "orders").rows())
    assert [by_day[day] for day in days] == [1, 2, 1]
    by_hour = dict(way.stored["hourly_orders"].select("hour", "mean_orders").rows())
    assert by_hour[23] == pytest.approx(2 / 5)


@pytest.mark.parametrize("night", NIGHTS["Europe/Berlin"], ids=str)
def test_last_millisecond_without_an_offset_is_that_of_the_business_time_zone(night: date, tmp_path: Path) -> None:
    days = [night + timedelta(days=n) for n in (-1, 0, 1)]
    shop = Shop([], [], days[0], "Europe/Berlin")
    settings_file = write_shop(shop, tmp_path)
    times = [f"{day} 23:59:59.999" for day in days[:2]]
    rows = [f"o{n},a,{time},5,0,yes,A" for n, time in enumerate(times)]
    (tmp_path / "sessions.csv").write_text(
        "\n".join(["order_id,client,started,amount,discount,bought,coupon", *rows, ""])
    )
    way = go(load_settings(settings_file), days)
    assert way.loaded["sessions"].totals["adjusted"] == 0
    assert way.stored["daily_orders"]["orders"].to_list() == [1, 1, 0]
    assert dict(way.stored["hourly_orders"].select("hour", "mean_orders").rows())[23] == pytest.approx(2 / 3)
    assert way.stored["inorganic_orders_per_promotion_per_day"]["date"].to_list() == days[:2]
