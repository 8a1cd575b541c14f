"""What lines bring, to the last digit; and that the facts of baskets follow sessions and lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.errors import HistoryError
from ca_platform.facts import engine, ensure
from ca_platform.facts.baskets import with_amounts
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings
from ca_platform_tests.oracle.frames import days_of, load_frames, put_lines
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Shop

SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 45, seed=51)
LAST = date(2024, 5, 3)
DAYS = days_of(SHOP, LAST)
NAMES = ("product_numbers", "order_products", "product_days", "product_totals", "category_days", "category_totals")
MONEY = pl.Decimal(18, 4)
TYPES: dict[str, Any] = {
    "order": pl.UInt32,
    "price": MONEY,
    "quantity": MONEY,
    "line_discount": MONEY,
    "order_discount": MONEY,
}

Row = tuple[str, str, str]  # price, quantity, discount of the line


def amounts(*orders: tuple[str, list[Row]]) -> pl.DataFrame:
    """Revenue and discount of the lines of some orders, each with its discount."""
    rows = [
        (number, *map(Decimal, row), Decimal(discount))
        for number, (discount, lines) in enumerate(orders)
        for row in lines
    ]
    return with_amounts(pl.DataFrame(rows, schema=TYPES, orient="row"))


def revenues(discount: str, *lines: Row) -> list[Decimal]:
    return amounts((discount, list(lines)))["revenue"].to_list()


def test_discount_is_spread_in_proportion_to_what_the_lines_are_worth() -> None:
    assert revenues("9", ("10", "2", "0"), ("12", "1", "2")) == [Decimal(14), Decimal(7)]


def test_discount_is_spread_by_quantity_where_the_lines_are_worth_nothing() -> None:
    assert revenues("8", ("0", "1", "0"), ("5", "3", "15")) == [Decimal(-2), Decimal(-6)]


def test_discount_is_spread_by_quantity_where_the_lines_cancel_each_other_out() -> None:
    assert revenues("8", ("5", "1", "0"), ("0", "3", "5")) == [Decimal(3), Decimal(-11)]


def test_negative_revenue_of_a_line_is_not_clipped() -> None:
    assert revenues("0", ("1", "1", "3")) == [Decimal(-2)]


def test_parts_of_a_discount_that_cannot_be_halved_add_up() -> None:
    found = amounts(("0.01", [("1", "1", "0")] * 3))
    assert found["discount"].sum() == Decimal("0.01")
    assert set(found["discount"]) == {Decimal("0.00333333"), Decimal("0.00333334")}


def test_prices_of_a_million_million_are_exact() -> None:
    huge = ("1000000000000", "1000", "0")
    found = amounts(("999999999999.9999", [huge, huge, ("0.01", "1", "0")]))
    assert found["discount"].sum() == Decimal("999999999999.9999")
    worth = found.select(pl.col("revenue") + pl.col("discount")).to_series()
    assert worth.sum() == Decimal("2000000000000000.01")


_digits = st.integers(0, 10**7).map(lambda n: str(Decimal(n) / 100))
_quantities = st.sampled_from(["1", "2", "0.3333", "12", "1000000"])
_discounts = st.just("0") | _digits


@given(st.lists(st.tuples(_discounts, st.lists(st.tuples(_digits, _quantities, _discounts), min_size=1, max_size=9))))
def test_parts_add_up_to_the_whole_and_each_is_its_proportion(orders: list[tuple[str, list[Row]]]) -> None:
    found = amounts(*orders)
    rows = found.partition_by("order", as_dict=True) if orders else {}
    for number, (discount, lines) in enumerate(orders):
        own = rows[(number,)]
        worth = [Fraction(price) * Fraction(quantity) - Fraction(off) for price, quantity, off in lines]
        weights = worth if sum(worth) else [Fraction(quantity) for _, quantity, _ in lines]
        whole = sum(weights)
        assert sum(map(Fraction, own["revenue"])) == sum(worth) - Fraction(discount)
        assert sum(map(Fraction, own["discount"])) == sum(Fraction(off) for *_, off in lines) + Fraction(discount)
        for have, one, weight in zip(own["revenue"], worth, weights, strict=True):
            # Cut at the eighth digit.
            assert abs(Fraction(have) - (one - Fraction(discount) * weight / whole)) < Fraction(1, 10**8)


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Settings, Lake]:
    return load_frames(SHOP, tmp_path, LAST)


def contents(lake: Lake) -> dict[str, pl.DataFrame]:
    return {name: lake.scan(name).collect() for name in NAMES}


def local(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(SHOP.time_zone)).date()


def with_other_lines(shop: Shop, day: date) -> Shop:
    """The same shop with other baskets on one day."""
    own = {s.order_id for s in shop.sessions if s.purchased and local(s.start) == day}
    assert own
    lines = [
        replace(line, quantity=line.quantity * 3, product="another") for line in shop.lines if line.order_id in own
    ]
    return replace(shop, lines=[line for line in shop.lines if line.order_id not in own] + lines)


def test_corrected_lines_outdate_the_facts_of_baskets_and_no_others(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings, lake = loaded
    ensure((*NAMES, "customer_orders"), DAYS, settings, lake)
    day = date(2024, 4, 10)
    better = with_other_lines(SHOP, day)
    put_lines(lake, better, [day])
    made = ensure((*NAMES, "customer_orders"), DAYS, settings, lake)
    assert made["customer_orders"] == made["client_numbers"] == []
    assert made["order_products"] == made["category_days"] == [each for each in DAYS if each >= day]
    assert made["product_totals"] == [date(2024, 4, 30)]
    fresh = load_frames(better, tmp_path_factory.mktemp("fresh"), LAST)
    ensure(NAMES, DAYS, *fresh)
    for name, frame in contents(fresh[1]).items():
        assert frame.equals(contents(lake)[name]), name


def test_facts_of_baskets_do_not_depend_on_the_runs_in_which_they_were_made(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(NAMES, DAYS, *loaded)
    in_runs = load_frames(SHOP, tmp_path_factory.mktemp("runs"), LAST)
    monkeypatch.setattr(engine, "RUN_ROWS", 40)
    ensure(NAMES, DAYS, *in_runs)
    for name, frame in contents(in_runs[1]).items():
        assert frame.equals(contents(loaded[1])[name]), name


def test_only_orders_with_lines_are_numbered_without_a_gap(loaded: tuple[Settings, Lake]) -> None:
    ensure(NAMES, DAYS, *loaded)
    orders = {s.order_id for s in SHOP.sessions if s.purchased} & {line.order_id for line in SHOP.lines}
    numbers = loaded[1].scan("order_products").collect()["order"].unique().sort()
    assert numbers.to_list() == list(range(len(orders)))


def test_lines_that_were_not_loaded_are_named_and_fail_nothing_else(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    with lake.write() as write:
        write.drop("lines", [date(2024, 3, 22)])
    found = dict(compute(["kpis", "product_kpis"], [date(2024, 3, 25)], settings, lake))
    assert isinstance(found["kpis"], pl.DataFrame)
    assert isinstance(found["product_kpis"], HistoryError)
    assert "the lines of 2024-03-22 have not been loaded" in str(found["product_kpis"])


def test_order_with_products_has_the_instant_of_its_session(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    ensure(["order_products"], DAYS, settings, lake)
    with_lines = {line.order_id for line in SHOP.lines}
    orders = [s for s in SHOP.sessions if s.purchased and s.order_id in with_lines and local(s.start) in DAYS]
    found = lake.scan("order_products").select("order", "at").unique().collect()
    assert sorted(found["at"].to_list()) == sorted(order.start for order in orders)
