"""Dagster's event log in SQLite, for runs in this process: connections stay open, besides many events in one transaction.

A ranged run writes two events for each asset and day. Dagster's own class opens, commits and closes two databases for
each of them, 11 ms together; a month of all reports would spend more time on that than on the reports.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection
from sqlalchemy.pool import StaticPool

from ca_platform.defs.batchedlog import BatchedEventLog


class OpenEventLog(BatchedEventLog):
    """The same files and tables; only how they are written differs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept: dict[str, Connection] = {}
        self._under_way: str | None = None
        super().__init__(base_dir, inst_data)
        self._db_lock = threading.RLock()  # type: ignore[assignment]

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        """The connection to a database, in a transaction of its own.

        A signal's handler may raise between any two lines of the main thread. Dagster lets Ctrl-C and SIGTERM wait
        while it runs steps, and at any other time they end the run. But where an alarm breaks in, such as a time limit
        of the caller, Dagster notes the failure as one more event. It may hold the lock by then, and a transaction that
        nobody ends: hence a lock that a thread may take again, and a new connection after one that was broken off.
        """
        with self._db_lock:
            if self._under_way is not None:
                self._close(self._under_way)
            self._under_way = shard
            if shard not in self._kept:
                self._kept[shard] = self._opened(shard)
            connection = self._kept[shard]
            with connection.begin():
                yield connection
            self._under_way = None

    def _opened(self, shard: str) -> Connection:
        arguments = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        engine = create_engine(self.conn_string_for_shard(shard), poolclass=StaticPool, connect_args=arguments)
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        connection = engine.connect()
        # In WAL mode a crash of the machine may lose the last events, never damage the file.
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        connection.commit()
        return connection

    def dispose(self) -> None:
        """Close what was kept open."""
        for shard in tuple(self._kept):
            self._close(shard)
        super().dispose()

    def _close(self, shard: str) -> None:
        connection = self._kept.pop(shard, None)
        if connection is not None:
            connection.close()
            connection.engine.dispose()


def keep_open(instance: dg.DagsterInstance) -> None:
    """Let an instance with Dagster's own SQLite event log write it faster. Any other storage stays as it is."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        faster = OpenEventLog(storage._base_dir)  # noqa: SLF001
        faster.register_instance(instance)
        instance._event_storage = faster  # noqa: SLF001
