"""A run through Dagster with a real Elasticsearch as document store equals one with the embedded store."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.defs import launch
from ca_platform.errors import StoreError
from ca_platform.store import CustomerQuery
from ca_platform_tests.defs.conftest import Shop
from ca_platform_tests.services.process import free_port

# Every report reads the same from both stores, see ``api/test_stores.py``; these write whatever a run may write.
MADE = ("orders", "downloads", "family:orders", "family:rfm", "family:products")


@pytest.fixture
def elastic_shop(shop: Shop, tmp_path: Path, elasticsearch_server: Any) -> Shop:
    """The shop with indices of its own on the server."""
    return shop.copy(tmp_path / "elastic").configured(
        CA_DOCUMENT_STORE__KIND="elasticsearch",
        CA_DOCUMENT_STORE__HOSTS=elasticsearch_server.url,
        CA_DOCUMENT_STORE__INDEX_PREFIX=f"t{uuid.uuid4().hex[:10]}_",
        CA_DOCUMENT_STORE__GIVE_UP_AFTER="20s",
    )


def test_both_stores_show_the_same_after_a_run(shop: Shop, elastic_shop: Shop) -> None:
    for each in (shop, elastic_shop):
        launch.run(each.day(0), each.day(1), each.settings, select=MADE)
    assert elastic_shop.content() == shop.content()
    with shop.store() as embedded, elastic_shop.store() as elastic:
        for dataset in ("orders", "downloads"):
            ours, theirs = (pl.concat(list(store.scan(dataset)), how="diagonal") for store in (elastic, embedded))
            key = "order_id" if dataset == "orders" else "client"
            assert ours.select(sorted(ours.columns)).sort(key).equals(theirs.select(sorted(ours.columns)).sort(key))
        query = CustomerQuery(limit=1000)
        assert elastic.customers(query).rows.equals(embedded.customers(query).rows)
        assert embedded.customers(query).rows["segment"].null_count() < embedded.customers(query).rows.height


def test_server_that_is_not_there_is_said_before_anything_is_computed(shop: Shop) -> None:
    absent = shop.configured(
        CA_DOCUMENT_STORE__KIND="elasticsearch",
        CA_DOCUMENT_STORE__HOSTS=f"http://127.0.0.1:{free_port()}",
        CA_DOCUMENT_STORE__GIVE_UP_AFTER="1s",
    )
    with pytest.raises(StoreError) as caught:
        launch.run(shop.day(0), shop.day(0), absent.settings)
    assert caught.value.exit_code == 2
    assert "127.0.0.1" in str(caught.value)
    assert shop.lake.days("sessions") == []
