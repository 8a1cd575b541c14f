"""One document per client, of the newest day only: ``downloads`` and ``customers``.

An older day never overwrites a newer one: the day is the document's external version, and the server itself refuses
a smaller one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from ca_platform.store.elasticsearch import bulk
from ca_platform.store.elasticsearch.codec import documents, frame_of
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.search import Query, all_hits, refresh
from ca_platform.store.records import WriteSummary

REPORT_DATE, CLIENT, WRITE_ID = "report_date", "client", "write_id"
_SLICE = 50_000
_PAGE = 5_000
_CONFLICT = 409


class SnapshotIndex:
    """The index ``downloads`` or ``customers`` of one cluster."""

    def __init__(self, connection: Connection, name: str, index: str) -> None:
        self._connection = connection
        self._name = name
        self._index = index

    def replace(self, days: Sequence[date], frame: pl.DataFrame) -> WriteSummary:
        """Make the frame, as of the last of ``days``, the content of the index, unless a newer day is there."""
        day = max(days)
        newest = self.newest()
        if newest is not None and newest > day:
            return WriteSummary(self._name, 0, 0, note=f"{newest} is shown already; {day} is older and changes nothing")
        write_id = uuid.uuid4().hex
        sent, size = bulk.send(
            self._connection, self._index, self._operations(frame, day, write_id), ignored=(_CONFLICT,)
        )
        refresh(self._connection, self._index)
        deleted = self._delete_others(day, write_id)
        if deleted:
            refresh(self._connection, self._index)
        return WriteSummary(self._name, sent, sent, deleted, size)

    def newest(self) -> date | None:
        """The day that the documents describe."""
        body = {
            "size": 1,
            "sort": [{REPORT_DATE: "desc"}],
            "_source": [REPORT_DATE],
            "track_total_hits": False,
        }
        answer = self._connection.call("POST", f"/{self._index}/_search", body, missing=None)
        hits = answer["hits"]["hits"] if answer else []
        return date.fromisoformat(hits[0]["_source"][REPORT_DATE]) if hits else None

    def scan(self, types: Mapping[str, pl.DataType]) -> Iterator[pl.DataFrame]:
        """All documents in order of client."""
        for hits in all_hits(self._connection, self._index, {"match_all": {}}, size=_PAGE, sort=[CLIENT]):
            yield frame_of([hit["_source"] for hit in hits], types)

    def _operations(self, frame: pl.DataFrame, day: date, write_id: str) -> Iterator[pl.DataFrame]:
        for part in frame.iter_slices(_SLICE):
            stored = part.with_columns(pl.lit(day.isoformat()).alias(REPORT_DATE), pl.lit(write_id).alias(WRITE_ID))
            head = part.select(pl.struct(_action("index", day)).struct.json_encode()).to_series()
            yield pl.DataFrame({bulk.ID: part[CLIENT], bulk.LINE: head, bulk.SOURCE: documents(stored)})

    def _delete_others(self, day: date, write_id: str) -> int:
        """Customers of earlier writes that are no longer there."""
        older = {"range": {REPORT_DATE: {"lte": day.isoformat()}}}
        query: Query = {"bool": {"filter": [older], "must_not": [{"term": {WRITE_ID: write_id}}]}}
        deleted = 0
        for hits in all_hits(self._connection, self._index, query, size=_PAGE, _source=False):
            found = pl.DataFrame({CLIENT: [hit["_id"] for hit in hits]})
            lines = found.select(
                pl.col(CLIENT).alias(bulk.ID),
                pl.struct(_action("delete", day)).struct.json_encode().alias(bulk.LINE),
            )
            bulk.send(self._connection, self._index, [lines], ignored=(404, _CONFLICT))
            deleted += len(hits)
        return deleted


def _action(name: str, day: date) -> pl.Expr:
    version = pl.lit(day.toordinal(), pl.Int64).alias("version")
    return pl.struct(pl.col(CLIENT).alias("_id"), version, pl.lit("external_gte").alias("version_type")).alias(name)
