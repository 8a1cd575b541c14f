"""Reports in Elasticsearch: replacing days so that readers see the old or the new day, and reading them.

The index has no automatic refresh and a report lies on one shard: all documents of a write become visible in one
step. Should something else refresh in between, or a writer die, readers go by the committing document of the day
(see ``reportdocs``) and ignore documents of any other write.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from ca_platform.errors import StoreError, ValidationError
from ca_platform.store.elasticsearch import bulk
from ca_platform.store.elasticsearch.codec import table_of
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.reportdocs import COMMITS, PartLimit, deletions, report_documents
from ca_platform.store.elasticsearch.search import Hit, all_hits, field, many, refresh
from ca_platform.store.records import MAIN, Dimension, WriteSummary
from ca_platform.store.reportframe import DAY, VALUE, ReportFrame
from ca_platform.store.schema import TableSchema

_PAGE = 200  # documents with their tables in one answer
_IDS = 10_000
_ATTEMPTS = 4
_LONGEST_VALUE = 8191
_SORT = ["report_date", "part", "write_id"]
_DATE = {"field": "report_date", "format": "strict_date"}


class ReportIndex:
    """The index ``reports`` of one cluster."""

    def __init__(self, connection: Connection, index: str, time_zone: str, limit: PartLimit) -> None:
        self._connection = connection
        self._index = index
        self._time_zone = time_zone
        self._limit = limit

    # ---- writing

    def replace(self, report: ReportFrame) -> WriteSummary:
        """Make the frame the whole content of its days."""
        _check_values(report)
        wanted = report_documents(report, self._time_zone, self._limit)
        there = self._listed(report.name, report.days)
        kept = _unchanged(wanted, there)
        new = wanted.filter(~pl.col(DAY).is_in(kept))
        _, size = self._send(report.name, [new.filter(~pl.col(COMMITS))])
        # Only now, when all their companions are in, the documents that make them the day.
        _, more = self._send(report.name, [new.filter(COMMITS)])
        deleted = self._tidy(report.name, report.days, set(wanted[bulk.ID]), set(there))
        return WriteSummary(report.name, wanted.height, report.rows.height, deleted, size + more)

    def delete(self, name: str, days: Sequence[date]) -> int:
        there = set(self._listed(name, days))
        return self._tidy(name, days, set(), there) if there else 0

    def _send(self, name: str, operations: Iterable[pl.DataFrame], ignored: Sequence[int] = ()) -> tuple[int, int]:
        return bulk.send(self._connection, self._index, operations, ignored=ignored, routing=name)

    def _tidy(self, name: str, days: Sequence[date], wanted: set[str], there: set[str]) -> int:
        """Delete what other writes left on these days, show everything, count and compare."""
        deleted = 0
        for _ in range(_ATTEMPTS):
            stale = sorted(there - wanted)
            deleted += len(stale)
            self._send(name, [deletions(stale)], ignored=(404,))
            refresh(self._connection, self._index)
            there = set(self._listed(name, days))
            if there == wanted:
                return deleted
            if wanted - there:
                break
        raise StoreError(
            f"report {name}: {len(wanted - there)} of {len(wanted)} documents are missing after the write and "
            f"{len(there - wanted)} are too many: another run wrote the same days at the same time. Run these days again."
        )

    def _listed(self, name: str, days: Sequence[date]) -> dict[str, tuple[date, str]]:
        """Day and write of every document of these days, by id."""
        pages = all_hits(
            self._connection,
            self._index,
            _filter(name, days),
            size=_IDS,
            routing=name,
            _source=False,
            docvalue_fields=[_DATE, "write_id"],
        )
        return {hit["_id"]: (_day(hit), field(hit, "write_id")) for page in pages for hit in page}

    # ---- reading

    def tables(self, name: str, days: Sequence[date], dimension: Dimension) -> list[tuple[date, pl.DataFrame]]:
        """The tables of those days that have one, ascending."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                # Between two requests, or after a refresh by somebody else, a day may have changed: look again.
                time.sleep(0.05 * attempt)
            found = self._tables(name, days, dimension, is_last=attempt == _ATTEMPTS - 1)
            if found is not None:
                return found
        raise StoreError(f"report {name}: its documents do not fit together ({dimension}). Run these days again.")

    def _tables(
        self, name: str, days: Sequence[date], dimension: Dimension, *, is_last: bool
    ) -> list[tuple[date, pl.DataFrame]] | None:
        search = {"query": _filter(name, days, dimension), "size": _PAGE, "sort": _SORT, "track_total_hits": False}
        mains, page = many(self._connection, self._index, [_committing(name, days), search], routing=name)
        committed = {_day(hit): field(hit, "write_id") for hit in mains}
        valid: list[Hit] = []
        seen: set[date] = set()
        while page:
            seen.update(map(_source_day, page))
            valid += [hit for hit in page if hit["_source"]["write_id"] == committed.get(_source_day(hit))]
            if len(page) < _PAGE:
                break
            (page,) = many(self._connection, self._index, [{**search, "search_after": page[-1]["sort"]}], routing=name)
        # Documents of other writes alone: left by a writer that died, or by one that has just finished.
        if not is_last and seen - set(map(_source_day, valid)):
            return None
        return _assembled(valid)

    def commits(self, name: str, days: Sequence[date] | None = None) -> dict[date, str]:
        """The valid write of each computed day, ascending."""
        (hits,) = many(self._connection, self._index, [_committing(name, days)], routing=name)
        return {_day(hit): field(hit, "write_id") for hit in hits}

    def dimensions(self, name: str, day: date) -> dict[Dimension, str]:
        """What the report of a day exists for, with its write."""
        first_parts = {"bool": {"filter": [_filter(name, [day]), {"term": {"part": 1}}]}}
        search = {"query": first_parts, "size": _IDS, "_source": ["dimension", "value", "write_id"]}
        mains, hits = many(self._connection, self._index, [_committing(name, [day]), search], routing=name)
        valid = field(mains[0], "write_id") if mains else None
        sources = [hit["_source"] for hit in hits if hit["_source"]["write_id"] == valid]
        return {Dimension(source["dimension"], source["value"]): source["write_id"] for source in sources}

    def version(self, name: str, day: date, dimension: Dimension) -> str | None:
        found = {
            "query": _filter(name, [day], dimension),
            "size": _IDS,
            "_source": False,
            "docvalue_fields": ["write_id"],
        }
        for attempt in range(_ATTEMPTS):
            time.sleep(0.05 * attempt)
            mains, hits = many(self._connection, self._index, [_committing(name, [day]), found], routing=name)
            valid = field(mains[0], "write_id") if mains else None
            if not hits or any(field(hit, "write_id") == valid for hit in hits):
                return valid if hits else None
        return None

    def names(self) -> list[str]:
        body = {"size": 0, "aggs": {"names": {"terms": {"field": "report_name", "size": _IDS}}}}
        answer = self._connection.read("POST", f"/{self._index}/_search", body, missing=None)
        return sorted(bucket["key"] for bucket in answer["aggregations"]["names"]["buckets"]) if answer else []


def _filter(name: str, days: Sequence[date] | None, dimension: Dimension | None = None) -> dict[str, Any]:
    must: list[dict[str, Any]] = [{"term": {"report_name": name}}]
    if days is not None:
        must.append({"terms": {"report_date": [day.isoformat() for day in days]}})
    if dimension is not None:
        must.append({"term": {"dimension": dimension.name}})
    if dimension is not None and dimension.value is not None:
        must.append({"term": {"value": dimension.value}})
    null = [{"exists": {"field": "value"}}] if dimension is not None and dimension.value is None else []
    return {"bool": {"filter": must, **({"must_not": null} if null else {})}}


def _committing(name: str, days: Sequence[date] | None) -> dict[str, Any]:
    query = {"bool": {"filter": [_filter(name, days, MAIN), {"term": {"part": 1}}]}}
    fields = [_DATE, "write_id"]
    return {"query": query, "size": _IDS, "sort": ["report_date"], "_source": False, "docvalue_fields": fields}


def _day(hit: Hit) -> date:
    return date.fromisoformat(field(hit, "report_date"))


def _source_day(hit: Hit) -> date:
    return date.fromisoformat(hit["_source"]["report_date"])


def _assembled(hits: Iterable[Hit]) -> list[tuple[date, pl.DataFrame]] | None:
    """Tables put together from their parts; None when a part is not there."""
    by_day: dict[date, list[dict[str, Any]]] = {}
    for hit in hits:
        by_day.setdefault(_source_day(hit), []).append(hit["_source"])
    if any(len(sources) != sources[0]["parts"] for sources in by_day.values()):
        return None
    return [(day, _table(sources)) for day, sources in by_day.items()]


def _table(sources: list[dict[str, Any]]) -> pl.DataFrame:
    schema = TableSchema(tuple((column["name"], column["kind"]) for column in sources[0]["schema"]))
    return pl.concat(list(_decoded(sources, schema))) if schema.kinds else pl.DataFrame()


def _decoded(sources: list[dict[str, Any]], schema: TableSchema) -> Iterator[pl.DataFrame]:
    for source in sources:
        yield table_of(source["columns"], schema.types)


def _unchanged(wanted: pl.DataFrame, there: dict[str, tuple[date, str]]) -> list[date]:
    """Days that are stored exactly so already: they need not be sent again."""
    stored = set(there.items())
    kept = []
    for (day,), documents in wanted.group_by(DAY):
        pairs = {(found, (day, write_id)) for found, write_id in documents.select(bulk.ID, "write_id").iter_rows()}
        if pairs <= stored:
            kept.append(day)
    return kept


def _check_values(report: ReportFrame) -> None:
    longest = report.keys[VALUE].str.len_chars().max()
    if isinstance(longest, int) and longest > _LONGEST_VALUE:
        raise ValidationError(
            f"report {report.name}: a dimension value has {longest} characters; Elasticsearch finds up to "
            f"{_LONGEST_VALUE}. Shorten it in the source's query. Nothing was written."
        )
