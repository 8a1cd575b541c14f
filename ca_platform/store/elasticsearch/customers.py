"""Pages of the customers index: a CustomerQuery as an Elasticsearch search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.errors import StoreError
from ca_platform.store.elasticsearch.codec import frame_of
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.search import WHOLE
from ca_platform.store.elasticsearch.snapshots import SnapshotIndex
from ca_platform.store.lakecustomers import check_columns
from ca_platform.store.query import CustomerPage, CustomerQuery, Filter
from ca_platform.store.recommended import COLUMNS as RECOMMENDED

_WINDOW = 10_000  # a single search reaches no further
# Each is lost only to another write that ends in the middle of it, which a slow machine makes likely once, not often.
_ATTEMPTS = 5

_TYPES: Mapping[str, pl.DataType] = {
    "keyword": pl.String(),
    "long": pl.Int64(),
    "double": pl.Float64(),
    "boolean": pl.Boolean(),
}
# A mapping does not tell lists of texts from texts.
_LISTS: Mapping[str, pl.DataType] = {column.name: pl.List(pl.String()) for column in RECOMMENDED}


def customer_page(connection: Connection, snapshot: SnapshotIndex, query: CustomerQuery) -> CustomerPage:
    """One page of the newest day's customers; again where the index was replaced while it was read."""
    for _ in range(_ATTEMPTS):
        page = _page(connection, snapshot, query)
        if page is not None:
            return page
    raise StoreError(f"Elasticsearch at {connection.where} loses the customers while they are read. Try again.")


def _page(connection: Connection, snapshot: SnapshotIndex, query: CustomerQuery) -> CustomerPage | None:
    """The page of what is shown now; None where that is gone."""
    shown = snapshot.shown(is_urgent=True)
    if shown is None or shown.day is None:
        return CustomerPage(pl.DataFrame(), 0, None)
    types = {name: _LISTS.get(name) or _type(content) for name, content in shown.columns.items()}
    check_columns(query, list(types))
    search: dict[str, Any] = {
        "query": {"bool": {"filter": [_condition(wanted) for wanted in query.filters]}},
        "sort": [*({name: _order(descending=down)} for name, down in query.sort), {"client": {"order": "asc"}}],
    }
    sources, total = _window(connection, shown.index, search, query), _total(connection, shown.index, search["query"])
    return None if sources is None or total is None else CustomerPage(frame_of(sources, types), total, shown.day)


def _window(
    connection: Connection, index: str, search: Mapping[str, Any], query: CustomerQuery
) -> list[dict[str, Any]] | None:
    """Documents from ``offset``, None where the index is gone; deep pages are reached by walking there unread."""
    size = min(query.limit, _WINDOW)
    place: dict[str, Any] = {"from": query.offset}
    if query.offset + size > _WINDOW:
        last = _last_before(connection, index, search, query.offset)
        if not last:
            return last
        place = {"search_after": last}
    hits = _hits(connection, index, {**search, **place, "size": size})
    return None if hits is None else [hit["_source"] for hit in hits]


def _hits(connection: Connection, index: str, search: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The hits of all shards; None where the index is gone."""
    body = {**search, "track_total_hits": False}
    answer = connection.read("POST", f"/{index}/_search", body, params=WHOLE, missing=None)
    return answer["hits"]["hits"] if answer else None


def _total(connection: Connection, index: str, wanted: Mapping[str, Any]) -> int | None:
    """How many match; None where the index is gone. Not _count, which would leave a shard out that is going."""
    search = {"query": wanted, "size": 0, "track_total_hits": True}
    answer = connection.read("POST", f"/{index}/_search", search, params=WHOLE, missing=None)
    return int(answer["hits"]["total"]["value"]) if answer else None


def _last_before(connection: Connection, index: str, search: Mapping[str, Any], offset: int) -> list[Any] | None:
    """Sort values of the document before ``offset``; empty where there are fewer, None where the index is gone."""
    place: dict[str, Any] = {}
    while offset:
        step = min(offset, _WINDOW)
        hits = _hits(connection, index, {**search, **place, "size": step, "_source": False})
        if hits is None or len(hits) < step:
            return None if hits is None else []
        offset, place = offset - step, {"search_after": hits[-1]["sort"]}
    return list(place["search_after"])


def _order(*, descending: bool) -> dict[str, Any]:
    return {"order": "desc" if descending else "asc", "missing": "_last"}


def _type(content: Mapping[str, Any]) -> pl.DataType:
    if content["type"] == "date":
        return INSTANT if "time" in content.get("format", "") else pl.Date()
    return _TYPES[content["type"]]


def _condition(wanted: Filter) -> dict[str, Any]:
    return _CONDITIONS[wanted.operator](wanted.column, wanted.value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _range(sign: str) -> Callable[[str, Any], dict[str, Any]]:
    return lambda column, value: {"range": {column: {sign: _plain(value)}}}


def _not(query: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"must_not": [query]}}


def _escaped(text: Any) -> str:
    return "".join(f"\\{sign}" if sign in "*?\\" else sign for sign in str(text))


def _wildcard(column: str, pattern: str) -> dict[str, Any]:
    return {"wildcard": {column: {"value": pattern, "case_insensitive": True}}}


_CONDITIONS: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    "=": lambda column, value: {"term": {column: _plain(value)}},
    "!=": lambda column, value: _not({"term": {column: _plain(value)}}),
    "<": _range("lt"),
    "<=": _range("lte"),
    ">": _range("gt"),
    ">=": _range("gte"),
    "contains": lambda column, value: _wildcard(column, f"*{_escaped(value)}*"),
    "starts with": lambda column, value: _wildcard(column, f"{_escaped(value)}*"),
    "in": lambda column, value: {"terms": {column: [_plain(one) for one in value]}},
    "is null": lambda column, _: _not({"exists": {"field": column}}),
    "is not null": lambda column, _: {"exists": {"field": column}},
}
