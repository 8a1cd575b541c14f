"""Dagster's event log in SQLite for its own processes, the webserver, the daemon and the runs that it starts.

The log of a run that is asked for says of each asset and day that it is planned, and of each that it was made. Dagster
writes them one by one into two files: asking for a month took minutes on a slow disk, and was given up as never started.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData

BATCH_VARIABLE = "DAGSTER_EVENT_BATCH_SIZE"
BATCH_SIZE = "500"
TEMPORARY_VARIABLE = "CA_PLATFORM_TEMPORARY_EVENT_LOG"


class BatchedEventLog(SqliteEventLogStorage):
    """The same files and tables, many events in one transaction. Nothing stays open: these processes see many runs.

    Our ``dagster.yaml`` names it.
    """

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "BatchedEventLog":
        """The log in the place where Dagster's own would be."""
        os.environ.setdefault(BATCH_VARIABLE, BATCH_SIZE)
        home = os.environ.get("DAGSTER_HOME") or os.environ.get(TEMPORARY_VARIABLE) or _temporary()
        return cls(str(Path(home).expanduser() / "history" / "runs"), inst_data, **config_value)

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


def _is_of_asset(event: EventLogEntry) -> bool:
    return event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS


def _temporary() -> str:
    """A folder for this process and those that it starts, removed at its end.

    Without ``DAGSTER_HOME`` Dagster's commands keep everything in such a folder, too, and do not tell which.
    """
    folder = tempfile.mkdtemp(prefix="ca_platform_events_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[TEMPORARY_VARIABLE] = folder
    return folder
