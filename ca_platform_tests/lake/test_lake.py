"""Writing, replacing, finding and reading parts; quarantine and accounting in the same transaction."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.errors import LakeError
from ca_platform.lake import Lake
from ca_platform.settings import load_settings

DAY = date(2024, 3, 31)
NEXT = date(2024, 4, 1)
AGO = timedelta(hours=1)


def frame(*clients: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"client": clients, "has_purchased": [True] * len(clients)}, schema_overrides={"client": pl.String}
    )


def put(lake: Lake, day: date | None, rows: pl.DataFrame, dataset: str = "sessions", inputs: str = "") -> None:
    with lake.write() as write:
        write.put(dataset, day, rows, inputs)


def clients(lake: Lake, *days: date) -> list[str]:
    rows = lake.scan("sessions", *days, schema={"client": pl.String}).collect()
    return sorted(rows["client"].to_list())


def files(lake: Lake) -> list[Path]:
    return sorted(Path(lake.path.removeprefix("file://")).glob("*/*.parquet"))


def test_absent_lake_has_no_parts_and_is_not_made_by_reading(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    assert lake.parts("sessions") == [] == lake.days("sessions") == lake.datasets()
    assert lake.quarantined().is_empty() and lake.accounting().is_empty()
    assert lake.sweep(AGO) == 0
    assert not (tmp_path / "lake").exists()


def test_lake_of_the_settings_lies_beside_their_file(tmp_path: Path) -> None:
    file = tmp_path / "ca_platform.yaml"
    file.write_text("lake: {path: my/lake}\n")
    assert Lake.open(load_settings(file, {})).path == str(tmp_path / "my" / "lake")


def test_part_tells_rows_bytes_inputs_and_write(lake: Lake) -> None:
    with lake.write() as write:
        write.put("sessions", DAY, frame("a", "b"), inputs="digest")
    (part,) = lake.parts("sessions")
    assert (part.dataset, part.day, part.rows, part.inputs, part.write_id) == (
        "sessions",
        DAY,
        2,
        "digest",
        write.write_id,
    )
    assert part.bytes == files(lake)[0].stat().st_size
    assert pl.read_parquet(part.path).equals(frame("a", "b"))


def test_range_is_inclusive_on_both_ends(lake: Lake) -> None:
    for offset, client in enumerate("abcd"):
        put(lake, DAY + timedelta(days=offset), frame(client))
    assert clients(lake, NEXT, DAY + timedelta(days=2)) == ["b", "c"]
    assert clients(lake) == ["a", "b", "c", "d"]
    assert lake.days("sessions") == [DAY + timedelta(days=offset) for offset in range(4)]


def test_day_without_rows_has_a_part(lake: Lake) -> None:
    put(lake, DAY, frame())
    assert lake.days("sessions") == [DAY]
    assert lake.scan("sessions").collect().equals(frame())


def test_snapshot_has_no_day_and_is_replaced(lake: Lake) -> None:
    put(lake, None, frame("a"), "customers")
    put(lake, None, frame("b"), "customers")
    assert lake.scan("customers", DAY, NEXT).collect()["client"].to_list() == ["b"]
    assert lake.days("customers") == []
    assert lake.datasets() == ["customers"]


def test_writing_a_day_again_replaces_it_and_only_it(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    put(lake, NEXT, frame("b"))
    put(lake, DAY, frame("c"))
    assert clients(lake) == ["b", "c"]


def test_nothing_is_visible_before_the_end_of_the_block(lake: Lake) -> None:
    put(lake, DAY, frame("old"))
    with lake.write() as write:
        write.put("sessions", DAY, frame("new"))
        assert clients(lake) == ["old"]
    assert clients(lake) == ["new"]


def test_exception_leaves_parts_quarantine_and_accounting_as_they_were(lake: Lake) -> None:
    put(lake, DAY, frame("old"))
    with pytest.raises(ZeroDivisionError), lake.write() as write:
        write.put("sessions", DAY, frame("new"))
        write.quarantine("sessions", [DAY], pl.DataFrame({"id": ["1"], "day": [DAY]}))
        write.account("sessions", pl.DataFrame({"day": [DAY], "read": [1]}))
        raise ZeroDivisionError
    assert clients(lake) == ["old"]
    assert len(files(lake)) == 1
    assert lake.quarantined().is_empty() and lake.accounting().is_empty()


def test_failure_inside_the_transaction_undoes_all_of_it(lake: Lake) -> None:
    put(lake, DAY, frame("old"))
    with pytest.raises(LakeError, match="no column `id`"), lake.write() as write:
        write.put("sessions", DAY, frame("new"))
        write.quarantine("sessions", [DAY], pl.DataFrame({"reason": ["x"]}))
    assert clients(lake) == ["old"]


def test_drop_removes_days(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    put(lake, NEXT, frame("b"))
    with lake.write() as write:
        write.drop("sessions", [DAY])
    assert clients(lake) == ["b"]


def test_part_that_a_sink_has_written_is_adopted(lake: Lake) -> None:
    with lake.write() as write:
        path = write.new_path("sessions", DAY)
        frame("a", "b").lazy().sink_parquet(path)
        write.adopt("sessions", DAY, path, 2)
    assert clients(lake) == ["a", "b"]


def test_file_outside_the_lake_is_not_adopted(lake: Lake, tmp_path: Path) -> None:
    frame("a").write_parquet(tmp_path / "x.parquet")
    with pytest.raises(LakeError, match="does not lie in the lake"), lake.write() as write:
        write.adopt("sessions", DAY, str(tmp_path / "x.parquet"), 1)


def test_two_parts_of_one_day_in_one_write_are_refused(lake: Lake) -> None:
    with pytest.raises(LakeError, match="Two parts of sessions for 2024-03-31"), lake.write() as write:
        write.put("sessions", DAY, frame("a"))
        write.put("sessions", DAY, frame("b"))
    assert files(lake) == []


def test_part_of_a_write_can_be_revised_before_its_end_and_leaves_no_file(lake: Lake) -> None:
    with lake.write() as write:
        write.put("sessions", DAY, frame("a", "b"), inputs="digest")
        write.put("lines", DAY, frame("x"))
        (part,) = write.parts("sessions")
        write.revise(part, frame("c"))
    assert clients(lake, DAY, DAY) == ["c"]
    (part,) = lake.parts("sessions")
    assert (part.rows, part.inputs) == (1, "digest")
    assert len(files(lake)) == 2


def test_name_of_a_dataset_is_no_path(lake: Lake) -> None:
    with pytest.raises(LakeError, match="no name for a dataset"), lake.write() as write:
        write.put("../evil", DAY, frame("a"))


def test_column_that_older_parts_lack_is_null_and_a_flag_false(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    put(lake, NEXT, frame("b").with_columns(**{"actions.x": pl.lit(value=True), "dimensions.y": pl.lit("EU")}))
    schema = pl.Schema(
        {"actions.x": pl.Boolean(), "client": pl.String(), "dimensions.y": pl.String(), "z": pl.Decimal(18, 4)}
    )
    rows = lake.scan("sessions", schema=schema).sort("client").collect()
    assert rows.schema == schema
    assert rows.rows() == [(False, "a", None, None), (True, "b", "EU", None)]


def test_part_of_other_types_is_cast_to_the_schema(lake: Lake) -> None:
    put(lake, DAY, pl.DataFrame({"client": ["a"], "n": pl.Series([1], dtype=pl.Int32)}))
    put(lake, NEXT, pl.DataFrame({"client": ["b"], "n": pl.Series([2], dtype=pl.Int64)}))
    schema = {"client": pl.String, "n": pl.Int64, "flag": pl.Boolean}
    rows = lake.scan("sessions", schema=schema).sort("client").collect()
    assert rows.rows() == [("a", 1, False), ("b", 2, False)]


def test_without_parts_the_schema_gives_the_empty_frame(lake: Lake) -> None:
    rows = lake.scan("sessions", schema={"client": pl.String}).collect()
    assert rows.schema == pl.Schema({"client": pl.String()}) and rows.is_empty()
    with pytest.raises(LakeError, match="load its source first"):
        lake.scan("sessions")


def test_part_swept_between_scan_and_collect_is_read_again(lake: Lake) -> None:
    put(lake, DAY, frame("old"))
    tries: list[int] = []

    def build() -> pl.LazyFrame:
        scan = lake.scan("sessions")
        if not tries:
            put(lake, DAY, frame("new"))
            lake.sweep(timedelta(0))
        tries.append(1)
        return scan

    assert lake.collect(build)["client"].to_list() == ["new"]
    assert len(tries) == 2


def test_part_that_was_deleted_by_hand_is_named(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    files(lake)[0].unlink()
    with pytest.raises(LakeError, match="is not there.*load its day again"):
        lake.collect(lambda: lake.scan("sessions", schema={"client": pl.String}))


def test_damaged_part_is_named(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    files(lake)[0].write_bytes(b"PAR1 this is no parquet file PAR1")
    with pytest.raises(LakeError, match="damaged.*load its day again"):
        lake.collect(lambda: lake.scan("sessions", schema={"client": pl.String}))


def test_damaged_parts_are_found_and_forgotten(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    put(lake, DAY + timedelta(days=1), frame("b"))
    assert lake.damaged() == []
    first = lake.parts("sessions")[0]
    files(lake)[0].write_bytes(b"cut off")
    assert lake.damaged() == [first]
    others = lake.collect(lambda: lake.scan("sessions", schema={"client": pl.String}, without=[DAY]))
    assert others["client"].to_list() == ["b"]
    with pytest.raises(LakeError, match=f"It is sessions of {DAY} .*`ca-platform check --mend` forgets it"):
        lake.collect(lambda: lake.scan("sessions", schema={"client": pl.String}))
    lake.forget([first])
    assert lake.damaged() == []
    assert lake.days("sessions") == [DAY + timedelta(days=1)]


def test_errors_of_the_query_stay_what_they_are(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        lake.collect(lambda: lake.scan("sessions").select("absent"))


def test_replaced_part_stays_until_the_grace_time_is_over(lake: Lake) -> None:
    put(lake, DAY, frame("old"))
    put(lake, DAY, frame("new"))
    assert lake.sweep(AGO) == 0
    assert len(files(lake)) == 2
    assert lake.sweep(timedelta(0)) == 1
    assert clients(lake) == ["new"]


def test_orphan_of_a_killed_writer_is_swept_after_the_grace_time(lake: Lake) -> None:
    put(lake, DAY, frame("a"))
    orphan = files(lake)[0].with_name("2024-03-31-dead.parquet")
    orphan.write_bytes(b"half a par")
    assert lake.sweep(AGO) == 0
    assert orphan.exists()
    assert lake.sweep(timedelta(0)) == 1
    assert not orphan.exists()
    assert clients(lake) == ["a"]


def test_write_that_outlived_a_sweep_is_refused(lake: Lake) -> None:
    put(lake, DAY, frame("old"))
    with pytest.raises(LakeError, match="longer than the grace time"), lake.write() as write:
        write.put("sessions", DAY, frame("new"))
        lake.sweep(timedelta(0))
    assert clients(lake) == ["old"]


def test_quarantine_of_a_day_is_replaced_and_never_doubled(lake: Lake) -> None:
    rows = pl.DataFrame(
        {"id": ["1", "2", "2"], "day": [DAY, None, None], "reason": ["r", "s", "s"], "row": ['{"a": 1}'] * 3}
    )
    for _ in range(2):
        with lake.write() as write:
            write.quarantine("sessions", [DAY, None], rows)
    assert lake.quarantined("sessions").select("id", "day", "reason").rows() == [("1", DAY, "r"), ("2", None, "s")]
    with lake.write() as write:
        write.quarantine("sessions", [DAY], rows.clear())
        write.quarantine("lines", [DAY], pl.DataFrame({"id": ["2", "3"], "day": [NEXT, NEXT]}))
    assert lake.quarantined()["id"].to_list() == ["3", "2"]
    assert lake.quarantined(day=NEXT)["id"].to_list() == ["3"]


def test_quarantine_keeps_any_text(lake: Lake) -> None:
    nasty = "Ünï 'quoted' \"x\" \0 ; -- \n ${PW}"
    with lake.write() as write:
        write.quarantine("lines", [None], pl.DataFrame({"id": ["1"], "row": [nasty]}))
    assert lake.quarantined()["row"].item() == nasty.replace("\0", "\\u0000")


def test_released_rows_leave_the_quarantine(lake: Lake) -> None:
    with lake.write() as write:
        write.quarantine("lines", [DAY], pl.DataFrame({"id": ["1", "2", "3"], "day": [DAY] * 3}))
    assert lake.release_quarantine(["1", "absent"]) == 1
    with lake.write() as write:
        write.release(["2"])
    assert lake.quarantined()["id"].to_list() == ["3"]


def test_accounting_is_set_per_source_and_day(lake: Lake) -> None:
    with lake.write() as write:
        write.account("sessions", pl.DataFrame({"day": [DAY, NEXT, None], "read": [5, 6, 1], "quarantined": [1, 0, 1]}))
        write.account("lines", pl.DataFrame({"day": [DAY], "read": [9]}))
    with lake.write() as write:
        write.account("sessions", pl.DataFrame({"day": [DAY], "read": [7]}))
    assert lake.accounting("sessions").select("day", "read", "quarantined").rows() == [
        (DAY, 7, 0),
        (NEXT, 6, 0),
        (None, 1, 1),
    ]
    assert lake.accounting(start=DAY, end=DAY).select("source", "read").rows() == [("lines", 9), ("sessions", 7)]


def test_a_hundred_thousand_bad_rows_are_quarantined_in_seconds(lake: Lake) -> None:
    rows = pl.DataFrame({"id": pl.int_range(100_000, eager=True).cast(pl.String), "row": ['{"a": "b"}'] * 100_000})
    begin = time.perf_counter()
    with lake.write() as write:
        write.quarantine("sessions", [None], rows)
    assert time.perf_counter() - begin < 60  # about 1 s with SQLite, 3 s with PostgreSQL, on an idle machine
    assert lake.quarantined().height == 100_000
