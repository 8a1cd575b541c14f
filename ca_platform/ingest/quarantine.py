"""Bad rows as the quarantine keeps them: place, reason, original values, and an id from source and content."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from ca_platform.ingest.fields import Field
from ca_platform.ingest.reasons import Reason
from ca_platform.sources.base import FILE, ROW

BAD_SCHEMA = pl.Schema(
    {
        "day": pl.Date(),
        "file": pl.String(),
        "row_number": pl.Int64(),
        "reason": pl.String(),
        "column": pl.String(),
        "row": pl.String(),
    }
)
FIELDS = "fields"
"""Key of the original values of a row with a wrong number of fields, in the place of column names."""


def bad_rows(raw: pl.DataFrame, bad: pl.DataFrame, fields: Sequence[Field], files: Sequence[str]) -> pl.DataFrame:
    """Rows for the quarantine.

    Args:
        raw: rows as they were read.
        bad: ``index`` into ``raw``, ``day``, ``reason``, ``column`` (by its lake name).
    """
    if bad.is_empty():
        return BAD_SCHEMA.to_frame()
    sources = {item.target: item.column for item in fields if item.column is not None}
    rows = raw[bad["index"]]
    return bad.select(
        "day",
        _file_names(rows[FILE], files).alias("file"),
        rows[ROW].alias("row_number"),
        "reason",
        pl.col("column").replace(sources),
        as_json(rows.drop(FILE, ROW)).alias("row"),
    )


def ragged_rows(ragged: pl.DataFrame, files: Sequence[str]) -> pl.DataFrame:
    """Rows with a wrong number of fields; nobody knows their day."""
    if ragged.is_empty():
        return BAD_SCHEMA.to_frame()
    return ragged.select(
        pl.lit(None, pl.Date).alias("day"),
        _file_names(ragged[FILE], files).alias("file"),
        pl.col(ROW).alias("row_number"),
        pl.lit(Reason.WRONG_FIELD_COUNT.value).alias("reason"),
        pl.lit(None, pl.String).alias("column"),
        pl.Series("row", [json.dumps({FIELDS: fields}, ensure_ascii=False) for fields in ragged["fields"].to_list()]),
    )


def as_json(rows: pl.DataFrame) -> pl.Series:
    """The original values as JSON texts."""
    if rows.is_empty():
        return pl.Series("row", [], dtype=pl.String)
    texts = pl.DataFrame([_plain(column) for column in rows])
    return texts.select(pl.struct(pl.all()).struct.json_encode()).to_series()


def _plain(values: pl.Series) -> pl.Series:
    """A column as JSON can hold it: numbers and flags as such, everything else as text."""
    dtype = values.dtype
    if dtype.is_integer() or dtype in (pl.Boolean(), pl.String()) or (dtype.is_float() and values.is_finite().all()):
        return values
    if isinstance(dtype, pl.Datetime):
        return values.dt.to_string("iso:strict")
    if dtype.is_nested() or dtype == pl.Binary():
        return pl.Series(values.name, [None if value is None else str(value) for value in values], dtype=pl.String)
    return values.cast(pl.String, strict=False)


def _file_names(index: pl.Series, files: Sequence[str]) -> pl.Series:
    if not files or index.null_count() == len(index):
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(index))
    return pl.Series(files, dtype=pl.String)[index]


def with_ids(source: str, bad: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``id``: the same for the same content, whatever file, place or load it comes from.

    Equal rows of a day are numbered, so that two of them are two.
    """
    seen: Counter[tuple[date | None, str]] = Counter()
    ids: list[str] = []
    for day, row in zip(bad["day"].to_list(), bad["row"].to_list(), strict=True):
        number = seen[day, row]
        seen[day, row] += 1
        ids.append(_digest(source, day, row, number))
    return bad.with_columns(pl.Series("id", ids, dtype=pl.String))


def _digest(source: str, day: date | None, row: str, number: int) -> str:
    text = f"{source}\0{day or ''}\0{number}\0{row}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def original(row: str) -> dict[str, Any]:
    """The values of a quarantined row by source column; of a row with a wrong number of fields nothing."""
    values: dict[str, Any] = json.loads(row)
    return {} if set(values) == {FIELDS} else values
