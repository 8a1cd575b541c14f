"""Reading many hits: a point in time walked in pages, so that writers do not shift what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ca_platform.store.elasticsearch.connection import Connection

KEEP_ALIVE = "2m"
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

    Args:
        body: further parts of the search, such as ``_source`` and ``docvalue_fields``.
    """
    params = {"keep_alive": KEEP_ALIVE, "ignore_unavailable": "true", **({"routing": routing} if routing else {})}
    pit = connection.call("POST", f"/{index}/_pit", params=params)["id"]
    search = {"query": query, "size": size, "sort": list(sort), "track_total_hits": False, **body}
    try:
        while True:
            search["pit"] = {"id": pit, "keep_alive": KEEP_ALIVE}
            answer = connection.call("POST", "/_search", search)
            pit, hits = answer.get("pit_id", pit), answer["hits"]["hits"]
            if hits:
                yield hits
            if len(hits) < size:
                return
            search["search_after"] = hits[-1]["sort"]
    finally:
        connection.call("DELETE", "/_pit", {"id": pit}, missing=None)


def many(connection: Connection, index: str, searches: Sequence[Query], routing: str | None = None) -> list[list[Hit]]:
    """Hits of several searches in one request; nothing for an index that does not exist."""
    head = {"index": index, "ignore_unavailable": True, **({"routing": routing} if routing else {})}
    lines = [part for search in searches for part in (head, search)]
    answer = connection.read("POST", "/_msearch", lines, ndjson=True)
    return [_hits(connection, response) for response in answer["responses"]]


def _hits(connection: Connection, response: dict[str, Any]) -> list[Hit]:
    from ca_platform.errors import StoreError
    from ca_platform.store.elasticsearch.errors import shorten

    if "error" in response:
        reason = response["error"].get("reason") or response["error"]
        raise StoreError(f"Elasticsearch at {connection.where} cannot search: {shorten(reason)}. Try again.")
    hits: list[Hit] = response["hits"]["hits"]
    return hits


def field(hit: Hit, name: str) -> Any:
    """First doc value of a field, None where there is none."""
    values = hit.get("fields", {}).get(name)
    return values[0] if values else None


def count(connection: Connection, index: str, query: Query) -> int:
    """How many documents match, after the last refresh."""
    answer = connection.call("POST", f"/{index}/_count", {"query": query}, missing={"count": 0})
    return int(answer["count"])


def refresh(connection: Connection, index: str) -> None:
    """Make everything that was written visible to searches."""
    connection.call("POST", f"/{index}/_refresh", missing=None)
