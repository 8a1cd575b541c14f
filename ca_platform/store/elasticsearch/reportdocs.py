"""A report's documents: cutting tables into numbered parts, encoding them, and naming them.

Every day has one committing document, part 1 of ``main``. Its id comes from the key alone, so that writing it is the
atomic step from the old day to the new one. All others carry the day's ``write_id`` in their id and lie beside the
old ones until then. The ``write_id`` is a digest of the day's content: the same content gives the same documents.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from ca_platform.calendar import as_of
from ca_platform.store.elasticsearch.bulk import ID, LINE
from ca_platform.store.records import MAIN, Dimension
from ca_platform.store.reportframe import DAY, DIMENSION, PREFIX, VALUE, ReportFrame

COMMITS = "commits"


@dataclass(frozen=True, slots=True)
class PartLimit:
    """A table is cut into parts of at most so many rows and, roughly, bytes."""

    rows: int = 20_000
    bytes: int = 2_000_000

    def rows_of(self, table: pl.DataFrame) -> int:
        width = max(1, int(table.estimated_size()) // max(1, table.height))
        return max(1, min(self.rows, self.bytes // width))


def key_of(report: str, day: date, dimension: Dimension = MAIN) -> str:
    """Id of a report's table; whatever the value holds, two tables never share one."""
    text = json.dumps([report, day.isoformat(), dimension.name, dimension.value])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def report_documents(report: ReportFrame, time_zone: str, limit: PartLimit) -> pl.DataFrame:
    """One row per document: report_date, ``write_id``, ``id``, ``line`` for a bulk request, ``commits``."""
    parts = _with_tables(_cut(report.keys, limit.rows_of(report.rows)), report)
    headers = parts.select(_header(report, time_zone)).to_series()
    parts = parts.with_columns(header=headers)
    written = _write_ids(parts, report)
    keys = [key_of(report.name, day, Dimension(name, value)) for day, name, value in parts.select(PREFIX).iter_rows()]
    commits = (pl.col(DIMENSION) == MAIN.name) & (pl.col("part") == 1)
    beside = pl.concat_str(pl.lit("-"), pl.col("part").cast(pl.String), pl.lit("-"), pl.col("write_id"))
    return (
        parts.join(written, on=DAY)
        .with_columns(pl.Series("key", keys, dtype=pl.String), commits.alias(COMMITS))
        .with_columns(pl.concat_str("key", pl.when(COMMITS).then(pl.lit("")).otherwise(beside)).alias(ID))
        .select(DAY, "write_id", ID, _line().alias(LINE), COMMITS)
    )


def _cut(keys: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Keys of documents: those of tables, once per part."""
    parts = pl.max_horizontal(pl.lit(1), (pl.col("length") + rows - 1) // rows)
    return (
        keys.with_columns(parts=parts, row_count=pl.col("length"))
        .with_columns(part=pl.int_ranges(1, pl.col("parts") + 1))
        .explode("part", empty_as_null=False)
        .with_columns(offset=pl.col("offset") + (pl.col("part") - 1) * rows)
        .with_columns(length=pl.min_horizontal(rows, pl.col("length") - (pl.col("part") - 1) * rows))
        .with_row_index("doc")
    )


def _with_tables(parts: pl.DataFrame, report: ReportFrame) -> pl.DataFrame:
    """The parts with ``columns``, the JSON object of their arrays. One pass over all rows."""
    names = report.rows.columns
    owner = parts.sort("offset").select(pl.col("doc").repeat_by("length").explode(empty_as_null=False)).to_series()
    tables = (
        report.rows.with_columns(owner.alias("\0doc"))
        .group_by("\0doc", maintain_order=True)
        .agg(pl.all())
        .select(pl.col("\0doc").alias("doc"), pl.struct(names).struct.json_encode().alias("columns"))
    )
    nothing = json.dumps({name: [] for name in names}, ensure_ascii=False)
    return parts.join(tables, on="doc", how="left", maintain_order="left").with_columns(
        pl.col("columns").fill_null(nothing)
    )


def _header(report: ReportFrame, time_zone: str) -> pl.Expr:
    ends = {day: as_of(day, time_zone).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for day in report.days}
    return pl.struct(
        pl.lit(report.name).alias("report_name"),
        pl.lit(report.family).alias("report_type"),
        pl.col(DAY).dt.strftime("%Y-%m-%d").alias("report_date"),
        pl.col(DAY).replace_strict(ends, return_dtype=pl.String).alias("as_of"),
        pl.col(DIMENSION).alias("dimension"),
        pl.col(VALUE).alias("value"),
        "part",
        "parts",
        "row_count",
    ).struct.json_encode()


def _write_ids(parts: pl.DataFrame, report: ReportFrame) -> pl.DataFrame:
    digests = {day: hashlib.blake2b(str(report.schema).encode(), digest_size=12) for day in report.days}
    for day, header, columns in parts.select(DAY, "header", "columns").iter_rows():
        digests[day].update(header.encode())
        digests[day].update(columns.encode())
    found = {DAY: list(digests), "write_id": [digest.hexdigest() for digest in digests.values()]}
    schema = json.dumps([{"name": name, "kind": kind} for name, kind in report.schema.kinds], ensure_ascii=False)
    return pl.DataFrame(found, schema={DAY: pl.Date, "write_id": pl.String}).with_columns(schema=pl.lit(schema))


def _line() -> pl.Expr:
    return pl.concat_str(
        pl.lit('{"index":{"_id":"'),
        ID,
        pl.lit('"}}\n'),
        pl.col("header").str.strip_suffix("}"),
        pl.lit(',"schema":'),
        "schema",
        pl.lit(',"columns":'),
        "columns",
        pl.lit(',"write_id":"'),
        "write_id",
        pl.lit('"}'),
    )


def deletions(ids: Sequence[str]) -> pl.DataFrame:
    """Bulk operations that delete documents."""
    lines = [json.dumps({"delete": {"_id": found}}) for found in ids]
    return pl.DataFrame({ID: ids, LINE: lines}, schema={ID: pl.String, LINE: pl.String})
