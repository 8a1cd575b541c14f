"""Pages of the embedded store's customers: far behind the first rows they are found in another way, and are the same."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ca_platform.lake import Lake
from ca_platform.store import CustomerQuery, Filter
from ca_platform.store.lakecustomers import customer_page

DAY = date(2026, 1, 31)
CUSTOMERS = 12_000


def customers(*, is_sorted: bool) -> pl.DataFrame:
    """Customers with many ties, some without a mean amount."""
    dice = random.Random(3)
    names = [f"client {number:05}" for number in range(CUSTOMERS)]
    if not is_sorted:
        dice.shuffle(names)
    orders = [dice.randrange(4) for _ in names]
    amounts = [dice.randrange(50) / 2 if count else None for count in orders]
    return pl.DataFrame({"client": names, "orders": orders, "mean_amount": amounts})


@pytest.fixture(scope="module", params=[True, False], ids=["by name", "in any order"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, pl.DataFrame]:
    frame, lake = customers(is_sorted=request.param), Lake(str(tmp_path_factory.mktemp("lake")))
    with lake.write() as write:
        write.put("client_kpis", DAY, frame)
    return lake, frame


@pytest.mark.parametrize(
    "sort", [(), (("mean_amount", True),), (("orders", False), ("mean_amount", True)), (("client", True),)]
)
@pytest.mark.parametrize("filters", [(), (Filter("client", "!=", "client 00007"),)])
def test_pages_follow_each_other_without_a_gap_or_a_row_twice(
    shop: tuple[Lake, pl.DataFrame], sort: tuple[tuple[str, bool], ...], filters: tuple[Filter, ...]
) -> None:
    lake, frame = shop
    order = [*sort, ("client", False)]
    expected = frame.filter(pl.col("client") != "client 00007") if filters else frame
    expected = expected.sort([name for name, _ in order], descending=[down for _, down in order], nulls_last=True)
    for offset in (0, 9_950, 10_000, 10_550, CUSTOMERS - 3, CUSTOMERS + 5):
        page = customer_page(lake, CustomerQuery(sort, filters, offset, 100), 2)
        assert page.rows["client"].to_list() == expected["client"].slice(offset, 100).to_list()
        assert page.rows["mean_amount"].to_list() == expected["mean_amount"].slice(offset, 100).to_list()
        assert (page.total, page.day) == (expected.height, DAY)


def test_page_of_no_rows_still_counts(shop: tuple[Lake, pl.DataFrame]) -> None:
    page = customer_page(shop[0], CustomerQuery(filters=(Filter("orders", "=", 0),), limit=0), 2)
    assert (page.rows.height, page.total) == (0, shop[1].filter(orders=0).height)


@pytest.fixture
def scored(tmp_path: Path) -> Lake:
    """Three customers, of whom two have ordered and so have scores."""
    lake = Lake(str(tmp_path / "lake"))
    kpis = pl.DataFrame({"client": ["a", "b", "c"], "orders": [5, 1, 0]})
    scores = {f"{name}_score": [5, 1] for name in ("recency", "frequency", "monetary")}
    rfm = pl.DataFrame({"client": ["a", "b"], **scores, "segment": ["champions", "lost"], "orders": [5, 1]})
    with lake.write() as write:
        write.put("client_kpis", DAY, kpis)
        write.put("rfm", DAY, rfm)
    return lake


def test_customers_carry_their_scores_and_segment(scored: Lake) -> None:
    page = customer_page(scored, CustomerQuery(sort=(("orders", True),)), 2)
    assert page.rows["segment"].to_list() == ["champions", "lost", None]
    assert page.rows["recency_score"].to_list() == [5, 1, None]
    assert page.rows["orders"].to_list() == [5, 1, 0]


def test_customers_are_found_and_sorted_by_their_segment(scored: Lake) -> None:
    wanted = CustomerQuery((("segment", True),), (Filter("segment", "is not null"),))
    page = customer_page(scored, wanted, 2)
    assert (page.rows["client"].to_list(), page.total) == (["b", "a"], 2)


def test_customers_of_a_day_without_scores_have_none(scored: Lake) -> None:
    with scored.write() as write:
        write.drop("rfm", [DAY])
    assert customer_page(scored, CustomerQuery(), 2).rows["segment"].to_list() == [None] * 3
