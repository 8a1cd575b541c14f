"""Dagster's event log in SQLite for its own processes, the webserver, the daemon and the runs that it starts.

The log of a run that is asked for says of each asset and day that it is planned, and of each that it was made. Dagster
writes them one by one into two files: asking for a month took minutes on a slow disk, and was given up as never started.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection

from ca_platform.defs.eventlog import BATCH_SIZE, BATCH_VARIABLE, OpenEventLog

TEMPORARY_VARIABLE = "CA_PLATFORMTEMPORARY_VARIABLE_EVENT_LOG"


class BatchedEventLog(OpenEventLog):
    """The same files and tables, many events in one transaction. Nothing stays open: these processes see many runs.

    Our ``dagster.yaml`` names it.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir)
        self._inst_data = inst_data

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

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with SqliteEventLogStorage._connect(self, shard) as connection:  # noqa: SLF001
            yield connection


def _temporary() -> str:
    """A folder for this process and those that it starts, removed at its end.

    Without ``DAGSTER_HOME`` Dagster's commands keep everything in such a folder, too, and do not tell which.
    """
    folder = tempfile.mkdtemp(prefix="ca_platform_events_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[TEMPORARY_VARIABLE] = folder
    return folder
