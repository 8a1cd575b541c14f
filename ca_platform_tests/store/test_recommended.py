"""Customers with what is recommended to them, and why."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ca_platform.lake import Lake
from ca_platform.store import CustomerQuery
from ca_platform.store import recommended as module
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform.store.lakecustomers import customer_page
from ca_platform.store.recommended import PRODUCTS, REASONS, with_recommendations

DAY = date(2024, 5, 2)
CUSTOMERS = pl.DataFrame({"client": ["b", "c", "a"], "orders": [1, 0, 4]})
ROWS = pl.DataFrame(
    {
        "client": ["a", "a", "a", "b"],
        "product": ["tea", "cup", "pot", "tea"],
        "rank": [2, 1, 3, 1],
        "reason": ["bought together", "bought before", "similar customers", "popular"],
        "times_bought": [0, 2, 0, 0],
        "last_bought": [None, date(2024, 4, 30), None, None],
        "because_of": ["x" * 100, None, "hat", None],
    }
)
EXPECTED = [
    ("b", 1, ["tea"], ["popular"]),
    ("c", 0, None, None),
    (
        "a",
        4,
        ["cup", "tea", "pot"],
        ["bought 2 times, last on 2024-04-30", f"goes with {'x' * 79}…", "customers who buy hat buy it"],
    ),
]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path))


def put(lake: Lake, name: str, frame: pl.DataFrame, day: date = DAY) -> None:
    with lake.write() as write:
        write.put(name, day, frame.with_columns(day=pl.lit(day)))


@pytest.mark.parametrize("few", [0, 10])
def test_lists_stand_behind_their_customers_in_the_order_of_the_ranks(
    lake: Lake, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FEW", few)
    put(lake, "product_recommendations", ROWS)
    assert with_recommendations(CUSTOMERS, lake, DAY).rows() == EXPECTED


def test_shop_without_recommendations_has_no_such_columns_and_a_day_without_them_empty_ones(lake: Lake) -> None:
    assert with_recommendations(CUSTOMERS, lake, DAY).columns == CUSTOMERS.columns
    put(lake, "product_recommendations", ROWS, date(2024, 5, 1))
    found = with_recommendations(CUSTOMERS, lake, DAY)
    assert found.columns == [*CUSTOMERS.columns, PRODUCTS, REASONS]
    assert found.select(PRODUCTS, REASONS).null_count().row(0) == (3, 3)
    assert with_recommendations(pl.DataFrame(), lake, None).is_empty()


def test_page_of_the_embedded_store_shows_them(lake: Lake) -> None:
    put(lake, "client_kpis", CUSTOMERS)
    put(lake, "product_recommendations", ROWS)
    page = customer_page(lake, CustomerQuery(sort=(("orders", True),), limit=2), 2)
    shown = page.rows.select(*CUSTOMERS.columns, PRODUCTS, REASONS)
    assert (page.total, shown.rows()) == (3, [EXPECTED[2], EXPECTED[0]])


def test_page_of_elasticsearch_shows_the_same(lake: Lake, elastic: ElasticsearchStore) -> None:
    put(lake, "product_recommendations", ROWS)
    elastic.replace("customers", [DAY], with_recommendations(CUSTOMERS, lake, DAY))
    page = elastic.customers(CustomerQuery(sort=(("orders", True),)))
    assert page.rows.rows() == [EXPECTED[2], EXPECTED[0], EXPECTED[1]]
