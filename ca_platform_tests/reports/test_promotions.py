"""What must hold among the reports of promotions, whatever the shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ca_platform.catalogue import report_specs
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import PROMOTIONS, nasty_shop
from ca_platform_tests.oracle.world import Session, Shop

NAMES = [spec.name for spec in report_specs() if spec.family == "promotions"]
SLICE = ["report_date", "report_dimension", "report_value"]
DAYS = [date(2024, 4, 1) + timedelta(days=n) for n in range(33)]


def frames(settings: Settings, lake: Lake, days: list[date], *more: str) -> dict[str, pl.DataFrame]:
    return computed([*NAMES, *more], days, settings, lake)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    shop = nasty_shop("Europe/Berlin", date(2024, 3, 20), 45, seed=41)
    return load_frames(shop, tmp_path_factory.mktemp("promotions"), DAYS[-1])


@pytest.fixture(scope="module")
def found(loaded: tuple[Settings, Lake]) -> dict[str, pl.DataFrame]:
    return frames(*loaded, DAYS, "daily_orders", "hourly_orders", "kpis")


def test_revenue_of_promotions_and_of_organic_orders_is_the_revenue(
    loaded: tuple[Settings, Lake], found: dict[str, pl.DataFrame]
) -> None:
    facts = loaded[1].scan("promotion_orders").collect()
    for what in ("revenue", "discount"):
        whole = found["kpis"].filter(pl.col("metric") == what).select(*SLICE, "value")
        promoted = found["promotion_kpis"].group_by(SLICE).agg(pl.col(what).sum())
        both = whole.join(promoted, on=SLICE, how="left", nulls_equal=True).with_columns(pl.col(what).fill_null(0))
        assert both.height == whole.height
        for day, dimension, value, total, of_promotions in both.rows():
            mine = (pl.col("day") <= day) & (pl.col("dimension") == dimension) & pl.col("value").eq_missing(value)
            organic = facts.filter(mine & pl.col("promotion_id").is_null())[what].sum() or Decimal(0)
            assert float(of_promotions + organic) == pytest.approx(total, abs=1e-9)


def test_money_of_the_days_adds_up_to_that_of_the_promotion_exactly(found: dict[str, pl.DataFrame]) -> None:
    key = [*SLICE, "promotion_id"]
    for what in ("revenue", "discount"):
        by_day = found[f"daily_promotion_{what}"].group_by(key).agg(pl.col(what).sum())
        assert_frame_equal(by_day, found["promotion_kpis"].select(*key, what), check_row_order=False, check_exact=True)


def test_promoted_and_organic_orders_are_all_orders(found: dict[str, pl.DataFrame]) -> None:
    together = found["daily_inorganic_ratio"].filter(pl.col("promotion_id").is_null())
    key = [*SLICE, "date"]
    organic = found["daily_organic_orders"].rename({"orders": "organic"})
    joined = together.join(organic, on=key, nulls_equal=True).join(
        found["daily_orders"].rename({"orders": "all"}), on=key, nulls_equal=True
    )
    assert joined.height == together.height == found["daily_orders"].height
    assert joined.filter(pl.col("promoted_orders") + pl.col("organic") != pl.col("all")).is_empty()
    assert joined.filter(pl.col("orders") != pl.col("all")).is_empty()
    hours = found["hourly_organic_orders"].join(found["hourly_orders"], on=[*SLICE, "hour"], nulls_equal=True)
    assert hours.filter(pl.col("mean_orders") > pl.col("mean_orders_right")).is_empty()


def test_each_promotion_is_a_part_of_all_of_them(found: dict[str, pl.DataFrame]) -> None:
    for by in ("date", "hour"):
        frame = found["daily_inorganic_ratio" if by == "date" else "hourly_inorganic_ratio"]
        each, every = pl.col("promotion_id").is_not_null(), pl.col("promotion_id").is_null()
        sums = frame.group_by(*SLICE, by).agg(
            parts=pl.col("promoted_orders").filter(each).sum(), whole=pl.col("promoted_orders").filter(every).sum()
        )
        assert sums.filter(pl.col("parts") != pl.col("whole")).is_empty()
        assert sums["whole"].sum() > 0


def test_rows_of_past_days_are_the_same_in_every_later_report(found: dict[str, pl.DataFrame]) -> None:
    for name in NAMES:
        frame = found[name]
        if "date" not in frame.columns:
            continue
        key = ["report_dimension", "report_value", "date", *({"promotion_id"} & set(frame.columns))]
        distinct = frame.drop("report_date").unique()
        assert distinct.height == distinct.select(key).unique().height, name
        assert frame["report_date"].n_unique() == len(DAYS)


def test_customers_of_a_promotion_are_one_for_each_of_its_orders_at_most(found: dict[str, pl.DataFrame]) -> None:
    kpis = found["promotion_kpis"]
    assert kpis.filter(pl.col("customers") > pl.col("orders")).is_empty()
    for part in ("new_customers", "repeat_customers_30d"):
        assert kpis.filter(pl.col(part) > pl.col("customers")).is_empty()
        assert kpis[part].sum() > 0
    assert set(kpis["promotion_id"]) == {name for name in PROMOTIONS if name}


def test_new_customers_of_all_promotions_are_new_customers_of_the_shop(found: dict[str, pl.DataFrame]) -> None:
    whole = found["kpis"].filter(pl.col("metric") == "new_customers").select(*SLICE, "value")
    parts = found["promotion_kpis"].group_by(SLICE).agg(pl.col("new_customers").sum())
    joined = whole.join(parts, on=SLICE, nulls_equal=True)
    assert joined.height == parts.height
    assert joined.filter(pl.col("new_customers") > pl.col("value")).is_empty()


def test_values_of_a_dimension_sum_to_the_whole_shop(found: dict[str, pl.DataFrame]) -> None:
    frame = found["promotion_kpis"]
    sums = frame.group_by("report_date", "report_dimension", "promotion_id").agg(
        pl.col("orders", "revenue", "discount").sum()
    )
    whole, *parts = (
        sums.filter(pl.col("report_dimension") == name).drop("report_dimension")
        for name in ("main", "region", "channel")
    )
    assert whole.height > 0
    for part in parts:
        assert_frame_equal(part, whole, check_row_order=False, check_exact=True)


@st.composite
def drawn_orders(draw: st.DrawFn) -> Shop:
    """Up to 25 sessions of three clients within five weeks, so that some come again just within thirty days."""
    begin = datetime(2024, 4, 1, 5, tzinfo=UTC)
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from("abc"),
                st.integers(0, 34),
                st.sampled_from([0, 1, 86_399_999_999]),
                st.booleans(),
                st.sampled_from([None, "", "A", "B"]),
                st.sampled_from(["EU", None]),
            ),
            max_size=25,
        )
    )
    sessions = [
        Session(
            f"o{number}",
            client,
            begin + timedelta(days=days, microseconds=more),
            Decimal(number),
            Decimal("0.01"),
            purchased=bought,
            dimensions={"region": region},
            promotion=promotion,
        )
        for number, (client, days, more, bought, promotion, region) in enumerate(rows)
    ]
    # Without purchase they count for nothing.
    paid = [s if s.purchased else replace(s, amount=Decimal(0), discount=Decimal(0)) for s in sessions]
    return Shop(paid, [], date(2024, 4, 1), "Europe/Berlin", dimensions=("region",))


@trying(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_orders())
def test_drawn_shop_equals_the_second_implementation(shop: Shop) -> None:
    days = [date(2024, 4, 1), date(2024, 5, 1), date(2024, 5, 7)]
    with TemporaryDirectory() as folder:
        tables = frames(*load_frames(shop, Path(folder), days[-1]), days)
    for name, frame in tables.items():
        for day in days:
            assert_equal(frame, shop, name, day)


def test_repeat_that_comes_later_is_not_known_before(tmp_path: Path) -> None:
    at = datetime(2024, 4, 2, 12, tzinfo=UTC)
    orders = [
        Session("1", "a", at, Decimal(10), Decimal(2), purchased=True, promotion="A"),
        Session("2", "a", at + timedelta(days=5), Decimal(10), purchased=True),
    ]
    shop = Shop(orders, [], date(2024, 4, 1), "Europe/Berlin")
    rows = frames(*load_frames(shop, tmp_path, date(2024, 4, 8)), [date(2024, 4, 6), date(2024, 4, 7)])
    kpis = rows["promotion_kpis"]
    assert kpis["repeat_customers_30d"].to_list() == [0, 1]
    assert kpis.select("orders", "customers", "active_days", "new_customers").rows() == [(1, 1, 1, 1)] * 2


def test_shop_without_a_promoted_order_has_empty_tables_and_no_ratio(tmp_path: Path) -> None:
    at = datetime(2024, 4, 2, 12, tzinfo=UTC)
    sessions = [
        Session("1", "a", at, Decimal(10), purchased=True, promotion=""),
        Session("2", "b", at, promotion="never bought with"),
    ]
    shop = Shop(sessions, [], date(2024, 4, 1), "Europe/Berlin")
    found = frames(*load_frames(shop, tmp_path, date(2024, 4, 3)), [date(2024, 4, 3)])
    assert {name for name, frame in found.items() if frame.is_empty()} == {
        "inorganic_orders_per_promotion_per_day",
        "daily_promotion_revenue",
        "daily_promotion_discount",
        "avg_order_count_per_promo_per_cust",
        "promotion_number_of_customer",
        "promotion_kpis",
    }
    assert found["daily_inorganic_ratio"]["ratio"].to_list() == [None, 0.0, None]
    assert found["daily_organic_orders"]["orders"].to_list() == [0, 1, 0]
