"""Both stores under the same tests: ``store`` is each of them in turn; ``elastic`` is the server's alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ca_platform.settings import Settings
from ca_platform.store import DocumentStore, open_store
from ca_platform.store.elasticsearch import ElasticsearchStore

MakeSettings = Callable[..., Settings]

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


@pytest.fixture
def elastic_settings(make_settings: MakeSettings, elasticsearch_server: Any) -> Settings:
    """Settings for the real server; each test has indices of its own."""
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    return make_settings(
        kind="elasticsearch", hosts=[elasticsearch_server.url], index_prefix=prefix, shards=2, give_up_after="5s"
    )


@pytest.fixture
def elastic(elastic_settings: Settings, elasticsearch_server: Any) -> Iterator[ElasticsearchStore]:
    store = ElasticsearchStore(elastic_settings)
    with store:
        yield store
    prefix = elastic_settings.document_store.index_prefix
    names = [f"{prefix}{name}" for name in ("reports", "orders-all", "downloads", "customers")]
    elasticsearch_server.request("DELETE", f"/{','.join(names)}?ignore_unavailable=true")


@pytest.fixture(params=["embedded", "elasticsearch"])
def store(request: pytest.FixtureRequest) -> Iterator[DocumentStore]:
    """Every implementation in turn."""
    if request.param == "elasticsearch":
        yield request.getfixturevalue("elastic")
        return
    with open_store(request.getfixturevalue("make_settings")()) as opened:
        yield opened
