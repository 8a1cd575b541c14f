"""One document per client, of the newest day only: ``downloads`` and ``customers``.

Each write fills an index of its own and then moves the alias, in one step of the cluster: readers have the day as it
was or as it is, and a write that is cut off leaves nothing that they could see. An older day never takes the place of
a newer one.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from ca_platform.errors import StoreError
from ca_platform.store.elasticsearch import bulk
from ca_platform.store.elasticsearch.codec import documents, frame_of
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.mappings import DAY, IndexOptions, IndexPlan, create_index, properties_of
from ca_platform.store.elasticsearch.search import all_hits, count, refresh
from ca_platform.store.records import WriteSummary

REPORT_DATE, CLIENT = "report_date", "client"
_SLICE = 50_000
_PAGE = 5_000
_EMPTY = "none"
# Of writes that were cut off; one that goes on for longer has failed long before.
_ORPHAN_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Shown:
    """The index behind the alias: its day (None: nothing was written yet), and its columns with their mapping."""

    index: str
    day: date | None
    columns: dict[str, Any]


class SnapshotIndex:
    """What is searched as ``downloads`` or ``customers``, of one cluster.

    Args:
        alias: the name that is searched.
    """

    def __init__(self, connection: Connection, name: str, alias: str, options: IndexOptions) -> None:
        self._connection = connection
        self._name = name
        self._alias = alias
        # It is read after the one refresh that ends the writing.
        self._options = replace(options, refresh_interval="-1")

    def prepare(self, types: Mapping[str, pl.DataType]) -> Shown:
        """What is shown now; an index without documents where nothing was."""
        found = self.shown()
        if found is None:
            create_index(self._connection, replace(self._plan(f"{self._alias}-{_EMPTY}", types), alias=self._alias))
            found = self.shown()
        if found is None:
            raise StoreError(
                f"Elasticsearch at {self._connection.where} does not show the index {self._alias} it made."
            )
        return found

    def replace(self, days: Sequence[date], frame: pl.DataFrame) -> WriteSummary:
        """Make the frame, as of the last of ``days``, what is shown, unless a newer day is."""
        day, types = max(days), dict(frame.schema)
        if note := self._refusal(self.prepare(types), day):
            return note
        index = f"{self._alias}-{day}-{uuid.uuid4().hex}"
        try:
            sent, size = self._fill(index, frame, day)
            note, deleted = self._show(index, day, types)
        except BaseException:
            # Politeness: nobody sees it, and the next write clears it away.
            with suppress(StoreError):
                self._connection.call("DELETE", f"/{index}", missing=None, patience=0)
            raise
        self._sweep(index)
        return note or WriteSummary(self._name, sent, sent, deleted, size)

    def shown(self, *, is_urgent: bool = False) -> Shown | None:
        """What readers see; None where there is no such index.

        Args:
            is_urgent: somebody waits for it.
        """
        ask = self._connection.read if is_urgent else self._connection.call
        found = ask("GET", f"/{self._alias}/_mapping", missing=None)
        if not found:
            return None
        index, mapping = next((name, content["mappings"]) for name, content in found.items())
        meta, properties = mapping.get("_meta", {}), mapping.get("properties", {})
        day = date.fromisoformat(meta["day"]) if meta.get("day") else None
        return Shown(index, day, {name: properties[name] for name in meta.get("columns", ())})

    def scan(self, types: Mapping[str, pl.DataType]) -> Iterator[pl.DataFrame]:
        """All documents in order of client."""
        for hits in all_hits(self._connection, self._alias, {"match_all": {}}, size=_PAGE, sort=[CLIENT]):
            yield frame_of([hit["_source"] for hit in hits], types)

    def _plan(self, index: str, types: Mapping[str, pl.DataType], day: date | None = None) -> IndexPlan:
        properties = properties_of(types) | {REPORT_DATE: DAY}
        meta = {"day": day.isoformat()} if day else {}
        return IndexPlan(index, properties, self._options, columns=tuple(types) if day else (), meta=meta)

    def _refusal(self, shown: Shown, day: date) -> WriteSummary | None:
        if shown.day is None or shown.day <= day:
            return None
        return WriteSummary(self._name, 0, 0, note=f"{shown.day} is shown already; {day} is older and changes nothing")

    def _fill(self, index: str, frame: pl.DataFrame, day: date) -> tuple[int, int]:
        create_index(self._connection, self._plan(index, dict(frame.schema), day))
        sent, size = bulk.send(self._connection, index, _operations(frame, day))
        refresh(self._connection, index)
        there = count(self._connection, index, {"match_all": {}})
        if there != sent:
            raise StoreError(
                f"{self._name}: {sent} customers were sent to Elasticsearch at {self._connection.where} and {there} are "
                "there. What was shown before still is; run the day again."
            )
        return sent, size

    def _show(self, index: str, day: date, types: Mapping[str, pl.DataType]) -> tuple[WriteSummary | None, int]:
        """Move the alias from what it stands for; again where another writer was faster, unless its day is newer."""
        while True:
            before = self.prepare(types)
            if before.index == index:  # done, and the answer was lost
                return None, 0
            if note := self._refusal(before, day):
                self._connection.call("DELETE", f"/{index}", missing=None)
                return note, 0
            former = count(self._connection, before.index, {"match_all": {}})
            # Of an index that is gone the first action fails, and with it the second.
            actions = [{"remove_index": {"index": before.index}}, {"add": {"index": index, "alias": self._alias}}]
            if self._connection.call("POST", "/_aliases", {"actions": actions}, missing=None) is not None:
                return None, former

    def _sweep(self, shown: str) -> None:
        """Remove what writes have left that were cut off long ago."""
        wanted = {"filter_path": "*.settings.index.creation_date"}
        found = self._connection.call("GET", f"/{self._alias}-*/_settings", params=wanted, missing={})
        ours = re.compile(rf"{re.escape(self._alias)}-\d{{4}}-\d\d-\d\d-[0-9a-f]{{32}}")
        for name, content in found.items():
            age = time.time() - int(content["settings"]["index"]["creation_date"]) / 1000
            if name != shown and ours.fullmatch(name) and age > _ORPHAN_SECONDS:
                self._connection.call("DELETE", f"/{name}", missing=None)


def _operations(frame: pl.DataFrame, day: date) -> Iterator[pl.DataFrame]:
    action = pl.struct(pl.struct(pl.col(CLIENT).alias("_id")).alias("index"))
    for part in frame.iter_slices(_SLICE):
        stored = part.with_columns(pl.lit(day.isoformat()).alias(REPORT_DATE))
        head = part.select(action.struct.json_encode()).to_series()
        yield pl.DataFrame({bulk.ID: part[CLIENT], bulk.LINE: head, bulk.SOURCE: documents(stored)})
