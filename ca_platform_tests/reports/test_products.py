"""What must hold among the reports of products, whatever the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ca_platform.catalogue import connected, missing_inputs, report_spec
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.frames import load_frames, put_lines, put_sessions
from ca_platform_tests.oracle.shops import nasty_shop, write_shop
from ca_platform_tests.oracle.world import Line, Session, Shop

NAMES = ("most_ordered_products", "most_ordered_categories", "daily_products_of_sales", "product_kpis")
SLICE = ["report_date", "report_dimension", "report_value"]
SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 45, seed=61)
DAYS = [date(2024, 3, 20) + timedelta(days=n) for n in range(45)]


def frames(settings: Settings, lake: Lake, days: list[date], names: tuple[str, ...] = NAMES) -> dict[str, pl.DataFrame]:
    return computed(names, days, settings, lake)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return load_frames(SHOP, tmp_path_factory.mktemp("products"), DAYS[-1])


@pytest.fixture(scope="module")
def found(loaded: tuple[Settings, Lake]) -> dict[str, pl.DataFrame]:
    return frames(*loaded, DAYS)


def totals(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.group_by(SLICE).agg(pl.col(columns).sum()).sort(SLICE)


def local_day(session: Session) -> date:
    return session.start.astimezone(ZoneInfo(SHOP.time_zone)).date()


def baskets(day: date) -> list[tuple[Session, list[Line]]]:
    """Orders up to the day that have lines."""
    orders = [(s, [x for x in SHOP.lines if x.order_id == s.order_id]) for s in SHOP.sessions]
    return [(s, lines) for s, lines in orders if s.purchased and lines and local_day(s) <= day]


def test_units_times_price_add_up_to_revenue_and_discount(found: dict[str, pl.DataFrame]) -> None:
    sums = totals(found["product_kpis"], "revenue", "discount", "units").filter(pl.col("report_dimension") == "main")
    for day, _, _, revenue, discount, units in sums.rows():
        known = baskets(day)
        lines = [line for _, own in known for line in own]
        gross = sum(line.price * line.quantity for line in lines)
        assert revenue + discount == gross
        assert discount == sum(s.discount for s, _ in known) + sum(line.discount for line in lines)
        assert units == pytest.approx(float(sum(line.quantity for line in lines)))


def test_products_and_categories_bring_the_same(found: dict[str, pl.DataFrame]) -> None:
    columns = ("revenue", "units")
    products = totals(found["most_ordered_products"], *columns)
    categories = totals(found["most_ordered_categories"], *columns)
    assert products.drop("units").equals(categories.drop("units"))
    assert products["units"].to_list() == pytest.approx(categories["units"].to_list())


def test_values_of_a_dimension_bring_what_the_shop_does(found: dict[str, pl.DataFrame]) -> None:
    frame = found["product_kpis"].group_by("report_date", "report_dimension", "product")
    sums = frame.agg(pl.col("orders", "units", "revenue", "discount").sum()).sort("report_date", "product")
    main = sums.filter(pl.col("report_dimension") == "main").drop("report_dimension")
    for dimension in SHOP.dimensions:
        parts = sums.filter(pl.col("report_dimension") == dimension).drop("report_dimension")
        assert parts.drop("units").equals(main.drop("units"))
        assert parts["units"].to_list() == pytest.approx(main["units"].to_list())


def test_sales_of_the_days_add_up_to_the_products(found: dict[str, pl.DataFrame]) -> None:
    slices = ["report_dimension", "report_value", "product"]
    days = found["daily_products_of_sales"]
    assert (days["date"] == days["report_date"]).all()
    sums = days.group_by(slices).agg(pl.col("orders", "revenue").sum()).sort(slices)
    last = found["product_kpis"].filter(pl.col("report_date") == DAYS[-1])
    assert sums.equals(last.select(sums.columns).sort(slices))


def test_ranks_run_from_one_without_ties_and_follow_the_orders(found: dict[str, pl.DataFrame]) -> None:
    for name in ("most_ordered_products", "most_ordered_categories"):
        ranks = found[name].group_by(SLICE, maintain_order=True).agg("rank", "orders")
        for rank, orders in ranks.select("rank", "orders").iter_rows():
            assert rank == list(range(1, len(rank) + 1))
            assert orders == sorted(orders, reverse=True)


def test_customers_and_units_of_a_product_never_fall(found: dict[str, pl.DataFrame]) -> None:
    rows = found["product_kpis"].sort("report_dimension", "report_value", "product", "report_date")
    key = ["report_dimension", "report_value", "product"]
    steps = rows.group_by(key, maintain_order=True).agg(pl.col("orders", "units", "customers").diff().min())
    assert steps.select(pl.col("orders", "units", "customers").min()).row(0) >= (0, 0, 0)
    assert rows["repeat_rate"].is_between(0, 1).all()


def test_lines_of_later_days_change_nothing(found: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    day = date(2024, 4, 12)
    known = replace(SHOP, sessions=[s for s in SHOP.sessions if local_day(s) <= day])
    for name, frame in frames(*load_frames(known, tmp_path, day), [day]).items():
        assert frame.equals(found[name].filter(pl.col("report_date") == day)), name


def test_days_at_once_equal_single_days(loaded: tuple[Settings, Lake], found: dict[str, pl.DataFrame]) -> None:
    for day in DAYS[10::7]:
        for name, frame in frames(*loaded, [day]).items():
            assert frame.equals(found[name].filter(pl.col("report_date") == day)), (name, day)


def test_category_is_that_of_the_newest_line(tmp_path: Path) -> None:
    at = datetime(2024, 3, 21, 12, tzinfo=ZoneInfo("UTC"))
    sessions = [
        Session(name, "a", at + timedelta(days=after), Decimal(1), purchased=True, dimensions={"region": region})
        for name, after, region in (("1", 0, "EU"), ("2", 2, "US"), ("3", 1, "EU"))
    ]
    lines = [Line(order, "p", Decimal(1), category=category) for order, category in ("1x", "1y", "2z", "3w")]
    shop = Shop(sessions, [], date(2024, 3, 20), "UTC", dimensions=("region",), lines=lines)
    last = date(2024, 3, 24)
    rows = frames(*load_frames(shop, tmp_path, last), [last, date(2024, 3, 21)])["product_kpis"]
    categories = rows.select("report_date", "report_value", "category").rows()
    early = date(2024, 3, 21)
    assert categories == [
        (early, None, "y"),
        (early, "EU", "y"),
        (last, None, "z"),
        (last, "EU", "w"),
        (last, "US", "z"),
    ]


def test_orders_own_totals_are_the_revenue_of_their_products(public_data: Path, tmp_path: Path) -> None:
    from ca_platform_tests.oracle.test_oracle import load, public_settings

    file = public_data / "online_retail" / "lines.parquet"
    settings = public_settings("online_retail", file, tmp_path / "lake")
    first, last = date(2010, 12, 1), date(2010, 12, 23)
    found = frames(settings, load(settings, first, last), [last], names=("product_kpis", "dimension_kpis", "kpis"))
    # What the customers paid is the rounded sum of their lines, and no discounts are known.
    sums = totals(found["product_kpis"], "revenue")
    main = found["kpis"].filter(pl.col("metric") == "revenue", pl.col("report_dimension") == "main")["value"].item()
    by_value = dict(sums.select("report_value", "revenue").rows())
    assert float(by_value.pop(None)) == pytest.approx(float(main), abs=0.0051)
    values = dict(found["dimension_kpis"].select("value", "revenue").rows())
    assert len(values) == len(by_value) > 10
    assert all(float(values[name]) == pytest.approx(float(own), abs=0.0051) for name, own in by_value.items())


def test_without_lines_or_categories_the_reports_do_not_exist(tmp_path: Path) -> None:
    bare = load_settings(write_shop(replace(SHOP, lines=[]), tmp_path / "bare"))
    assert {missing_inputs(report_spec(name), bare)[0] for name in NAMES} == {"lines"}
    settings = load_settings(write_shop(SHOP, tmp_path / "shop"))
    assert all(connected(report_spec(name), settings) for name in NAMES)
    text = (tmp_path / "shop" / "lines.csv").read_text()
    (tmp_path / "shop" / "lines.csv").write_text(text.replace("category", "group", 1))
    absent = [name for name in NAMES if not connected(report_spec(name), settings)]
    assert absent == ["most_ordered_categories"]


def test_order_without_purchase_and_lines_without_a_session_do_not_count(tmp_path: Path) -> None:
    at = datetime(2024, 3, 21, 12, tzinfo=ZoneInfo("UTC"))
    sessions = [Session("1", "a", at, Decimal(1), purchased=True), Session("2", "b", at)]
    lines = [Line(order, "p", Decimal(7)) for order in ("1", "2", "3")]
    shop = Shop(sessions, [], date(2024, 3, 21), "UTC", lines=lines)
    settings, lake = load_frames(shop, tmp_path, date(2024, 3, 21))
    put_sessions(lake, shop, [date(2024, 3, 21)])
    put_lines(lake, shop, [date(2024, 3, 21)])
    rows = frames(settings, lake, [date(2024, 3, 21)])["most_ordered_products"]
    assert rows.select("product", "orders", "units", "customers").rows() == [("p", 1, 1.0, 1)]
