"""Orders, downloads and customers: the same documents from the lake and from Elasticsearch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ca_platform.errors import StoreError, ValidationError
from ca_platform.store import CustomerQuery, DocumentStore, Filter
from ca_platform.store.documents import downloads_documents, orders_documents
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform.store.embedded import EmbeddedStore
from ca_platform_tests.store.conftest import EMBEDDED, KINDS
from ca_platform_tests.store.frames import DAY, NEXT
from ca_platform_tests.store.shop import FrameLake, customers, deliveries, lines, orders_of, sessions

INSTANT = pl.Datetime("us", "UTC")


def shop() -> FrameLake:
    ids = ["order-0", "order-2", "order-3"]
    return FrameLake(
        {
            "sessions": pl.concat([sessions(DAY, 6), sessions(NEXT, 2, "later")]),
            "lines": lines(DAY, ids),
            "deliveries": deliveries(NEXT, ids),
            "customers": customers(["client-1", "client-9"]),
        }
    )


def documents(lake: FrameLake, day: date) -> pl.DataFrame:
    frames = (lake.scan("sessions", day, day), lake.scan("lines", day, day), lake.scan("deliveries", day))
    return orders_documents(*frames, 2).collect()


def test_order_holds_its_basket_in_line_order_and_its_delivery() -> None:
    found = documents(shop(), DAY).filter(order_id="order-2").to_dicts()[0]
    assert found["payment_amount"] == 20.01
    assert found["dimensions"] == {"region": None, "channel": "a=b"}
    assert found["actions"] == {"has_basket": True}
    assert found["basket"] == [
        {"product": "product 0", "category": "tea", "price": 1.23, "quantity": 2.5},
        {"product": "product 1", "category": None, "price": 1.23, "quantity": 2.5},
    ]
    assert found["delivery"]["location"] == {"lat": 51.5, "lon": -0.1}
    assert found["delivery"]["delivery_date"] == datetime(2024, 4, 1, 12, tzinfo=UTC)


def test_order_without_lines_or_delivery_has_an_empty_basket_and_no_delivery() -> None:
    found = documents(shop(), DAY).filter(order_id="order-1").to_dicts()[0]
    assert (found["basket"], found["delivery"]) == ([], None)


def test_download_of_a_client_without_customers_row_is_the_first_session() -> None:
    lake = shop()
    found = downloads_documents(lake.scan("customers"), lake.scan("sessions")).collect()
    assert found["client"].to_list() == ["client-0", "client-1", "client-2", "client-9"]
    assert found["is_imputed"].to_list() == [True, False, True, False]
    assert found["download_date"][0] == sessions(DAY, 1)["session_start_date"][0]
    assert found["actions"].to_list()[3] == {"first_login": datetime(2024, 1, 1, tzinfo=UTC)}


def test_both_stores_show_the_same_documents(elastic: ElasticsearchStore) -> None:
    lake = shop()
    embedded = EmbeddedStore("unused.db", lambda: lake, 2)
    for day in (DAY, NEXT):
        elastic.replace("orders", [day], documents(lake, day))
        assert embedded.replace("orders", [day], documents(lake, day)).documents == 0
    downloads = downloads_documents(lake.scan("customers"), lake.scan("sessions"))
    elastic.replace("downloads", [NEXT], downloads)
    for dataset in ("orders", "downloads"):
        assert_frame_equal(pl.concat(elastic.scan(dataset)), pl.concat(embedded.scan(dataset)), check_exact=True)
    assert pl.concat(elastic.scan("orders", DAY, DAY)).equals(documents(lake, DAY))


def test_replaced_day_of_orders_loses_what_is_gone_and_keeps_other_days(elastic: ElasticsearchStore) -> None:
    elastic.replace("orders", [DAY], orders_of(DAY, 5))
    elastic.replace("orders", [NEXT], orders_of(NEXT, 2).with_columns(pl.col("order_id") + "-next"))
    summary = elastic.replace("orders", [DAY], orders_of(DAY, 3))
    assert (summary.documents, summary.deleted) == (3, 2)
    assert [frame.height for frame in elastic.scan("orders")] == [5]
    assert elastic.replace("orders", [DAY], orders_of(DAY, 0)).deleted == 3


def test_orders_are_found_under_their_id_by_any_client(elastic: ElasticsearchStore, elasticsearch_server: Any) -> None:
    elastic.replace("orders", [DAY], documents(shop(), DAY))
    found = elasticsearch_server.request(
        "GET", f"/{elastic.index('orders')}/_search?q=basket.category:tea&sort=order_id"
    )
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["order-0", "order-2", "order-3"]
    assert set(found["hits"]["hits"][0]["_source"]) == {
        *("order_id", "client", "session_start_date", "session_end_date", "payment_amount", "discount_amount"),
        *("has_purchased", "promotion_id", "dimensions", "actions", "basket", "delivery", "write_id"),
    }


def test_orders_of_other_days_are_refused(elastic: ElasticsearchStore) -> None:
    with pytest.raises(ValidationError, match="2024-03-31"):
        elastic.replace("orders", [NEXT], orders_of(DAY, 1))


def test_older_day_never_overwrites_newer_customers(elastic: ElasticsearchStore) -> None:
    elastic.replace("customers", [NEXT], people(3))
    summary = elastic.replace("customers", [DAY], people(5))
    assert summary.documents == 0
    assert "older" in summary.note
    page = elastic.customers(CustomerQuery())
    assert (page.total, page.day) == (3, NEXT)
    elastic.replace("customers", [NEXT], people(2))
    elastic.replace("customers", [NEXT], people(4))
    assert elastic.customers(CustomerQuery()).total == 4


def people(count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "client": [f"c{number:04}" for number in range(count)],
            "orders": pl.Series([number % 5 if number % 7 else None for number in range(count)], dtype=pl.Int64),
            "revenue": [number * 1.25 for number in range(count)],
            "city": [["London", "LONDON east", "Łódź", None, "50% *off* ?"][number % 5] for number in range(count)],
            "is_new": [number % 2 == 0 for number in range(count)],
            "last_order": pl.Series(
                [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(count)], dtype=INSTANT
            ),
            "first_day": [date(2024, 1, 1) + timedelta(days=number % 9) for number in range(count)],
        }
    )


@pytest.fixture(params=KINDS)
def with_people(
    request: pytest.FixtureRequest, store_of: Callable[[str], DocumentStore]
) -> Callable[[int], DocumentStore]:
    def make(count: int) -> DocumentStore:
        if request.param == EMBEDDED:
            lake = FrameLake({"client_kpis": people(count).with_columns(day=pl.lit(DAY))})
            return EmbeddedStore("unused.db", lambda: lake, 2)
        store = store_of(request.param)
        store.replace("customers", [DAY], people(count))
        return store

    return make


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter("orders", "=", 3), [3, 8, 13, 18]),
        (Filter("orders", "is null"), [0, 7, 14]),
        (Filter("orders", "!=", 1), [0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 17, 18, 19]),
        (Filter("revenue", ">=", 22.5), [18, 19]),
        (Filter("city", "contains", "london"), [0, 1, 5, 6, 10, 11, 15, 16]),
        (Filter("city", "contains", "ŁÓ"), []),
        (Filter("city", "starts with", "łÓ"), []),
        (Filter("city", "starts with", "Łó"), [2, 7, 12, 17]),
        (Filter("city", "contains", "% *"), [4, 9, 14, 19]),
        (Filter("city", "in", ("London", "Łódź")), [0, 2, 5, 7, 10, 12, 15, 17]),
        (Filter("is_new", "=", False), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]),
        (Filter("first_day", "<", date(2024, 1, 2)), [0, 9, 18]),
        (Filter("last_order", ">", datetime(2024, 1, 1, 17, tzinfo=UTC)), [18, 19]),
        (Filter("city", "is not null"), [n for n in range(20) if n % 5 != 3]),
    ],
    ids=str,
)
def test_filters_mean_the_same_everywhere(with_people: Any, wanted: Filter, numbers: list[int]) -> None:
    page = with_people(20).customers(CustomerQuery(filters=(wanted,)))
    assert page.rows["client"].to_list() == [f"c{number:04}" for number in numbers]
    assert page.total == len(numbers)


def test_sorting_puts_nulls_last_and_breaks_ties_by_client(with_people: Any) -> None:
    store = with_people(12)
    for descending in (False, True):
        query = CustomerQuery(sort=(("orders", descending),), offset=2, limit=9)
        page = store.customers(query)
        expected = people(12).sort("orders", "client", descending=[descending, False], nulls_last=True).slice(2, 9)
        assert_frame_equal(page.rows.select(expected.columns), expected)
        assert (page.total, page.day) == (12, DAY)


def test_deep_pages_are_reached(with_people: Any) -> None:
    page = with_people(10_300).customers(CustomerQuery(sort=(("client", True),), offset=10_250, limit=100))
    assert page.rows["client"].to_list() == [f"c{number:04}" for number in range(49, -1, -1)]


def test_unknown_column_is_refused(with_people: Any) -> None:
    with pytest.raises(StoreError, match="no column 'age'"):
        with_people(1).customers(CustomerQuery(sort=(("age", False),)))


def test_without_customers_the_page_is_empty(store: DocumentStore, request: pytest.FixtureRequest) -> None:
    if isinstance(store, EmbeddedStore):
        store = EmbeddedStore("unused.db", FrameLake, 2)
    page = store.customers(CustomerQuery())
    assert (page.total, page.day, page.rows.height) == (0, None, 0)
