"""A server that is really killed or frozen in the middle of the work. On one version: starting it takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl
import pytest

from ca_platform.errors import StoreError
from ca_platform.settings import Settings
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform_tests.services.elasticsearch import DEFAULT_VERSION, ElasticsearchServer
from ca_platform_tests.store.conftest import with_patience
from ca_platform_tests.store.frames import DAY, SPEC, of_main
from ca_platform_tests.store.shop import orders_of

T = TypeVar("T")


@pytest.fixture(scope="module")
def elasticsearch_server(elasticsearch_of: Callable[[str], ElasticsearchServer]) -> ElasticsearchServer:
    return elasticsearch_of(DEFAULT_VERSION)


@pytest.fixture
def patient(elastic_settings: Settings, elastic: ElasticsearchStore) -> Iterator[ElasticsearchStore]:
    """A store that rides out a minute; ``elastic`` clears its indices."""
    with ElasticsearchStore(with_patience(elastic_settings, 60)) as store:
        yield store


def outlasting_a_kill(work: Callable[[], T], server: ElasticsearchServer, after: float) -> T:
    """Do the work; a little later kill the server and start it again."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        time.sleep(after)
        assert not future.done(), "the work was over before the server was killed"
        server.kill()
        server.start()
        return future.result()


def test_orders_that_are_being_written_when_the_server_is_killed_arrive_whole(
    patient: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    old, new = orders_of(DAY, 1_000), orders_of(DAY, 60_000).with_columns(payment_amount=pl.lit(7.0))
    # All of them on one local day, as if it were a busy one.
    new = new.with_columns(pl.lit(DAY).alias("day"), session_start_date=old["session_start_date"][0])
    patient.replace("orders", [DAY], old.with_columns(pl.col("order_id") + "-old"))
    summary = outlasting_a_kill(lambda: patient.replace("orders", [DAY], new), elasticsearch_server, after=0.7)
    assert (summary.documents, summary.deleted) == (60_000, 1_000)
    found = pl.concat(patient.scan("orders"))
    assert found["order_id"].n_unique() == found.height == 60_000
    assert found["payment_amount"].unique().to_list() == [7.0]


def test_reader_of_a_report_never_sees_half_of_it_while_the_server_is_killed(
    patient: ElasticsearchStore, elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    frames = [of_main(DAY, range(first, first + 200)) for first in (0, 1_000)]
    patient.replace("sales", [DAY], frames[0], SPEC)
    done, torn, reads = threading.Event(), [], [0]

    def read() -> None:
        while not done.is_set():
            try:
                table = elastic.report("sales", DAY)
            except StoreError:  # it is away: that may be said, and nothing else
                continue
            reads[0] += 1
            if table is None or (table["orders"][0], table.height) not in ((0, 200), (1_000, 200)):
                torn.append(table)

    def write() -> None:
        until, turn = time.monotonic() + 2, 0
        while turn % 2 == 0 or time.monotonic() < until:
            turn += 1
            patient.replace("sales", [DAY], frames[turn % 2], SPEC)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        outlasting_a_kill(write, elasticsearch_server, after=0.5)
    finally:
        done.set()
        reader.join()
    assert torn == []
    assert reads[0] > 5
    found = patient.report("sales", DAY)
    assert found is not None and found["orders"][0] == 1_000


def test_silent_server_is_given_up_in_time_and_named(
    elastic_settings: Settings, elastic: ElasticsearchStore, elasticsearch_server: ElasticsearchServer
) -> None:
    elastic.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    with ElasticsearchStore(with_patience(elastic_settings, 5)) as impatient:
        reading: list[Callable[[], object]] = [lambda: impatient.report("sales", DAY), impatient.check]
        elasticsearch_server.pause()
        try:
            for ask in reading:
                begun = time.monotonic()
                with pytest.raises(StoreError, match="does not answer in time"):
                    ask()
                assert time.monotonic() - begun < 40
        finally:
            elasticsearch_server.resume()
    assert elastic.report("sales", DAY) is not None
