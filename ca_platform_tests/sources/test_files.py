"""Text files, Parquet files and queries over them."""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_platform.errors import CaPlatformError, ConfigurationError, SourceError
from ca_platform.settings import SourceSettings
from ca_platform.sources import Bounds, NoFileError, open_source, text
from ca_platform.sources.base import FILE, ROW
from ca_platform.sources.csv_file import TextFormat, pieces


def read(path: Path | str, *columns: str, **keys: Any) -> pl.DataFrame:
    source = open_source("sessions", SourceSettings.model_validate({"kind": "csv", "path": str(path), **keys}), "UTC")
    wanted = list(columns) or list(source.schema())
    return pl.concat(
        [batch.frame for batch in source.batches(wanted)] or [pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))]
    )


def ragged(path: Path) -> list[tuple[int, list[str]]]:
    found = [piece.ragged for piece in pieces(str(path), TextFormat())]
    return [pair for some in found for pair in some]


TABLE = {"a": ["1", "007", None], "b": ["x", "ü", "NA"]}


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"a,b\n1,x\n007,\xc3\xbc\n,NA\n", {}),
        (b"a,b\r\n1,x\r\n007,\xc3\xbc\r\n,NA\r\n", {}),
        (b"a,b\r1,x\r007,\xc3\xbc\r,NA\r", {}),
        (b"a,b\n1,x\n007,\xc3\xbc\n,NA", {}),
        (b"\xef\xbb\xbfa,b\n1,x\n007,\xc3\xbc\n,NA\n", {}),
        (b"\n\na,b\n\n1,x\n007,\xc3\xbc\n\n,NA\n\n", {}),
        (b'"a","b"\n"1","x"\n"007","\xc3\xbc"\n,"NA"\n', {}),
        (b" a , b \n1,x\n007,\xc3\xbc\n,NA\n", {}),
        (b"a;b\n1;x\n007;\xc3\xbc\n;NA\n", {"separator": ";"}),
        (b"a\tb\n1\tx\n007\t\xc3\xbc\n\tNA\n", {"separator": "tab"}),
        (b"a|b\n1|x\n007|\xc3\xbc\n|NA\n", {"separator": "|"}),
        ("a,b\n1,x\n007,ü\n,NA\n".encode("latin-1"), {"encoding": "latin-1"}),
        ("a,b\n1,x\n007,ü\n,NA\n".encode("cp1252"), {"encoding": "cp1252"}),
        ("a,b\n1,x\n007,ü\n,NA\n".encode("utf-16"), {"encoding": "utf-16"}),
        ("a,b\n1,x\n007,ü\n,NA\n".encode("utf-8-sig"), {"encoding": "utf-8-sig"}),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_form_of_text_gives_the_same_rows(tmp_path: Path, data: bytes, keys: dict[str, str], *, packed: bool) -> None:
    path = tmp_path / ("rows.csv.gz" if packed else "rows.csv")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert read(path, **keys).select("a", "b").to_dict(as_series=False) == TABLE


def test_place_of_a_row_is_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n\n2,y\n")
    (tmp_path / "2.csv").write_text('a,b\n3,"two\nlines"\n4,z\n')
    rows = read(tmp_path / "*.csv")
    assert rows.select(FILE, ROW, "a").rows() == [(0, 2, "1"), (0, 4, "2"), (1, 2, "3"), (1, 4, "4")]
    assert rows["b"][2] == "two\nlines"


@pytest.mark.parametrize("wanted", [("a", "B"), ("a", "unlike")])
def test_missing_column_is_told_with_its_source_and_the_key_to_correct(tmp_path: Path, wanted: tuple[str, ...]) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    with pytest.raises(
        SourceError, match=r"^sessions: .*1\.csv has no .* Correct `sources\.sessions\.columns`\. It has: 'a'"
    ):
        read(tmp_path, *wanted)


def test_columns_are_found_by_name_in_each_file(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("b,more,a\ny,?,2\n")
    assert read(tmp_path, "a", "b").select("a", "b").rows() == [("1", "x"), ("2", "y")]
    (tmp_path / "3.csv").write_text("a,c\n1,x\n")
    with pytest.raises(SourceError, match=r"3\.csv has no column 'b'"):
        read(tmp_path, "a", "b")


@pytest.mark.parametrize("row", ["1", "1,2,3", "1,2,", '"1,2"', '1,"2",3'])
def test_row_with_a_wrong_number_of_fields_is_kept_apart(tmp_path: Path, row: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f'a,b\n1,x\n{row}\n"2,5",y\n')
    assert [line for line, _ in ragged(path)] == [3]
    assert read(path).select("a").to_series().to_list() == ["1", "2,5"]


def test_short_and_long_rows_do_not_hide_each_other(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1\n1,2,3\n4,5\n")
    assert ragged(path) == [(2, ["1"]), (3, ["1", "2", "3"])]


FIELD = st.text(st.sampled_from('ab1 ü,;"\n\r'), max_size=6)


@settings(max_examples=60)
@given(st.lists(st.lists(FIELD, min_size=2, max_size=2), max_size=12), st.integers(40, 120))
def test_any_table_is_read_as_it_was_written_whatever_the_block(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], size: int
) -> None:
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    quoted = ["a,b", *(",".join('"' + value.replace('"', '""') + '"' for value in row) for row in table)]
    path.write_bytes("\n".join(quoted).encode() + b"\n")
    before, text.BLOCK_BYTES = text.BLOCK_BYTES, size
    try:
        frames = [piece.frame for piece in pieces(str(path), TextFormat())]
        assert not ragged(path)
    finally:
        text.BLOCK_BYTES = before
    rows = [list(row) for frame in frames for row in frame.select("a", "b").rows()]
    assert [[value or "" for value in row] for row in rows] == table


def test_folder_glob_and_name_with_brackets_are_found(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "x[1].csv"):
        (tmp_path / name).write_text("a\n" + name + "\n")
    (tmp_path / "notes.md").write_text("no data")
    assert read(tmp_path)["a"].to_list() == ["a.csv", "b.csv", "x[1].csv"]
    assert read(tmp_path / "?.csv")["a"].to_list() == ["a.csv", "b.csv"]
    assert read(tmp_path / "x[1].csv")["a"].to_list() == ["x[1].csv"]


def test_url_is_read_by_its_file_system(tmp_path: Path) -> None:
    import fsspec  # type: ignore[import-untyped]

    memory = fsspec.filesystem("memory")
    for number in (1, 2):
        with memory.open(f"/shop/{number}.csv", "wb") as file:
            file.write(f"a,b\n{number},x\n".encode())
    assert read("memory://shop/*.csv")["a"].to_list() == ["1", "2"]
    with pytest.raises(NoFileError, match="no file matches memory://"):
        read("memory://shop/*.tsv")
    with pytest.raises(ConfigurationError, match="is not known"):
        read("nowhere://shop/1.csv")


@pytest.mark.parametrize("path", ["none/*.csv", "none.csv"])
def test_path_without_a_file_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(NoFileError, match="Correct|correct"):
        read(tmp_path / path)


def test_missing_column_is_named_with_near_ones(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("order_no,b\n1,x\n")
    with pytest.raises(SourceError, match="Did you mean 'order_no'"):
        read(tmp_path / "rows.csv", "OrderNr")


# ---- Parquet and queries -----------------------------------------------------------------------------------------


def parquet(path: Path | str, **keys: Any) -> Any:
    settings = SourceSettings.model_validate({"kind": "parquet", "path": str(path), **keys})
    return open_source("lines", settings, "Europe/London")


def test_parquet_keeps_types_and_numbers_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"a": [1, 2], "price": [Decimal("1.50"), None], "at": [datetime(2024, 1, 1), datetime(2024, 1, 3)]}
    )
    frame.write_parquet(tmp_path / "1.parquet")
    frame.write_parquet(tmp_path / "2.parquet")
    source = parquet(tmp_path)
    assert source.schema()["price"] == frame.schema["price"]
    rows = pl.concat([batch.frame for batch in source.batches(["a", "price"])])
    assert rows.select("a", FILE, ROW).rows() == [(1, 0, 1), (2, 0, 2), (1, 1, 1), (2, 1, 2)]


def test_parquet_under_a_url_is_read(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "1.parquet")
    source = parquet(f"file://{tmp_path}/*.parquet")
    assert source.files == (f"file://{tmp_path}/1.parquet",)
    assert [batch.frame["a"].to_list() for batch in source.batches(["a"])] == [[1, 2]]


@pytest.mark.parametrize("dtype", [pl.Datetime("us"), pl.Datetime("ms", "Asia/Tokyo"), pl.Date()])
def test_bounds_never_lose_a_row_of_parquet(tmp_path: Path, dtype: Any) -> None:
    at = [datetime(2024, 1, day, hour) for day in range(1, 11) for hour in (0, 12, 23)]
    values = [*at, None, datetime(9999, 12, 31)]
    frame = pl.DataFrame({"at": values}, schema={"at": pl.Datetime("us")})
    frame = frame.with_columns(
        pl.col("at").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo").dt.cast_time_unit("ms")
        if isinstance(dtype, pl.Datetime) and dtype.time_zone
        else pl.col("at").cast(dtype)
    )
    frame.write_parquet(tmp_path / "rows.parquet")
    bounds = Bounds("at", datetime(2024, 1, 5, tzinfo=UTC), datetime(2024, 1, 6, tzinfo=UTC), "Europe/London")
    found = (
        pl.concat([batch.frame for batch in parquet(tmp_path).batches(["at"], bounds)])["at"].cast(pl.Date).to_list()
    )
    assert {None, date(9999, 12, 31), date(2024, 1, 5)} <= set(found)
    assert date(2024, 1, 2) not in found
    assert date(2024, 1, 9) not in found


def test_query_over_parquet_and_over_text_gives_the_same(tmp_path: Path) -> None:
    pl.DataFrame({"o": ["1", "1", "2"], "q": [1, 2, 3], "p": [2.0, 3.0, 4.0]}).write_parquet(tmp_path / "l.parquet")
    (tmp_path / "l.csv").write_text("o,q,p\n1,1,2\n1,2,3\n2,3,4\n")
    asked = (
        "select o as order_id, sum(cast(q as double) * cast(p as double)) as total from source group by o order by o"
    )
    for kind, name in (("parquet", "l.parquet"), ("csv", "l.csv")):
        settings = SourceSettings.model_validate({"kind": kind, "path": str(tmp_path / name), "query": asked})
        source = open_source("sessions", settings, "UTC")
        assert list(source.schema()) == ["order_id", "total"]
        rows = pl.concat([batch.frame for batch in source.batches(["order_id", "total"])])
        assert rows.select("order_id", "total", ROW).rows() == [("1", 8.0, 1), ("2", 12.0, 2)]


def test_rows_that_do_not_fit_are_told_of_under_a_query_too(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("o,q\n1,1\n2\n")
    keys = {"kind": "csv", "path": str(tmp_path / "l.csv"), "query": "select o from source"}
    source = open_source("sessions", SourceSettings.model_validate(keys), "UTC")
    batches = list(source.batches(["o"]))
    assert sum(batch.ragged.height for batch in batches) == 1
    assert sum(batch.frame.height for batch in batches) == 1


@pytest.mark.parametrize(
    "query", ["select nothing from source", "selec o from source", "select * from elsewhere", "drop table source"]
)
def test_query_that_cannot_be_run_is_a_settings_error(tmp_path: Path, query: str) -> None:
    (tmp_path / "l.csv").write_text("o,q\n1,1\n")
    keys = {"kind": "csv", "path": str(tmp_path / "l.csv"), "query": query}
    with pytest.raises(CaPlatformError) as caught:
        source = open_source("lines", SourceSettings.model_validate(keys), "UTC")
        columns = list(source.schema())
        list(source.batches(columns or ["o"]))
    assert caught.value.exit_code == 2


def test_bigquery_says_what_to_do_instead() -> None:
    keys = {"kind": "bigquery", "project": "p", "dataset": "d", "table": "t"}
    with pytest.raises(ConfigurationError, match="Export the table to Parquet"):
        open_source("deliveries", SourceSettings.model_validate(keys), "UTC")
