"""The embedded store: reports as compressed Arrow tables in one SQLite file, everything else a view of the lake.

What belongs here: what needs no server. One report is read in 0.05 ms, a year of one report in some 20 ms.
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Self

import polars as pl

from ca_platform.errors import StoreError
from ca_platform.store.documents import NAMES as LAKE_VIEWS
from ca_platform.store.documents import LakeReader, documents_by_day
from ca_platform.store.frames import in_order, stack
from ca_platform.store.protocol import ENTITIES, Schema
from ca_platform.store.query import CustomerPage, CustomerQuery
from ca_platform.store.records import MAIN, MAIN_NAME, Dimension, StoreHealth, WriteSummary
from ca_platform.store.reportframe import DAY, ReportFrame
from ca_platform.store.sqlite import Database

if TYPE_CHECKING:
    from pathlib import Path

_Record = tuple[str, str, str, str, str, int, bytes]
# Documents that one thread encodes at a time.
_BATCH = 64
_INSERT = (
    "INSERT INTO documents (report, day, dimension, value, write_id, row_count, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_ONE = "SELECT body FROM documents WHERE report = ? AND dimension = ? AND value = ? AND day = ?"
_MANY = "SELECT day, body FROM documents WHERE report = ? AND dimension = ? AND value = ? AND day BETWEEN ? AND ? ORDER BY day"


class EmbeddedStore:
    """Implements ``DocumentStore`` without a server.

    Args:
        path: the SQLite file; made by the first write.
        lake: opens the lake, called when orders, downloads or customers are asked for.
        digits: decimal places of money.
    """

    def __init__(self, path: str | Path, lake: Callable[[], LakeReader], digits: int) -> None:
        self._database = Database(path)
        self._open_lake = lake
        self._digits = digits

    def replace(
        self, dataset: str, days: Sequence[date], frame: pl.DataFrame | pl.LazyFrame, schema: Schema | None = None
    ) -> WriteSummary:
        if dataset in ENTITIES:
            return WriteSummary(dataset, 0, 0, note="a view of the lake in the embedded store: nothing to write")
        if schema is None:
            raise StoreError(f"report {dataset}: no schema given; pass its ReportSpec.")
        report = ReportFrame.make(dataset, days, frame, schema, self._digits)
        records = list(_records(report))
        with self._database.writing() as connection:
            deleted = _delete(connection, dataset, days)
            connection.executemany(_INSERT, records)
        return WriteSummary(
            dataset, len(records), report.rows.height, deleted, sum(len(record[-1]) for record in records)
        )

    def delete(self, dataset: str, days: Sequence[date]) -> int:
        if not self._database.path.exists():
            return 0
        with self._database.writing() as connection:
            return _delete(connection, dataset, days)

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> pl.DataFrame | None:
        found = self._database.read(_ONE, (name, dimension.name, dimension.value or "", day.isoformat()))
        return _decode(found[0][0]) if found else None

    def history(self, name: str, days: Sequence[date], dimension: Dimension = MAIN) -> pl.DataFrame:
        if not days:
            return pl.DataFrame(schema={DAY: pl.Date})
        between = (min(days).isoformat(), max(days).isoformat())
        found = self._database.read(_MANY, (name, dimension.name, dimension.value or "", *between))
        asked = set(days)
        tables = [(day, _decode(body)) for text, body in found if (day := date.fromisoformat(text)) in asked]
        return stack(tables)

    def days(self, name: str) -> list[date]:
        sql = "SELECT day FROM documents WHERE report = ? AND dimension = ? AND value = '' ORDER BY day"
        return [date.fromisoformat(day) for (day,) in self._database.read(sql, (name, MAIN_NAME))]

    def dimensions(self, name: str, day: date) -> list[Dimension]:
        sql = "SELECT dimension, value FROM documents WHERE report = ? AND day = ?"
        return in_order(Dimension(*found) for found in self._database.read(sql, (name, day.isoformat())))

    def version(self, name: str, day: date, dimension: Dimension = MAIN) -> str | None:
        sql = "SELECT write_id FROM documents WHERE report = ? AND dimension = ? AND value = ? AND day = ?"
        found = self._database.read(sql, (name, dimension.name, dimension.value or "", day.isoformat()))
        return str(found[0][0]) if found else None

    def reports(self) -> list[str]:
        return [str(name) for (name,) in self._database.read("SELECT DISTINCT report FROM documents ORDER BY report")]

    def scan(self, dataset: str, start: date | None = None, end: date | None = None) -> Iterator[pl.DataFrame]:
        if dataset not in LAKE_VIEWS:
            raise StoreError(f"{dataset!r} cannot be scanned: there are {', '.join(LAKE_VIEWS)}.")
        yield from documents_by_day(dataset, self._open_lake(), start, end, self._digits)

    def order_counts(self) -> dict[date, int] | None:
        return None

    def customers(self, query: CustomerQuery) -> CustomerPage:
        from ca_platform.store.lakecustomers import customer_page

        return customer_page(self._open_lake(), query, self._digits)

    def check(self) -> StoreHealth:
        reports = len(self.reports())
        path = self._database.path
        detail = f"{reports} reports" if path.exists() else "nothing written yet"
        return StoreHealth("ok", "embedded", sqlite3.sqlite_version, str(path), detail)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"EmbeddedStore({str(self._database.path)!r})"


def _delete(connection: sqlite3.Connection, report: str, days: Sequence[date]) -> int:
    sql = "DELETE FROM documents WHERE report = ? AND day = ?"
    return connection.executemany(sql, [(report, day.isoformat()) for day in sorted(set(days))]).rowcount


def _records(report: ReportFrame) -> Iterator[_Record]:
    """The documents, encoded beside each other, some at a time: Arrow works outside of Python's lock."""
    batches = [report.keys.slice(offset, _BATCH) for offset in range(0, report.keys.height, _BATCH)]
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="encode") as pool:
        for records in pool.map(lambda keys: _encoded(report, keys), batches):
            yield from records


def _encoded(report: ReportFrame, keys: pl.DataFrame) -> list[_Record]:
    records: list[_Record] = []
    for day, dimension, value, length, offset in keys.iter_rows():
        body = _encode(report.rows.slice(offset, length))
        write_id = hashlib.blake2b(body, digest_size=12).hexdigest()
        records.append((report.name, day.isoformat(), dimension, value or "", write_id, length, body))
    return records


def _encode(table: pl.DataFrame) -> bytes:
    body = io.BytesIO()
    table.write_ipc_stream(body, compression="zstd")
    return body.getvalue()


def _decode(body: bytes) -> pl.DataFrame:
    return pl.read_ipc_stream(io.BytesIO(body))
