"""Dagster's event log in SQLite, for runs in this process: connections stay open, and many events are one transaction.

A ranged run writes two events for each asset and day. Dagster's own class opens, commits and closes two databases for
each of them, 11 ms together; a month of all reports would spend more time on that than on the reports.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection
from sqlalchemy.pool import StaticPool

BATCH_VARIABLE = "DAGSTER_EVENT_BATCH_SIZE"
BATCH_SIZE = "500"


class OpenEventLog(SqliteEventLogStorage):
    """The same files and tables; only how they are written differs."""

    def __init__(self, base_dir: str) -> None:
        self._kept: dict[str, Connection] = {}
        self._under_way: str | None = None
        super().__init__(base_dir)
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

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Events of assets in one transaction per database; any other one by one."""
        of_assets = [event for event in events if _is_of_asset(event)]
        for event in events:
            if not _is_of_asset(event):
                self.store_event(event)
        if not of_assets:
            return
        rows = [self._event_to_row(event) for event in of_assets]
        events_table = SqlEventLogStorageTable
        with self.run_connection(of_assets[0].run_id) as connection:
            connection.execute(events_table.insert(), rows)
        with self.index_transaction() as connection:
            inserted = events_table.insert().returning(events_table.c.id, sort_by_parameter_order=True)
            ids = list(connection.execute(inserted, rows).scalars())
            newest: dict[Any, tuple[EventLogEntry, int]] = {}
            for event, event_id in zip(of_assets, ids, strict=True):
                found = event.get_dagster_event()
                newest[found.asset_key, found.event_type_value] = (event, event_id)
            self._store_asset_event_tags(connection, of_assets, ids)
            # The table of assets keeps only the last event of each.
            for event, event_id in newest.values():
                self._store_asset_event(connection, event, event_id)

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


def _is_of_asset(event: EventLogEntry) -> bool:
    return event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS


def keep_open(instance: dg.DagsterInstance) -> None:
    """Let an instance with Dagster's own SQLite event log write it faster. Any other storage stays as it is."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        faster = OpenEventLog(storage._base_dir)  # noqa: SLF001
        faster.register_instance(instance)
        instance._event_storage = faster  # noqa: SLF001
