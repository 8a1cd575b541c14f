"""Large reports lie in numbered parts; readers see all parts of one write or all of another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ca_platform.errors import StoreError
from ca_platform.settings import Settings
from ca_platform.store import Dimension
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform.store.elasticsearch.reportdocs import PartLimit
from ca_platform_tests.store.frames import DAY, SPEC, computed, of_main
from ca_platform_tests.store.proxy import Answer, FaultyProxy, after

EU = Dimension("region", "EU")


@pytest.fixture
def parted(elastic_settings: Settings, elastic: ElasticsearchStore) -> Iterator[ElasticsearchStore]:
    """A store that cuts tables above ten rows; ``elastic`` clears its indices."""
    with ElasticsearchStore(elastic_settings, PartLimit(rows=10)) as store:
        yield store


def test_large_report_comes_back_whole_and_in_order(parted: ElasticsearchStore) -> None:
    rows = [(DAY, "main", None, count) for count in range(95)] + [(DAY, "region", "EU", count) for count in range(31)]
    summary = parted.replace("sales", [DAY], computed(rows), SPEC)
    assert summary.documents == 10 + 4
    main, region = parted.report("sales", DAY), parted.report("sales", DAY, EU)
    assert main is not None and region is not None
    assert main["orders"].to_list() == list(range(95))
    assert region["orders"].to_list() == list(range(31))
    assert len(parted.dimensions("sales", DAY)) == 2


def test_parts_are_numbered_and_carry_the_whole_row_count(
    parted: ElasticsearchStore, elasticsearch_server: Any
) -> None:
    parted.replace("sales", [DAY], of_main(DAY, range(25)), SPEC)
    found = elasticsearch_server.request("GET", f"/{parted.index('reports')}/_search?sort=part")
    sources = [hit["_source"] for hit in found["hits"]["hits"]]
    assert [(source["part"], source["parts"], source["row_count"]) for source in sources] == [
        (1, 3, 25),
        (2, 3, 25),
        (3, 3, 25),
    ]
    assert [len(source["columns"]["orders"]) for source in sources] == [10, 10, 5]
    assert sources[0].keys() == {
        *("report_name", "report_type", "report_date", "as_of", "dimension", "value", "part", "parts"),
        *("row_count", "schema", "columns", "write_id"),
    }
    assert (sources[0]["report_type"], sources[0]["report_date"]) == ("orders", "2024-03-31")
    assert sources[0]["as_of"] == "2024-03-31T23:00:00.000000Z"  # summer time began that night in London
    assert sources[0]["value"] is None
    assert len({source["write_id"] for source in sources}) == 1


def test_shorter_write_leaves_no_parts_of_the_longer(parted: ElasticsearchStore, elasticsearch_server: Any) -> None:
    parted.replace("sales", [DAY], of_main(DAY, range(95)), SPEC)
    parted.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    found = elasticsearch_server.request("GET", f"/{parted.index('reports')}/_count")
    assert found["count"] == 1


def test_failed_write_leaves_the_old_report_readable_and_the_next_one_mends_it(
    parted: ElasticsearchStore, elastic_settings: Settings, elasticsearch_server: Any
) -> None:
    old = computed([(DAY, *value, count) for value in (("main", None), ("region", "EU")) for count in range(35)])
    new = computed([(DAY, *value, count) for value in (("main", None), ("region", "EU")) for count in range(100, 150)])
    parted.replace("sales", [DAY], old, SPEC)
    with FaultyProxy(elasticsearch_server.url) as proxy:
        for passing in range(3):
            # One document for each request would be too slow a test: the phases of a write are what counts.
            proxy.rule = after(passing, Answer(403, {"error": {"type": "security_exception", "reason": "no"}}))
            failed = False
            with _through(elastic_settings, proxy.url) as store:
                try:
                    store.replace("sales", [DAY], new, SPEC)
                except StoreError:
                    failed = True
            elasticsearch_server.request("POST", f"/{parted.index('reports')}/_refresh")
            main, region = parted.report("sales", DAY), parted.report("sales", DAY, EU)
            assert main is not None and region is not None
            assert failed
            assert main["orders"][0] == region["orders"][0]
            assert main.height == region.height == (35 if main["orders"][0] == 0 else 50)
    parted.replace("sales", [DAY], new, SPEC)
    assert elasticsearch_server.request("GET", f"/{parted.index('reports')}/_count")["count"] == 10


def test_reader_in_a_loop_sees_whole_reports_only(parted: ElasticsearchStore, elastic_settings: Settings) -> None:
    frames = [
        computed(
            [(DAY, *value, first + count) for value in (("main", None), ("region", "EU")) for count in range(length)]
        )
        for first, length in ((0, 45), (1000, 12))
    ]
    parted.replace("sales", [DAY], frames[0], SPEC)
    done = threading.Event()
    torn: list[Any] = []
    reads = [0]

    def read(dimension: Dimension) -> None:
        with ElasticsearchStore(elastic_settings) as store:
            while not done.is_set():
                table = store.report("sales", DAY, dimension)
                reads[0] += 1
                found = None if table is None else (table["orders"][0], table.height)
                if found not in ((0, 45), (1000, 12)):
                    torn.append(found)

    readers = [threading.Thread(target=read, args=(dimension,)) for dimension in (EU, Dimension("main"))]
    for reader in readers:
        reader.start()
    for turn in range(12):
        parted.replace("sales", [DAY], frames[(turn + 1) % 2], SPEC)
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []
    assert reads[0] > 20


def _through(settings: Settings, url: str) -> ElasticsearchStore:
    store = settings.document_store.model_copy(update={"hosts": (url,)})
    return ElasticsearchStore(settings.model_copy(update={"document_store": store}), PartLimit(rows=10))
