"""A column counts as connected where the source calls it so itself, without a word about it in the settings."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from ca_platform.settings.sources import SourceSettings


def test_mapped_column_is_given() -> None:
    source = SourceSettings(kind="csv", path="none.csv", columns={"category": "Group"}, constants={"quantity": 1})
    assert source.gives("category")
    assert source.gives("quantity")
    assert not source.gives("promotion_id")
    assert SourceSettings(kind="csv", path="none.csv", promotion_id="coupon").gives("promotion_id")


def test_header_of_a_text_file_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('\n"order_id" ; category\n1;x\n', encoding="utf-8-sig")
    source = SourceSettings(kind="csv", path=str(tmp_path / "*.csv"), separator=";")
    assert source.gives("category")
    assert source.gives("order_id")
    assert not source.gives("Category")
    assert not source.gives("promotion_id")


def test_packed_text_in_a_folder_is_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.csv.gz", "wt", encoding="utf-8") as file:
        file.write("order_id,return_date\n")
    assert SourceSettings(kind="csv", path=str(tmp_path)).gives("return_date")


def test_first_file_by_name_counts_as_it_does_for_loading(tmp_path: Path) -> None:
    (tmp_path / "2.csv").write_text("order_id,category\n")
    (tmp_path / "1.csv").write_text("order_id\n")
    assert not SourceSettings(kind="csv", path=str(tmp_path / "*.csv")).gives("category")


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("order_id\n")
    source = SourceSettings(kind="csv", path=str(file))
    assert not source.gives("category")
    file.unlink()
    assert not source.gives("category")
    file.write_text("order_id,category\n")
    assert source.gives("category")


def test_schema_of_parquet_names_its_columns(tmp_path: Path) -> None:
    pl.DataFrame({"order_id": ["1"], "group": ["x"]}).write_parquet(tmp_path / "a.parquet")
    source = SourceSettings(kind="parquet", path=str(tmp_path / "a.parquet"))
    assert not source.gives("category")
    renamed = source.model_copy(update={"query": 'select order_id, "group" as category from source'})
    assert renamed.gives("category")
    assert not renamed.gives("group")


def test_query_over_text_names_its_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("order_id,category\n1,x\n")
    source = SourceSettings(kind="csv", path=str(tmp_path / "a.csv"))
    assert source.model_copy(update={"query": "select * from source"}).gives("category")
    assert not source.model_copy(update={"query": "select order_id from source where category = 'x'"}).gives("category")


def test_file_that_cannot_be_read_gives_nothing_unmapped(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\xff")
    assert not SourceSettings(kind="parquet", path=str(tmp_path / "a.parquet")).gives("category")
    assert not SourceSettings(kind="csv", path=str(tmp_path / "b.csv")).gives("category")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select id as order_id, grp as category from lines", True),
        ("select id as order_id, 'category' as product from lines -- no category", False),
        ("select * from lines", False),
        ("select subcategory from lines", False),
    ],
)
def test_query_of_a_server_is_read_without_asking_the_server(query: str, *, expected: bool) -> None:
    source = SourceSettings(kind="postgresql", dsn="postgresql://nowhere.invalid/shop", query=query)
    assert source.gives("category") is expected


def test_table_of_a_server_gives_what_is_mapped() -> None:
    source = SourceSettings(kind="postgresql", dsn="postgresql://nowhere.invalid/shop", table="lines")
    assert not source.gives("category")
    assert source.model_copy(update={"columns": {"category": "category"}}).gives("category")
