"""The customers of the newest day in Elasticsearch: shown whole or not at all, whatever happens to a write."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform.errors import StoreError
from ca_platform.store import CustomerQuery
from ca_platform.store.elasticsearch import ElasticsearchStore, bulk, snapshots
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform_tests.services.elasticsearch import ElasticsearchServer

DAY = date(2024, 5, 2)
NEXT = DAY + timedelta(days=1)


def people(count: int, orders: int) -> pl.DataFrame:
    return pl.DataFrame({"client": [f"c{number:04}" for number in range(count)], "orders": [orders] * count})


def shown(store: ElasticsearchStore) -> tuple[int, set[int], date | None]:
    """How many customers there are, their numbers of orders, and the day."""
    page = store.customers(CustomerQuery(limit=10_000))
    assert page.total == page.rows.height
    return page.total, set(page.rows["orders"].to_list()) if page.total else set(), page.day


def indices(store: ElasticsearchStore, server: ElasticsearchServer) -> list[str]:
    """What there is under the name or one that begins with it."""
    return sorted(server.request("GET", f"/{store.index('customers')}*/_alias"))


def test_reader_sees_the_customers_before_a_write_or_after_it_and_never_between(elastic: ElasticsearchStore) -> None:
    elastic.replace("customers", [DAY], people(400, 0))
    ended = threading.Event()

    def read() -> set[tuple[int, ...]]:
        seen = set()
        while not ended.is_set():
            count, orders, _ = shown(elastic)
            seen.add((count, *orders))
        return seen

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        for number in range(1, 6):
            elastic.replace("customers", [DAY], people(400 - number, number))
        ended.set()
    assert reader.result() <= {(400 - number, number) for number in range(6)}
    assert shown(elastic) == (395, {5}, DAY)


def test_each_write_leaves_one_index_behind_the_name_that_is_searched(
    elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    elastic.check()
    assert shown(elastic) == (0, set(), None)
    for day in (DAY, NEXT):
        elastic.replace("customers", [day], people(3, 1))
    (index,) = indices(elastic, elasticsearch_server)
    assert index.startswith(f"{elastic.index('customers')}-{NEXT}-")
    found: Any = elasticsearch_server.request("GET", f"/{elastic.index('customers')}/_search?q=client:c0001")
    assert [hit["_source"] for hit in found["hits"]["hits"]] == [
        {"client": "c0001", "orders": 1, "report_date": str(NEXT)}
    ]


def test_write_that_is_cut_off_changes_nothing_and_leaves_nothing(
    elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    elastic.replace("customers", [DAY], people(5, 1))
    before = indices(elastic, elasticsearch_server)

    def refuse(connection: Connection, index: str, *_: Any) -> None:
        elasticsearch_server.request("PUT", f"/{index}/_doc/c0000?refresh=true", {"client": "c0000"})
        raise StoreError("The server went away.")

    monkeypatch.setattr(bulk, "send", refuse)
    with pytest.raises(StoreError, match="went away"):
        elastic.replace("customers", [NEXT], people(9, 2))
    assert shown(elastic) == (5, {1}, DAY)
    assert indices(elastic, elasticsearch_server) == before


def test_write_of_an_older_day_that_ends_later_does_not_hide_the_newer_one(
    elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    elastic.replace("customers", [DAY - timedelta(days=1)], people(1, 0))
    send = bulk.send

    def overtaken(*arguments: Any) -> tuple[int, int]:
        monkeypatch.setattr(bulk, "send", send)
        elastic.replace("customers", [NEXT], people(7, 2))
        return send(*arguments)

    monkeypatch.setattr(bulk, "send", overtaken)
    summary = elastic.replace("customers", [DAY], people(5, 1))
    assert (summary.documents, "older" in summary.note) == (0, True)
    assert shown(elastic) == (7, {2}, NEXT)
    assert len(indices(elastic, elasticsearch_server)) == 1


def test_of_two_writes_of_a_day_the_one_that_ends_last_is_shown(
    elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, call = bulk.send, Connection.call

    def overtaken(self: Connection, method: str, path: str, *rest: Any, **options: Any) -> Any:
        if path == "/_aliases":
            monkeypatch.setattr(Connection, "call", call)
            elastic.replace("customers", [DAY], people(7, 2))
        return call(self, method, path, *rest, **options)

    monkeypatch.setattr(Connection, "call", overtaken)
    elastic.replace("customers", [DAY], people(5, 1))
    assert bulk.send is send
    assert shown(elastic) == (5, {1}, DAY)
    assert len(indices(elastic, elasticsearch_server)) == 1


def test_write_whose_last_answer_is_lost_is_asked_for_again_and_stays(
    elastic: ElasticsearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Connection.call

    def twice(self: Connection, method: str, path: str, *rest: Any, **options: Any) -> Any:
        if path == "/_aliases":
            call(self, method, path, *rest, **options)
        return call(self, method, path, *rest, **options)

    monkeypatch.setattr(Connection, "call", twice)
    elastic.replace("customers", [DAY], people(5, 1))
    assert shown(elastic) == (5, {1}, DAY)


def test_what_interrupted_writes_left_is_swept_by_a_later_one_and_nothing_else(
    elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = elastic.index("customers")
    orphan, foreign = f"{name}-{DAY}-{'0' * 32}", f"{name}-backup"
    for index in (orphan, foreign):
        elasticsearch_server.request("PUT", f"/{index}")
    elastic.replace("customers", [DAY], people(5, 1))
    assert {orphan, foreign} < set(indices(elastic, elasticsearch_server))
    monkeypatch.setattr(snapshots, "_ORPHAN_SECONDS", 0)
    elastic.replace("customers", [DAY], people(4, 1))
    left = set(indices(elastic, elasticsearch_server))
    assert orphan not in left
    assert foreign in left
    assert shown(elastic) == (4, {1}, DAY)


def test_column_that_is_added_or_changes_its_type_needs_no_care(elastic: ElasticsearchStore) -> None:
    elastic.replace("customers", [DAY], people(2, 1))
    other = people(2, 1).with_columns(pl.col("orders").cast(pl.String), segment=pl.lit("lost"))
    elastic.replace("customers", [NEXT], other)
    assert elastic.customers(CustomerQuery()).rows.columns == ["client", "orders", "segment"]
