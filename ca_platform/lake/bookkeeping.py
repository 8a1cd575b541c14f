"""SQL on the quarantine and the row accounting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl
import sqlalchemy as sa

from ca_platform.errors import LakeError
from ca_platform.lake.ledger import batches
from ca_platform.lake.records import ACCOUNTING_COUNTS, ACCOUNTING_SCHEMA, NO_DAY, QUARANTINE_SCHEMA, day_to_text
from ca_platform.lake.tables import ACCOUNTING, QUARANTINE

_CHUNK_ROWS = 20_000


def quarantine(connection: sa.Connection, source: str, days: Sequence[str], rows: pl.DataFrame) -> None:
    """Replace the rows of ``source`` on ``days``; a row whose id is there still is left as it is."""
    _delete_days(connection, QUARANTINE, source, days)
    if not rows.is_empty():
        _insert_or_ignore(connection, _as_stored(source, rows))


def release(connection: sa.Connection, ids: Iterable[str]) -> int:
    """Delete rows by id; returns how many there were."""
    return sum(
        connection.execute(sa.delete(QUARANTINE).where(QUARANTINE.c.id.in_(some))).rowcount
        for some in batches(list(ids))
    )


def account(connection: sa.Connection, source: str, rows: pl.DataFrame) -> None:
    """Set the counts of the days of ``rows``."""
    if "day" not in rows.columns:
        raise LakeError(f"The row accounting of {source} has no column `day`; it has {', '.join(rows.columns)}.")
    counts = [pl.col(name).sum().cast(pl.Int64) for name in ACCOUNTING_COUNTS if name in rows.columns]
    absent = [pl.lit(0, pl.Int64).alias(name) for name in ACCOUNTING_COUNTS if name not in rows.columns]
    by_day = rows.group_by("day").agg(counts).with_columns(absent).select("day", *ACCOUNTING_COUNTS)
    records = [{**row, "source": source, "day": day_to_text(row["day"])} for row in by_day.iter_rows(named=True)]
    if records:
        _delete_days(connection, ACCOUNTING, source, [record["day"] for record in records])
        connection.execute(sa.insert(ACCOUNTING), records)


def select_quarantine(connection: sa.Connection, source: str | None, day: date | None) -> pl.DataFrame:
    """Quarantined rows in the order of source, day, file and row."""
    query = sa.select(*(QUARANTINE.c[name] for name in QUARANTINE_SCHEMA))
    if source is not None:
        query = query.where(QUARANTINE.c.source == source)
    if day is not None:
        query = query.where(QUARANTINE.c.day == day_to_text(day))
    frame = _frame(connection.execute(query), QUARANTINE_SCHEMA)
    return frame.sort("source", "day", "file", "row_number", "id", nulls_last=True)


def select_accounting(
    connection: sa.Connection, source: str | None, start: date | None, end: date | None
) -> pl.DataFrame:
    """Counts by source and day. Those without a day belong to no range and are left out where one is asked for."""
    query = sa.select(*(ACCOUNTING.c[name] for name in ACCOUNTING_SCHEMA))
    if source is not None:
        query = query.where(ACCOUNTING.c.source == source)
    if start is not None or end is not None:
        query = query.where(ACCOUNTING.c.day != NO_DAY)
    if start is not None:
        query = query.where(ACCOUNTING.c.day >= day_to_text(start))
    if end is not None:
        query = query.where(ACCOUNTING.c.day <= day_to_text(end))
    return _frame(connection.execute(query), ACCOUNTING_SCHEMA).sort("source", "day", nulls_last=True)


def _as_stored(source: str, rows: pl.DataFrame) -> pl.DataFrame:
    if "id" not in rows.columns:
        raise LakeError(f"Quarantined rows of {source} have no column `id`; they have {', '.join(rows.columns)}.")
    unknown = sorted(set(rows.columns) - set(QUARANTINE_SCHEMA))
    if unknown:
        raise LakeError(f"Quarantined rows of {source} have columns that the quarantine has not: {', '.join(unknown)}.")
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in QUARANTINE_SCHEMA.items() if name not in rows.columns]
    # A NUL character is text in a broken file, but no text for PostgreSQL.
    texts = [
        pl.col(name).cast(pl.String).str.replace_all("\0", "\\u0000", literal=True)
        for name, dtype in QUARANTINE_SCHEMA.items()
        if dtype == pl.String()
    ]
    day = pl.col("day").cast(pl.Date).dt.to_string("%Y-%m-%d").fill_null(NO_DAY)
    frame = rows.with_columns(absent).with_columns(day, *texts).with_columns(source=pl.lit(source))
    return frame.select(QUARANTINE_SCHEMA.names())


def _insert_or_ignore(connection: sa.Connection, rows: pl.DataFrame) -> None:
    """Insert many rows, leaving those whose id is there already."""
    from sqlalchemy.dialects import sqlite

    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(QUARANTINE).on_conflict_do_nothing(), rows.to_dicts())
        return
    # One JSON text for many rows: five times faster with PostgreSQL than a parameter for each value.
    names = ", ".join(f'"{name}"' for name in QUARANTINE_SCHEMA)
    types = ", ".join(f'"{name}" {"bigint" if name == "row_number" else "text"}' for name in QUARANTINE_SCHEMA)
    statement = sa.text(
        f"INSERT INTO {QUARANTINE.name} ({names}) "  # noqa: S608 - names of our own tables
        f"SELECT {names} FROM json_to_recordset(CAST(:rows AS json)) AS r({types}) ON CONFLICT DO NOTHING"
    )
    for chunk in rows.iter_slices(_CHUNK_ROWS):
        connection.execute(statement, {"rows": chunk.write_json()})


def _delete_days(connection: sa.Connection, table: sa.Table, source: str, days: Sequence[str]) -> None:
    for some in batches(days):
        connection.execute(sa.delete(table).where(table.c.source == source, table.c.day.in_(some)))


def _frame(result: sa.Result[Any], schema: pl.Schema) -> pl.DataFrame:
    stored = pl.Schema({name: pl.String() if dtype == pl.Date() else dtype for name, dtype in schema.items()})
    frame = pl.DataFrame([tuple(row) for row in result], schema=stored, orient="row")
    # strict=False turns "", the stored form of no day, into null.
    return frame.with_columns(pl.col("day").str.to_date("%Y-%m-%d", strict=False))
