"""A server that refuses, stumbles, is away or dies: what the store rides out, and what it says when it cannot."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ca_platform.errors import StoreError
from ca_platform.settings import Settings
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.search import all_hits
from ca_platform_tests.store.conftest import with_patience
from ca_platform_tests.store.frames import DAY, SPEC, of_main
from ca_platform_tests.store.proxy import Answer, FaultyProxy, Request, times

BUSY = Answer(429, {"error": {"type": "es_rejected_execution_exception", "reason": "queue is full"}, "status": 429})

_CLOSED = {"type": "illegal_state_exception", "reason": "already closed, can't increment ref count"}
DELETED = Answer(500, {"error": {**_CLOSED, "root_cause": [_CLOSED]}, "status": 500})
"""What a search is told of an index that another write takes away."""


@pytest.fixture
def proxy(elasticsearch_server: Any) -> Iterator[FaultyProxy]:
    with FaultyProxy(elasticsearch_server.url) as running:
        yield running


@pytest.fixture
def behind_proxy(elastic: ElasticsearchStore, elastic_settings: Settings, proxy: FaultyProxy) -> Settings:
    """Settings of the store behind the proxy; ``elastic`` is the same one without it."""
    store = elastic_settings.document_store.model_copy(update={"hosts": (proxy.url,)})
    return elastic_settings.model_copy(update={"document_store": store})


@pytest.fixture
def stumbling(behind_proxy: Settings) -> Iterator[ElasticsearchStore]:
    """A store behind the proxy, patient for longer than any stumble, also on a slow machine."""
    with ElasticsearchStore(with_patience(behind_proxy, 30)) as opened:
        yield opened


@pytest.mark.parametrize(
    "answer", [BUSY, DELETED, Answer(503), Answer(502), Answer(0)], ids=["429", "deleted", "503", "502", "hang up"]
)
def test_passing_refusals_are_ridden_out(stumbling: ElasticsearchStore, proxy: FaultyProxy, answer: Answer) -> None:
    proxy.rule = times(2, answer)
    stumbling.replace("sales", [DAY], of_main(DAY, [1, 2]), SPEC)
    found = stumbling.report("sales", DAY)
    assert found is not None
    assert found["orders"].to_list() == [1, 2]


def test_lasting_refusal_ends_after_give_up_after_with_exit_code_1(behind_proxy: Settings, proxy: FaultyProxy) -> None:
    proxy.rule = times(10**9, BUSY)
    start = time.monotonic()
    with (
        ElasticsearchStore(with_patience(behind_proxy, 1)) as impatient,
        pytest.raises(StoreError, match=r"keeps refusing \(status 429\): queue is full") as raised,
    ):
        impatient.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    assert raised.value.exit_code == 1
    assert 0.3 < time.monotonic() - start < 20


def test_once_it_is_known_which_documents_were_refused_they_alone_are_sent_again(
    stumbling: ElasticsearchStore, proxy: FaultyProxy
) -> None:
    refusals = [2]

    def half(request: Request) -> Answer | None:
        if "_bulk" not in request.path or not refusals[0]:
            return None
        refusals[0] -= 1
        refused = {"index": {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "full"}}}
        lines = request.body.splitlines()
        kept = b"\n".join(lines[2:]) + b"\n"
        proxy.forward(Request("POST", request.path, kept), {"content-type": "application/x-ndjson"})
        created = [{"index": {"status": 201}}] * (len(lines) // 2 - 1)
        return Answer(200, {"errors": True, "items": [refused, *created]})

    proxy.rule = half
    stumbling.replace("orders", [DAY], _orders(5))
    bulks = [request for request in proxy.seen if "_bulk" in request.path]
    assert [len(request.body.splitlines()) // 2 for request in bulks] == [5, 5, 1]
    assert ["items" in request.path for request in bulks] == [False, True, True]
    assert sum(frame.height for frame in stumbling.scan("orders")) == 5


def test_documents_refused_for_good_are_named_with_their_reason(
    stumbling: ElasticsearchStore, proxy: FaultyProxy
) -> None:
    error = {"type": "document_parsing_exception", "reason": "failed to parse", "caused_by": {"reason": "too odd"}}
    failure = {"index": {"status": 400, "error": error}}
    done = {"index": {"status": 201}}
    proxy.rule = times(2, Answer(200, {"errors": True, "items": [done, done, failure]}))
    with pytest.raises(StoreError, match=r"1 of 3 documents .* were refused: order-2 \(failed to parse: too odd\)"):
        stumbling.replace("orders", [DAY], _orders(3))


def test_absence_is_ridden_out_and_named_when_it_lasts(make_settings: Any) -> None:
    settings = make_settings(kind="elasticsearch", hosts=["http://localhost:9"], give_up_after="1s")
    start = time.monotonic()
    with pytest.raises(StoreError, match=r"cannot be reached at http://localhost:9: connection refused") as raised:
        ElasticsearchStore(settings).replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    assert time.monotonic() - start > 0.3
    assert raised.value.exit_code == 1


def test_absent_server_at_the_start_is_said_at_once_with_exit_code_2(make_settings: Any) -> None:
    settings = make_settings(kind="elasticsearch", hosts=["http://localhost:9"], give_up_after="60s")
    start = time.monotonic()
    with pytest.raises(StoreError, match="connection refused") as raised:
        ElasticsearchStore(settings).check()
    assert time.monotonic() - start < 30
    assert raised.value.exit_code == 2


def test_server_that_comes_back_within_the_patience_gets_the_write(
    stumbling: ElasticsearchStore, proxy: FaultyProxy
) -> None:
    proxy.rule = times(10**9, Answer(0), where="/")
    threading.Timer(0.4, lambda: setattr(proxy, "rule", None)).start()
    stumbling.replace("sales", [DAY], of_main(DAY, [3]), SPEC)
    assert stumbling.days("sales") == [DAY]


def test_full_disk_is_one_clear_sentence(
    elastic: ElasticsearchStore, elastic_settings: Settings, elasticsearch_server: Any
) -> None:
    elastic.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    index = elastic.index("reports")
    elasticsearch_server.request("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": True})
    start = time.monotonic()
    with (
        ElasticsearchStore(with_patience(elastic_settings, 60)) as patient,
        pytest.raises(StoreError, match="disk is full or the index is set read-only") as raised,
    ):
        patient.replace("sales", [DAY], of_main(DAY, [2]), SPEC)
    assert time.monotonic() - start < 30
    assert "\n" not in str(raised.value)
    found = elastic.report("sales", DAY)
    assert found is not None and found["orders"].to_list() == [1]
    elasticsearch_server.request("PUT", f"/{index}/_settings", {"index.blocks.read_only_allow_delete": None})


@pytest.mark.parametrize(("sort", "twice"), [("order_id", 0), ("_shard_doc", 20)])
def test_pages_go_on_when_the_server_has_forgotten_the_point_in_time(
    elastic: ElasticsearchStore, elastic_settings: Settings, proxy: FaultyProxy, sort: str, twice: int
) -> None:
    elastic.replace("orders", [DAY], _orders(50))
    store = elastic_settings.document_store.model_copy(update={"hosts": (proxy.url,)})
    connection = Connection(store)
    pages = all_hits(connection, elastic.index("orders"), {"match_all": {}}, size=20, sort=[sort])
    found = [hit["_id"] for hit in next(pages)]
    lost = {"error": {"type": "search_context_missing_exception", "reason": "No search context found for id [7]"}}
    proxy.rule = times(1, Answer(404, lost), where="_search")
    found += [hit["_id"] for page in pages for hit in page]
    connection.close()
    assert len(found) == 50 + twice
    assert len(set(found)) == 50


def test_search_of_which_a_shard_is_missing_is_tried_again_instead_of_giving_half(
    stumbling: ElasticsearchStore, proxy: FaultyProxy
) -> None:
    stumbling.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    error = {"type": "search_phase_execution_exception", "reason": "Partial shards failure"}
    refused = {"error": error, "status": 503}
    proxy.rule = times(1, Answer(200, {"responses": [refused, refused]}), where="_msearch")
    assert stumbling.report("sales", DAY) is not None
    assert all(b'"allow_partial_search_results":false' in item.body for item in proxy.seen if "_msearch" in item.path)
    whole = [item.path for item in proxy.seen if "/_search" in item.path]
    assert whole
    assert all("allow_partial_search_results=false" in path for path in whole)


def test_version_is_read_without_get_slash(stumbling: ElasticsearchStore, proxy: FaultyProxy) -> None:
    proxy.rule = lambda request: Answer(405) if request.path == "/" else None
    assert stumbling.check().version[0] in "89"
    proxy.rule = lambda request: (
        Answer(403, {"error": "monitor"}) if request.path == "/" or "_nodes" in request.path else None
    )
    assert stumbling.check().status == "ok"


def test_refused_version_is_one_clear_sentence(stumbling: ElasticsearchStore, proxy: FaultyProxy) -> None:
    body = {"error": {"type": "media_type_header_exception", "reason": "Accept version must be either version 7 or 6"}}
    proxy.rule = lambda _: Answer(400, body)
    with pytest.raises(StoreError, match="servers 8 and 9 are supported"):
        stumbling.check()


def test_another_server_than_elasticsearch_is_named(make_settings: Any) -> None:
    with FaultyProxy("http://localhost:9", rule=lambda _: Answer(200, {"hello": "world"})) as other:
        other.product = ""
        with pytest.raises(StoreError, match="no Elasticsearch server"):
            ElasticsearchStore(make_settings(kind="elasticsearch", hosts=[other.url])).check()


def _orders(count: int) -> Any:
    from ca_platform_tests.store.shop import orders_of

    return orders_of(DAY, count)
