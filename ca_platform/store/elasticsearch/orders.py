"""Orders in Elasticsearch: one document per session under its order_id, replaced by day."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from ca_platform.calendar import as_of, start_of_day
from ca_platform.errors import StoreError, ValidationError
from ca_platform.store.elasticsearch import bulk
from ca_platform.store.elasticsearch.codec import documents, frame_of
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.months import MonthlyIndices
from ca_platform.store.elasticsearch.search import WHOLE, Query, all_hits, count_both, refresh
from ca_platform.store.records import WriteSummary

_SLICE = 8_000  # rows encoded at a time: some 5 MB of JSON, one request
_PAGE = 5_000
DAY = "day"


class OrderIndex:
    """The index or indices ``orders`` of one cluster, behind their alias.

    Args:
        types: of the document's fields, with ``day``, which follows from the start and is not stored.
    """

    def __init__(
        self,
        connection: Connection,
        index: str,
        time_zone: str,
        types: Mapping[str, pl.DataType],
        months: MonthlyIndices,
    ) -> None:
        self._connection = connection
        self._index = index
        self._months = months
        self._time_zone = time_zone
        self._types = dict(types)

    def replace(self, days: Sequence[date], frame: pl.DataFrame) -> WriteSummary:
        """Upsert, refresh, delete what older writes left on these days, count and compare."""
        _check_days(frame, days)
        write_id = uuid.uuid4().hex
        sent = size = 0
        for index, part in self._placed(frame):
            documents, length = bulk.send(self._connection, index, self._operations(part, write_id))
            sent, size = sent + documents, size + length
        refresh(self._connection, self._index)
        found, stale = self._counted(days, write_id)
        deleted = sum(self._delete(query) for query in self._other_writes(days, write_id)) if stale else 0
        if deleted:
            refresh(self._connection, self._index)
            found, _ = self._counted(days, write_id)
        if found != sent:
            raise StoreError(
                f"orders: {sent} documents were written for {min(days)} to {max(days)}, but {found} are there: another "
                "run wrote the same days at the same time. Run these days again."
            )
        return WriteSummary("orders", sent, sent, deleted, size)

    def scan(self, start: date | None, end: date | None) -> Iterator[pl.DataFrame]:
        """All documents of these days in order of their start."""
        query = self._during(start, end)
        order = [{"session_start_date": "asc"}, {"order_id": "asc"}]
        stored = {name: dtype for name, dtype in self._types.items() if name != DAY}
        local = pl.col("session_start_date").dt.convert_time_zone(self._time_zone).dt.date().alias(DAY)
        for hits in all_hits(self._connection, self._index, query, size=_PAGE, sort=order):
            frame = frame_of([hit["_source"] for hit in hits], stored)
            yield frame.with_columns(local).select(*self._types)

    def counts(self) -> dict[date, int]:
        """Number of documents by local day."""
        histogram = {
            "field": "session_start_date",
            "calendar_interval": "day",
            "time_zone": self._time_zone,
            "format": "strict_date",
            "min_doc_count": 1,
        }
        body = {"size": 0, "aggs": {"days": {"date_histogram": histogram}}}
        answer = self._connection.read("POST", f"/{self._index}/_search", body, params=WHOLE, missing=None)
        buckets = answer["aggregations"]["days"]["buckets"] if answer else []
        return {date.fromisoformat(bucket["key_as_string"]): int(bucket["doc_count"]) for bucket in buckets}

    def _placed(self, frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
        """The rows by the index that they go to."""
        if frame.is_empty():
            return
        indices = self._months.of(frame[DAY].unique(), frame.height)
        by_index: dict[str, list[date]] = {}
        for month, index in indices.items():
            by_index.setdefault(index, []).append(month)
        for index, months in by_index.items():
            of_these = pl.col(DAY).dt.truncate("1mo").is_in(months)
            yield index, frame if len(by_index) == 1 else frame.filter(of_these)

    def _operations(self, frame: pl.DataFrame, write_id: str) -> Iterator[pl.DataFrame]:
        for part in frame.drop(DAY).iter_slices(_SLICE):
            stored = part.with_columns(write_id=pl.lit(write_id))
            head = part.select(
                pl.struct(pl.struct(_id=pl.col("order_id")).alias("index")).struct.json_encode()
            ).to_series()
            yield pl.DataFrame({bulk.ID: part["order_id"], bulk.LINE: head, bulk.SOURCE: documents(stored)})

    def _during(self, start: date | None, end: date | None) -> Query:
        """Sessions that started on these local days."""
        bounds: dict[str, Any] = {}
        if start is not None:
            bounds["gte"] = start_of_day(start, self._time_zone).isoformat()
        if end is not None:
            bounds["lt"] = as_of(end, self._time_zone).isoformat()
        return {"range": {"session_start_date": bounds}}

    def _counted(self, days: Sequence[date], write_id: str) -> tuple[int, int]:
        """Number of documents of these days, and how many of them another write has left."""
        counts = [
            count_both(self._connection, self._index, self._during(*span), _of_others(write_id))
            for span in _spans(days)
        ]
        return sum(found for found, _ in counts), sum(stale for _, stale in counts)

    def _other_writes(self, days: Sequence[date], write_id: str) -> Iterator[Query]:
        for span in _spans(days):
            yield {"bool": {"filter": [self._during(*span), _of_others(write_id)]}}

    def _delete(self, query: Query) -> int:
        deleted = 0
        pages = all_hits(self._connection, self._index, query, size=_PAGE, _source=False, seq_no_primary_term=True)
        for hits in pages:
            # 409: another write has replaced the document since it was listed; 404: it is gone already.
            bulk.send(self._connection, self._index, [_conditional_deletes(hits)], ignored=(404, 409))
            deleted += len(hits)
        return deleted


def _of_others(write_id: str) -> Query:
    return {"bool": {"must_not": [{"term": {"write_id": write_id}}]}}


def _conditional_deletes(hits: list[dict[str, Any]]) -> pl.DataFrame:
    action = pl.struct(
        pl.struct(
            pl.col("_id"), pl.col("_index"), if_seq_no=pl.col("_seq_no"), if_primary_term=pl.col("_primary_term")
        ).alias("delete")
    )
    names = ("_id", "_index", "_seq_no", "_primary_term")
    found = pl.DataFrame({name: [hit[name] for hit in hits] for name in names})
    return found.select(pl.col("_id").alias(bulk.ID), action.struct.json_encode().alias(bulk.LINE))


def _spans(days: Sequence[date]) -> list[tuple[date, date]]:
    """Runs of consecutive days: one query each."""
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if spans and (day - spans[-1][1]).days == 1:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _check_days(frame: pl.DataFrame, days: Sequence[date]) -> None:
    outside = set(frame[DAY].unique().to_list()) - set(days)
    if outside:
        named = ", ".join(map(str, sorted(outside, key=str)[:5]))
        raise ValidationError(
            f"orders: rows of {named}, which is not among the days of this write. Nothing was written."
        )
