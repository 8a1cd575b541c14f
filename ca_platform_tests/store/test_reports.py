"""What a store promises about reports, held against every implementation."""

from __future__ import annotations

import math
import time
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ca_platform.catalogue.spec import Kind
from ca_platform.errors import ValidationError
from ca_platform.store import MAIN, Dimension, DocumentStore
from ca_platform_tests.store.frames import DAY, NASTY, NEXT, SPEC, computed, of_main


def orders(table: pl.DataFrame | None) -> list[int] | None:
    return None if table is None else table["orders"].to_list()


def test_report_that_was_never_written_is_none(store: DocumentStore) -> None:
    assert store.report("sales", DAY) is None
    assert store.days("sales") == []
    assert store.dimensions("sales", DAY) == []
    assert store.version("sales", DAY) is None
    assert store.reports() == []
    assert store.history("sales", [DAY]).columns == ["report_date"]


def test_frames_come_back_in_edge_types(store: DocumentStore) -> None:
    frame = of_main(DAY, range(30))
    summary = store.replace("sales", [DAY], frame, SPEC)
    assert (summary.documents, summary.rows, summary.deleted) == (1, 30, 0)
    expected = frame.drop("report_date", "report_dimension", "report_value").with_columns(
        pl.Series("revenue", [round(count * 1.005 + 1e-9, 2) for count in range(30)], dtype=pl.Float64)
    )
    found = store.report("sales", DAY)
    assert found is not None
    assert_frame_equal(found, expected, check_exact=True)


def test_order_of_rows_is_kept(store: DocumentStore) -> None:
    store.replace("sales", [DAY], of_main(DAY, [5, 1, 9, 2]), SPEC)
    assert orders(store.report("sales", DAY)) == [5, 1, 9, 2]


def test_every_value_has_its_own_report(store: DocumentStore) -> None:
    rows = [(DAY, "main", None, 99), *((DAY, "region", value, count) for count, value in enumerate(NASTY, 1))]
    store.replace("sales", [DAY], computed([*rows, (DAY, "channel", "EU", 50)]), SPEC)
    for count, value in enumerate(NASTY, 1):
        assert orders(store.report("sales", DAY, Dimension("region", value))) == [count], repr(value)
    assert orders(store.report("sales", DAY, Dimension("channel", "EU"))) == [50]
    assert orders(store.report("sales", DAY)) == [99]
    assert store.report("sales", DAY, Dimension("region", "eu")) is None
    assert store.report("sales", DAY, Dimension("channel", None)) is None


def test_dimensions_lists_main_then_values_null_first(store: DocumentStore) -> None:
    rows = [(DAY, "region", "b", 1), (DAY, "region", None, 2), (DAY, "channel", "x", 3), (DAY, "main", None, 4)]
    store.replace("sales", [DAY], computed(rows), SPEC)
    found = [str(dimension) for dimension in store.dimensions("sales", DAY)]
    assert found == ["main", "channel=x", "region=", "region=b"]


def test_day_without_rows_is_an_empty_table_with_its_schema(store: DocumentStore) -> None:
    store.replace("sales", [DAY, NEXT], of_main(NEXT, [1]), SPEC)
    empty = store.report("sales", DAY)
    full = store.report("sales", NEXT)
    assert empty is not None and full is not None
    assert empty.height == 0
    assert empty.schema == full.schema
    assert store.days("sales") == [DAY, NEXT]


def test_values_that_are_gone_lose_their_documents(store: DocumentStore) -> None:
    store.replace(
        "sales", [DAY], computed([(DAY, "main", None, 1), (DAY, "region", "EU", 2), (DAY, "region", "US", 3)]), SPEC
    )
    summary = store.replace("sales", [DAY], computed([(DAY, "main", None, 4), (DAY, "region", "US", 5)]), SPEC)
    assert summary.deleted >= 1
    assert store.report("sales", DAY, Dimension("region", "EU")) is None
    assert orders(store.report("sales", DAY, Dimension("region", "US"))) == [5]
    assert store.dimensions("sales", DAY) == [MAIN, Dimension("region", "US")]


def test_other_days_and_reports_are_left_alone(store: DocumentStore) -> None:
    store.replace("sales", [DAY, NEXT], pl.concat([of_main(DAY, [1]), of_main(NEXT, [2])]), SPEC)
    store.replace("others", [DAY], of_main(DAY, [3]), SPEC)
    store.replace("sales", [NEXT], of_main(NEXT, [4]), SPEC)
    assert orders(store.report("sales", DAY)) == [1]
    assert orders(store.report("others", DAY)) == [3]
    assert store.reports() == ["others", "sales"]


def test_writing_the_same_again_changes_nothing(store: DocumentStore) -> None:
    frame = computed([(DAY, "main", None, 1), (DAY, "region", "EU", 2)])
    store.replace("sales", [DAY], frame, SPEC)
    before = store.version("sales", DAY)
    assert store.replace("sales", [DAY], frame, SPEC).documents == 2
    assert store.version("sales", DAY) == before
    assert len(store.dimensions("sales", DAY)) == 2


def test_version_changes_with_the_content(store: DocumentStore) -> None:
    store.replace("sales", [DAY], of_main(DAY, [1]), SPEC)
    before = store.version("sales", DAY)
    store.replace("sales", [DAY], of_main(DAY, [2]), SPEC)
    assert before is not None
    assert store.version("sales", DAY) not in (before, None)
    assert store.version("sales", DAY, Dimension("region", "EU")) is None


def test_history_is_the_days_one_below_the_other(store: DocumentStore) -> None:
    days = [DAY + timedelta(days=offset) for offset in range(5)]
    rows = [
        (day, dimension, value, offset + extra)
        for offset, day in enumerate(days)
        for dimension, value, extra in (("main", None, 0), ("region", "a=b", 10))
    ]
    store.replace("sales", days, computed(rows), SPEC)
    asked = [days[3], days[1], days[0], DAY - timedelta(days=9)]
    found = store.history("sales", asked, Dimension("region", "a=b"))
    assert found.columns == ["report_date", *SPEC.column_names]
    assert found.select("report_date", "orders").rows() == [(days[0], 10), (days[1], 11), (days[3], 13)]
    assert orders(store.history("sales", days)) == [0, 1, 2, 3, 4]


def test_history_over_a_changed_schema_keeps_all_columns(store: DocumentStore) -> None:
    old = of_main(DAY, [1]).select("report_date", "report_dimension", "report_value", "orders")
    store.replace("sales", [DAY], old, {"orders": Kind.INTEGER})
    store.replace("sales", [NEXT], of_main(NEXT, [2]), SPEC)
    found = store.history("sales", [DAY, NEXT])
    assert found.columns == ["report_date", *SPEC.column_names]
    assert found["revenue"].to_list() == [None, 2.01]


def test_delete_removes_all_documents_of_the_days(store: DocumentStore) -> None:
    store.replace("sales", [DAY, NEXT], computed([(DAY, "main", None, 1), (DAY, "region", "EU", 2)]), SPEC)
    assert store.delete("sales", [DAY]) == 2
    assert store.report("sales", DAY, Dimension("region", "EU")) is None
    assert store.days("sales") == [NEXT]


def test_lists_of_texts_are_kept(store: DocumentStore) -> None:
    lists = pl.Series("products", [["b", "a"], [], None, [None, "ключ"]], dtype=pl.List(pl.String))
    frame = of_main(DAY, range(4)).select("report_date", "report_dimension", "report_value").with_columns(lists)
    store.replace("sets", [DAY], frame, {"products": pl.List(pl.String)})
    found = store.report("sets", DAY)
    assert found is not None
    assert found["products"].equals(lists)


def test_floats_and_large_integers_are_kept_to_the_last_bit(store: DocumentStore) -> None:
    floats = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.12345679, 1e16, None]
    integers = [2**63 - 1, -(2**63), 2**53 + 1, 0, 1, 2, 3, None]
    frame = of_main(DAY, range(8)).select("report_date", "report_dimension", "report_value")
    frame = frame.with_columns(a=pl.Series(floats, dtype=pl.Float64), b=pl.Series(integers, dtype=pl.Int64))
    store.replace("numbers", [DAY], frame, {"a": pl.Float64(), "b": pl.Int64()})
    found = store.report("numbers", DAY)
    assert found is not None
    assert [None if x is None else math.copysign(1, x) for x in found["a"]] == [1, 1, 1, 1, -1, 1, 1, None]
    assert (found["a"].to_list(), found["b"].to_list()) == (floats, integers)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (pl.lit(float("nan")).alias("share"), "infinite values in share"),
        (pl.lit(float("inf")).alias("share"), "infinite values in share"),
        (pl.lit(1).alias("surprise"), "does not know: surprise"),
        (pl.lit("x").alias("orders"), "orders is String"),
        (pl.lit(date(2020, 1, 1)).alias("report_date"), "2020-01-01"),
        (pl.lit("EU").alias("report_value"), "`main`"),
        (pl.lit(None, pl.String).alias("report_dimension"), "without report_date or report_dimension"),
    ],
)
def test_frames_that_break_their_schema_are_refused(store: DocumentStore, change: pl.Expr, words: str) -> None:
    store.replace("sales", [DAY], of_main(DAY, [7]), SPEC)
    with pytest.raises(ValidationError, match=words):
        store.replace("sales", [DAY], of_main(DAY, [1, 2]).with_columns(change), SPEC)
    assert orders(store.report("sales", DAY)) == [7]


def test_missing_column_is_refused(store: DocumentStore) -> None:
    with pytest.raises(ValidationError, match="revenue"):
        store.replace("sales", [DAY], of_main(DAY, [1]).drop("revenue"), SPEC)


def test_check_says_that_all_is_well(store: DocumentStore) -> None:
    health = store.check()
    assert health.status == "ok"
    assert health.version


def test_sixty_one_values_of_four_hundred_rows_are_written_in_a_moment(store: DocumentStore) -> None:
    values = [("main", None), *(("region", f"region {number}") for number in range(60))]
    frame = computed([(DAY, *value, count) for value in values for count in range(400)])
    store.replace("sales", [NEXT], of_main(NEXT, [1]), SPEC)  # makes file or index
    start = time.perf_counter()
    assert store.replace("sales", [DAY], frame, SPEC).documents == 61
    assert time.perf_counter() - start < 20  # 0.03 s embedded, 0.5 s Elasticsearch; room for a loaded machine
    found = store.report("sales", DAY, Dimension("region", "region 59"))
    assert orders(found) == list(range(400))
