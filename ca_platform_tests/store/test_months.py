"""Orders in monthly indices: from which number on, under one name, and each order in one index only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest

from ca_platform.settings import Settings
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform_tests.services.elasticsearch import ElasticsearchServer
from ca_platform_tests.store.shop import orders_of

JANUARY, FEBRUARY, MARCH, DECEMBER = date(2024, 1, 31), date(2024, 2, 1), date(2024, 3, 1), date(2024, 12, 31)


@pytest.fixture
def small(elastic_settings: Settings, elastic: ElasticsearchStore) -> Iterator[ElasticsearchStore]:
    """A store that thinks ten orders are many; ``elastic`` clears its indices."""
    document_store = elastic_settings.document_store.model_copy(update={"monthly_orders_above": 10})
    with ElasticsearchStore(elastic_settings.model_copy(update={"document_store": document_store})) as store:
        yield store


def orders(day: date, count: int) -> pl.DataFrame:
    return orders_of(day, count).with_columns(pl.col("order_id") + f"-{day}")


def counts(store: ElasticsearchStore, server: ElasticsearchServer) -> dict[str, int]:
    """Orders by the end of the index's name, for all indices behind the alias."""
    alias = store.index("orders")
    names = server.request("GET", f"/{alias}/_alias")
    return {
        name.removeprefix(f"{alias}-"): int(str(server.request("GET", f"/{name}/_count")["count"]))
        for name in sorted(names)
    }


def test_few_orders_lie_in_one_index(small: ElasticsearchStore, elasticsearch_server: ElasticsearchServer) -> None:
    small.replace("orders", [JANUARY], orders(JANUARY, 4))
    small.replace("orders", [FEBRUARY], orders(FEBRUARY, 4))
    assert counts(small, elasticsearch_server) == {"all": 8}


def test_with_many_orders_new_months_get_an_index_and_old_ones_stay(
    small: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    small.replace("orders", [JANUARY], orders(JANUARY, 8))
    small.replace("orders", [FEBRUARY, MARCH], pl.concat([orders(FEBRUARY, 3), orders(MARCH, 2)]))
    small.replace("orders", [DECEMBER], orders(DECEMBER, 1))
    assert counts(small, elasticsearch_server) == {"2024-02": 3, "2024-03": 2, "2024-12": 1, "all": 8}
    assert pl.concat(small.scan("orders"))["order_id"].len() == 14
    assert pl.concat(small.scan("orders", FEBRUARY, MARCH))["day"].unique().sort().to_list() == [FEBRUARY, MARCH]


def test_replaced_day_stays_in_its_index_and_loses_what_is_gone(
    small: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    both = [JANUARY, FEBRUARY]
    small.replace("orders", [JANUARY], orders(JANUARY, 9))
    small.replace("orders", [FEBRUARY], orders(FEBRUARY, 5))
    summary = small.replace("orders", both, pl.concat([orders(JANUARY, 6), orders(FEBRUARY, 2)]))
    assert (summary.documents, summary.deleted) == (8, 6)
    assert counts(small, elasticsearch_server) == {"2024-02": 2, "all": 6}


def test_months_are_those_of_the_business_time_zone(
    small: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    # The first of July in London begins at 23:00 UTC of the 30th of June.
    first = date(2024, 7, 1)
    late = orders(first, 2).with_columns(pl.col("session_start_date").dt.offset_by("-30m"))
    small.replace("orders", [JANUARY], orders(JANUARY, 11))
    small.replace("orders", [first], late)
    small.replace("orders", [first], late)
    assert counts(small, elasticsearch_server) == {"2024-01": 11, "2024-07": 2, "all": 0}


def test_dimension_that_is_added_later_extends_every_index(
    small: ElasticsearchStore, elastic_settings: Settings, elasticsearch_server: ElasticsearchServer
) -> None:
    small.replace("orders", [JANUARY], orders(JANUARY, 11))
    sessions = elastic_settings.sources.sessions
    assert sessions is not None
    more = sessions.model_copy(update={"dimensions": (*sessions.dimensions, "device")})
    sources = elastic_settings.sources.model_copy(update={"sessions": more})
    with ElasticsearchStore(elastic_settings.model_copy(update={"sources": sources})) as later:
        later.check()
    for found in elasticsearch_server.request("GET", f"/{small.index('orders')}/_mapping").values():
        assert "device" in str(found)
