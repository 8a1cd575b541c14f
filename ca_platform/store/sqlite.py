"""The embedded store's file: opening it, its transactions, and its failures in words. No documents here.

SQLite in WAL mode: readers see the last committed state and never wait; one writer at a time, the others wait.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ca_platform.errors import StoreError

BUSY_SECONDS = 60.0

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    report TEXT NOT NULL, day TEXT NOT NULL, dimension TEXT NOT NULL, value TEXT NOT NULL,
    write_id TEXT NOT NULL, row_count INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS documents_key ON documents (report, dimension, value, day, write_id);
CREATE INDEX IF NOT EXISTS documents_day ON documents (report, day, dimension, value);
"""


class Database:
    """One connection per thread and process, kept: opening takes longer than reading a report.

    A reader does not make the file; a file that is replaced under a reader is opened anew.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._local = threading.local()

    def read(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of one SELECT; none where nobody has written yet."""
        identity = self._identity()
        if identity is None:
            return []
        with self._explained("read"):
            try:
                return self._connection(identity).execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                # A writer has made the file but not committed its tables: nothing has been written yet.
                if "no such table" in str(error):
                    return []
                raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end, undone on any exception."""
        with self._explained("written"):
            connection = self._writable()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close this thread's connection; those of other threads close with their thread."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _writable(self) -> sqlite3.Connection:
        if self._identity() is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._open() if self._identity() is None else self._connection(self._identity())
        connection.executescript(_TABLES)
        self._keep(connection, self._identity())
        return connection

    def _connection(self, identity: tuple[int, ...] | None) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is not None and self._local.identity == identity:
            return connection  # type: ignore[no-any-return]
        connection = self._open()
        self._keep(connection, identity)
        return connection

    def _keep(self, connection: sqlite3.Connection, identity: tuple[int, ...] | None) -> None:
        self._local.connection, self._local.identity = connection, identity

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        # A day that Dagster calls materialized must survive a power failure.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _identity(self) -> tuple[int, ...] | None:
        """Which file this is, and in which process: SQLite connections must not be used across a fork."""
        try:
            stat = Path(self.path).stat()
        except FileNotFoundError:
            return None
        return (os.getpid(), stat.st_dev, stat.st_ino)

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(_explain(self.path, what, error)) from error


def _explain(path: Path, what: str, error: Exception) -> str:
    cause = str(error)
    if "disk is full" in cause or "No space left" in cause:
        return f"The disk is full: the document store {path} cannot be {what}. Free some space and run again."
    if "not a database" in cause or "malformed" in cause:
        return (
            f"The document store {path} is no valid SQLite file ({cause}). Move it away and run the reports again: "
            "all of it can be computed from the lake."
        )
    if "locked" in cause:
        return f"The document store {path} has been locked by another program for {BUSY_SECONDS:.0f} s. Close it and retry."
    return f"The document store {path} cannot be {what}: {cause}. Mend the file's rights or change document_store.path."
