"""The customers of the document store: written once for each run, with the last good values of every report."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from ca_platform.defs import attempts, launch
from ca_platform.defs.assemble import assemble
from ca_platform.defs.schedules import DAILY
from ca_platform.errors import RunError, StoreError
from ca_platform.reports import compute_pieces
from ca_platform.store import CustomerPage, CustomerQuery
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform_tests.defs.conftest import Shop

MERGED = ["client_kpis", "rfm", "product_recommendations"]


@pytest.fixture
def elastic_shop(shop: Shop, tmp_path: Path, elasticsearch_server: Any) -> Iterator[Shop]:
    """The shop with indices of its own on the server."""
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    yield shop.configured(
        CA_DOCUMENT_STORE__KIND="elasticsearch",
        CA_DOCUMENT_STORE__HOSTS=elasticsearch_server.url,
        CA_DOCUMENT_STORE__INDEX_PREFIX=prefix,
        CA_DOCUMENT_STORE__GIVE_UP_AFTER="20s",
    )
    elasticsearch_server.request("DELETE", f"/{prefix}*?ignore_unavailable=true&expand_wildcards=all")


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The day of each write of the customers, as they come."""
    found: list[date] = []
    real: Callable[..., Any] = ElasticsearchStore.replace

    def replace(store: ElasticsearchStore, dataset: str, days: Sequence[date], *rest: Any) -> Any:
        if dataset == "customers":
            found.append(*days)
        return real(store, dataset, days, *rest)

    monkeypatch.setattr(ElasticsearchStore, "replace", replace)
    return found


def page(shop: Shop) -> CustomerPage:
    with shop.store() as store:
        return store.customers(CustomerQuery(limit=1_000))


def segments(shop: Shop, day: date) -> dict[str, str]:
    rows = shop.lake.scan("rfm", day, day).select("client", "segment").collect()
    return dict(rows.iter_rows())


def shown_segments(found: CustomerPage) -> dict[str, str]:
    return dict(found.rows.select("client", "segment").drop_nulls().iter_rows())


def test_run_of_a_range_writes_the_newest_day_once_and_a_report_made_alone_empties_no_other(
    elastic_shop: Shop, writes: list[date]
) -> None:
    shop = elastic_shop
    launch.run(shop.day(0), shop.day(2), shop.settings, select=MERGED)
    assert writes == [shop.day(2)]
    first = page(shop)
    assert first.day == shop.day(2)
    assert shown_segments(first) == segments(shop, shop.day(2))
    assert first.rows["recommendations"].null_count() < first.rows.height

    launch.run(shop.day(3), shop.day(3), shop.settings, select=["client_kpis"])
    assert writes == [shop.day(2), shop.day(3)]
    later = page(shop)
    assert (later.day, shown_segments(later)) == (shop.day(3), segments(shop, shop.day(2)))

    launch.run(shop.day(0), shop.day(1), shop.settings, select=MERGED)
    assert writes == [shop.day(2), shop.day(3)]

    # As Dagster's UI materializes a single asset.
    job = assemble(shop.settings).resolve_job_def(DAILY)
    tags = {"dagster/partition": str(shop.day(3))}
    assert job.execute_in_process(asset_selection=[dg.AssetKey("rfm")], tags=tags).success
    assert writes == [shop.day(2), shop.day(3), shop.day(3)]
    assert shown_segments(page(shop)) == segments(shop, shop.day(3))


def test_report_that_fails_keeps_its_last_values_and_a_refused_write_is_named(
    elastic_shop: Shop, writes: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = elastic_shop
    launch.run(shop.day(0), shop.day(0), shop.settings, select=MERGED)

    def failing(names: Sequence[str], *arguments: Any) -> Iterator[tuple[str, Any]]:
        for name, pieces in compute_pieces(names, *arguments):
            yield name, _raising() if name == "rfm" else pieces

    monkeypatch.setattr(attempts, "compute_pieces", failing)
    with pytest.raises(RunError, match="rfm: ValueError: no scores today") as caught:
        launch.run(shop.day(1), shop.day(1), shop.settings, select=MERGED)
    assert caught.value.summary is not None
    assert caught.value.summary["reports"]["failed"] == ["rfm"]
    assert writes == [shop.day(0), shop.day(1)]
    found = page(shop)
    assert (found.day, shown_segments(found)) == (shop.day(1), segments(shop, shop.day(0)))
    kpis = shop.lake.scan("client_kpis", shop.day(1), shop.day(1)).select("client", "sessions").collect()
    assert found.rows.select("client", "sessions").sort("client").equals(kpis.sort("client"))
    assert isinstance(found.rows["recommendations"].dtype, pl.List)

    def refuse(*_: Any) -> None:
        raise StoreError("no room for customers")

    monkeypatch.setattr(attempts, "compute_pieces", compute_pieces)
    monkeypatch.setattr("ca_platform.store.elasticsearch.snapshots.SnapshotIndex.replace", refuse)
    with pytest.raises(RunError, match="customer_documents: no room for customers") as refused:
        launch.run(shop.day(2), shop.day(2), shop.settings, select=["client_kpis", "rfm"])
    assert refused.value.summary is not None
    assert refused.value.summary["reports"] == {"written": 2, "failed": []}


def _raising() -> Iterator[Any]:
    raise ValueError("no scores today")
    yield
