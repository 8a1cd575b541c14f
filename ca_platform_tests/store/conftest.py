"""Both stores under the same tests: ``store`` is each of them in turn; ``elastic`` is the server's alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_platform.settings import Settings
from ca_platform.store import DocumentStore, open_store
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform_tests.conftest import elasticsearch_versions
from ca_platform_tests.services.elasticsearch import ElasticsearchServer

MakeSettings = Callable[..., Settings]

EMBEDDED = "embedded"
KINDS = (EMBEDDED, *(f"elasticsearch {version}" for version in elasticsearch_versions()))

BUSINESS = {"time_zone": "Europe/London", "currency": "GBP", "start_date": "2024-01-01"}
SOURCES = {
    "sessions": {
        "kind": "csv",
        "path": "sessions.csv",
        "dimensions": ["region", "channel"],
        "actions": ["has_basket"],
    },
    "customers": {"kind": "csv", "path": "customers.csv", "actions": ["first_login"]},
}


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings with a lake and an embedded store in a folder of the test, and any document store on top."""

    def make(**document_store: Any) -> Settings:
        return Settings.model_validate(
            {
                "business": BUSINESS,
                "lake": {"path": str(tmp_path / "lake")},
                "document_store": {"path": str(tmp_path / "store.db"), **document_store},
                "sources": SOURCES,
            }
        )

    return make


@pytest.fixture(scope="session", params=elasticsearch_versions())
def elasticsearch_server(
    request: pytest.FixtureRequest, elasticsearch_of: Callable[[str], ElasticsearchServer]
) -> ElasticsearchServer:
    """The store keeps its promises on every supported version of the server."""
    return elasticsearch_of(request.param)


@pytest.fixture
def elastic_settings(make_settings: MakeSettings, elasticsearch_server: ElasticsearchServer) -> Settings:
    """Settings for the real server; each test has indices of its own."""
    return _of_its_own(make_settings, elasticsearch_server)


@pytest.fixture
def elastic(elastic_settings: Settings, elasticsearch_server: ElasticsearchServer) -> Iterator[ElasticsearchStore]:
    with _opened(elastic_settings, elasticsearch_server) as store:
        yield store


@pytest.fixture
def store_of(
    make_settings: MakeSettings, elasticsearch_of: Callable[[str], ElasticsearchServer]
) -> Iterator[Callable[[str], DocumentStore]]:
    """Opens the store of a kind; its data end with the test."""
    with ExitStack() as ending:

        def get(kind: str) -> DocumentStore:
            if kind == EMBEDDED:
                return ending.enter_context(open_store(make_settings()))
            server = elasticsearch_of(kind.removeprefix("elasticsearch "))
            return ending.enter_context(_opened(_of_its_own(make_settings, server), server))

        yield get


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, store_of: Callable[[str], DocumentStore]) -> DocumentStore:
    """Every implementation in turn."""
    return store_of(request.param)


def with_patience(settings: Settings, seconds: float) -> Settings:
    """The same store, which gives up after that."""
    changed = {"give_up_after": timedelta(seconds=seconds)}
    return settings.model_copy(update={"document_store": settings.document_store.model_copy(update=changed)})


def _of_its_own(make_settings: MakeSettings, server: ElasticsearchServer) -> Settings:
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    return make_settings(kind="elasticsearch", hosts=[server.url], index_prefix=prefix, shards=2, give_up_after="30s")


@contextmanager
def _opened(settings: Settings, server: ElasticsearchServer) -> Iterator[ElasticsearchStore]:
    """The store; its indices are deleted afterwards."""
    with ElasticsearchStore(settings) as store:
        yield store
    prefix = settings.document_store.index_prefix
    server.request("DELETE", f"/{prefix}*?ignore_unavailable=true&expand_wildcards=all")
