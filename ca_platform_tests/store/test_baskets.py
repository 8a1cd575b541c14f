"""Baskets that nobody would wish for: loaded or quarantined with a reason, and the same in both stores."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import DocumentStore
from ca_platform.store.documents import orders_of
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform_tests.computed import computed
from ca_platform_tests.store.conftest import BUSINESS, SOURCES

DAY = date(2024, 3, 25)
LONG = "x" * 10_000
PRODUCTS = [
    LONG,
    "€" * 10_000,
    "\U0001f389" * 10_000,
    'say "hi"',
    "it's",
    "a/b\\c?d=e&f#g",
    "<script>alert('x')</script>",
    "\U0001f469\u200d\U0001f4bb",
    "two\nlines",
    "{{7*7}}",
    "%s %d",
    "İstanbul",
]
BAD = {
    ("1", "zero", "1", "0", ""): "quantity_not_positive",
    ("1", "negative", "1", "-2", ""): "quantity_not_positive",
    ("1", "", "1", "1", ""): "missing_value",
    ("1", "unreadable", "1e", "1", ""): "unreadable_number",
    ("1", "too large", "1e14", "1", ""): "unreadable_number",
    ("1", "infinite", "inf", "1", ""): "not_finite",
    ("1", "cheap", "-1", "1", ""): "negative_price",
}
GOOD = [
    *(("1", name, "1.25", "2", "") for name in PRODUCTS),
    ("1", LONG, "1.25", "1", "fruit"),
    ("2", "dear", "1000000000000", "1", "<b>"),
    ("2", "dear", "999999999999.99", "1000", ""),
]
# What the settings of the stores under test declare.
_DECLARED = ("region", "channel", "has_basket")
NAMES = ("most_ordered_products", "most_ordered_categories", "product_kpis")


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Settings, Lake]:
    """The lines in the lake; what cannot be read is in the quarantine."""
    _write(
        tmp_path / "sessions.csv",
        ["order_id", "client", "session_start_date", "payment_amount", "discount_amount", "has_purchased", *_DECLARED],
        [
            ("1", "a", "2024-03-25", "10", "0", "1", "EU", "web", "1"),
            ("2", "b", "2024-03-25", "10", "99999999999999", "1", "US", "web", "0"),
        ],
    )
    header = ["order_id", "product", "price", "quantity", "category"]
    _write(tmp_path / "lines.csv", header, [*GOOD, *BAD])
    sources = {
        "sessions": {**SOURCES["sessions"], "path": str(tmp_path / "sessions.csv")},
        "lines": {"kind": "csv", "path": str(tmp_path / "lines.csv")},
    }
    settings = Settings.model_validate(
        {
            "business": {**BUSINESS, "start_date": DAY},
            "lake": {"path": str(tmp_path / "lake")},
            "sources": sources,
        }
    )
    lake = Lake.open(settings)
    for source in ("sessions", "lines"):
        ingest(source, [DAY], settings, lake)
    return settings, lake


def _write(file: Path, header: list[str], rows: list[tuple[str, ...]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([header, *rows])


def tables(settings: Settings, lake: Lake) -> dict[str, pl.DataFrame]:
    return computed(NAMES, [DAY], settings, lake)


def test_every_line_is_loaded_or_quarantined_with_a_reason(loaded: tuple[Settings, Lake]) -> None:
    lake = loaded[1]
    good = lake.scan("lines").select("order_id", "product", "category").collect()
    assert sorted(good.rows(), key=str) == sorted(((row[0], row[1], row[4] or None) for row in GOOD), key=str)
    reasons = {row["reason"] for row in lake.quarantined("lines").to_dicts()}
    assert lake.quarantined("lines").height == len(BAD)
    assert reasons == set(BAD.values())


def test_reports_of_nasty_baskets_are_read_as_they_were_written(
    loaded: tuple[Settings, Lake], store: DocumentStore
) -> None:
    for name, frame in tables(*loaded).items():
        spec = report_spec(name)
        store.replace(name, [DAY], frame, spec)
        table = store.report(name, DAY)
        assert table is not None
        assert table.columns == list(spec.column_names)
        main = frame.filter(pl.col("report_dimension") == "main")
        key = "category" if name == "most_ordered_categories" else "product"
        assert table[key].to_list() == main[key].to_list()
        assert table["revenue"].to_list() == pytest.approx(main["revenue"].cast(pl.Float64).to_list(), rel=1e-12)


def test_orders_with_nasty_baskets_are_taken_and_their_products_found(
    loaded: tuple[Settings, Lake], elastic: ElasticsearchStore
) -> None:
    frame = orders_of(loaded[1], DAY, 2).collect()
    elastic.replace("orders", [DAY], frame)
    found = pl.concat(elastic.scan("orders"))
    assert found["basket"].to_list() == frame["basket"].to_list()
    # Lucene takes terms up to 32,766 bytes: what is longer can be seen, but not be asked for.
    askable = [name for name in PRODUCTS if len(name.encode()) <= 32_766]
    assert len(askable) == len(PRODUCTS) - 1
    assert [name for name in askable if _orders_with(elastic, name) != ["1"]] == []


def _orders_with(elastic: ElasticsearchStore, product: str) -> list[Any]:
    body = {"query": {"term": {"basket.product": product}}}
    answer = elastic._connection.call("POST", f"/{elastic.index('orders')}/_search", body)
    return [hit["_source"]["order_id"] for hit in answer["hits"]["hits"]]
