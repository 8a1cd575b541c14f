"""Recommendations hold together: whose they are, how long lists are, and what sums of them say."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.models.recommend import BASELINES, PLACES, REASONS, SERVED
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import nasty_shop

NAMES = ("product_recommendations", "recommended_products", "recommendation_backtest", "client_kpis")
DAY = date(2024, 6, 3)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    shop = nasty_shop("Europe/Berlin", date(2024, 3, 20), 76, seed=44)
    settings, lake = load_frames(shop, tmp_path_factory.mktemp("shop"), DAY)
    return computed(NAMES, [DAY], settings, lake)


def test_every_customer_has_a_list_of_ten_different_products_at_most(found: dict[str, pl.DataFrame]) -> None:
    lists = found["product_recommendations"]
    assert set(lists["client"]) == set(found["client_kpis"]["client"])
    for _, own in lists.group_by("client"):
        assert own["rank"].to_list() == list(range(1, own.height + 1))
        assert own.height <= PLACES
        assert own["product"].n_unique() == own.height
        assert own["score"].is_sorted(descending=True)
        assert own["score"].is_between(0, 1).all()


def test_reasons_go_with_what_the_customer_bought(found: dict[str, pl.DataFrame]) -> None:
    lists = found["product_recommendations"]
    assert {"bought before", "popular"} <= set(lists["reason"]) <= set(REASONS)
    for row in lists.iter_rows(named=True):
        assert row["is_repeat"] is (row["reason"] == "bought before") is (row["times_bought"] > 0)
        assert (row["last_bought"] is not None) is row["is_repeat"]
        assert (row["because_of"] is not None) is (row["reason"] in ("bought together", "similar customers"))


def test_customers_without_an_order_get_what_is_popular(found: dict[str, pl.DataFrame]) -> None:
    newcomers = found["client_kpis"].filter(orders=0)["client"]
    lists = found["product_recommendations"].filter(pl.col("client").is_in(newcomers.implode()))
    assert lists["client"].n_unique() == len(newcomers) > 1
    assert set(lists["reason"]) == {"popular"}
    assert lists.group_by("rank").agg(pl.col("product").n_unique())["product"].to_list() == [1] * PLACES


def test_lists_add_up_to_those_of_the_products(found: dict[str, pl.DataFrame]) -> None:
    lists, products = found["product_recommendations"], found["recommended_products"]
    assert products["lists"].sum() == lists.height
    assert products["first"].sum() == lists["client"].n_unique()
    assert (
        products.select(pl.sum_horizontal("before", "together", "similar", "popular"))
        .to_series()
        .equals(products["lists"], check_names=False)
    )


def test_back_test_has_every_method_at_the_ends_of_months_that_are_long_enough_ago(
    found: dict[str, pl.DataFrame],
) -> None:
    figures = found["recommendation_backtest"]
    assert set(figures["origin"]) == {date(2024, 3, 31), date(2024, 4, 30)}
    assert set(figures["model"]) == {SERVED, *BASELINES}
    assert figures.filter("is_served")["model"].n_unique() == 1
    assert all(figures["report_dimension"] == "main") and not report_spec("recommendation_backtest").by_dimension
