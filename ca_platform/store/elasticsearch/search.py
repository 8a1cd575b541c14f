"""Reading many hits: a point in time walked in pages, so that writers do not shift what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ca_platform.errors import StoreError
from ca_platform.store.elasticsearch.connection import READING_PATIENCE, Connection
from ca_platform.store.elasticsearch.errors import PASSING_STATUS, StoreGoneError, shorten
from ca_platform.store.elasticsearch.patience import Patience

KEEP_ALIVE = "2m"
# Half an answer, while a shard is still being recovered, would look like a shop with half its orders.
WHOLE = {"allow_partial_search_results": "false"}
_SHARD_ORDER = ["_shard_doc"]
Hit = dict[str, Any]
Query = Mapping[str, Any]


def all_hits(
    connection: Connection,
    index: str,
    query: Query,
    *,
    size: int,
    routing: str | None = None,
    sort: Sequence[Any] = ("_shard_doc",),
    **body: Any,
) -> Iterator[list[Hit]]:
    """Pages of all hits of a query as of now.

    A server that is started anew while the pages are read is asked again from where the pages had come to; in the
    order of shards, which only the lost point in time knew, from the beginning: some hits then come twice.

    Args:
        body: further parts of the search, such as ``_source`` and ``docvalue_fields``.
    """
    params = {"keep_alive": KEEP_ALIVE, "ignore_unavailable": "true", **({"routing": routing} if routing else {})}
    search = {"query": query, "size": size, "sort": list(sort), "track_total_hits": False, **body}
    pit = _point_in_time(connection, index, params)
    patience = Patience(connection.patience)
    try:
        while True:
            search["pit"] = {"id": pit, "keep_alive": KEEP_ALIVE}
            answer = connection.call("POST", "/_search", search, params=WHOLE, missing=None)
            if answer is None and patience.wait():  # the server was started anew and has forgotten the point in time
                pit = _point_in_time(connection, index, params)
                if list(sort) == _SHARD_ORDER:
                    search.pop("search_after", None)
                continue
            if answer is None:
                raise StoreError(f"Elasticsearch at {connection.where} loses its points in time. Try again.")
            pit, hits = answer.get("pit_id", pit), answer["hits"]["hits"]
            if hits:
                yield hits
            if len(hits) < size:
                return
            search["search_after"] = hits[-1]["sort"]
    finally:
        # Politeness: it ends by itself. What really went wrong must not be hidden by what this call says.
        with suppress(StoreError):
            connection.call("DELETE", "/_pit", {"id": pit}, missing=None, patience=0)


def _point_in_time(connection: Connection, index: str, params: Mapping[str, Any]) -> str:
    return str(connection.call("POST", f"/{index}/_pit", params=params)["id"])


def many(connection: Connection, index: str, searches: Sequence[Query], routing: str | None = None) -> list[list[Hit]]:
    """Hits of several searches in one request; nothing for an index that does not exist."""
    head = {
        "index": index,
        "ignore_unavailable": True,
        "allow_partial_search_results": False,
        **({"routing": routing} if routing else {}),
    }
    lines = [part for search in searches for part in (head, search)]
    patience = Patience(READING_PATIENCE)
    while True:
        responses = connection.read("POST", "/_msearch", lines, ndjson=True)["responses"]
        if not any(response.get("status") in PASSING_STATUS for response in responses) or not patience.wait():
            return [_hits(connection, response) for response in responses]


def _hits(connection: Connection, response: dict[str, Any]) -> list[Hit]:
    if "error" in response:
        reason = response["error"].get("reason") or response["error"]
        text = f"Elasticsearch at {connection.where} cannot search: {shorten(reason)}. Try again."
        raise StoreGoneError(text) if response.get("status") in PASSING_STATUS else StoreError(text)
    hits: list[Hit] = response["hits"]["hits"]
    return hits


def field(hit: Hit, name: str) -> Any:
    """First doc value of a field, None where there is none."""
    values = hit.get("fields", {}).get(name)
    return values[0] if values else None


def count(connection: Connection, index: str, query: Query) -> int:
    """How many documents match, after the last refresh."""
    # Not _count: it counts what it can reach and mentions the rest in passing.
    search = {"query": query, "size": 0, "track_total_hits": True}
    answer = connection.call("POST", f"/{index}/_search", search, params=WHOLE, missing=None)
    return int(answer["hits"]["total"]["value"]) if answer else 0


def count_both(connection: Connection, index: str, query: Query, part: Query) -> tuple[int, int]:
    """How many documents match, and how many of these match ``part`` too."""
    search = {"query": query, "size": 0, "track_total_hits": True, "aggs": {"part": {"filter": part}}}
    answer = connection.call("POST", f"/{index}/_search", search, params=WHOLE, missing=None)
    return (
        (int(answer["hits"]["total"]["value"]), int(answer["aggregations"]["part"]["doc_count"])) if answer else (0, 0)
    )


def refresh(connection: Connection, index: str) -> None:
    """Make everything that was written visible to searches."""
    connection.call("POST", f"/{index}/_refresh", missing=None)
