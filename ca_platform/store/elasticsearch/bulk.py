"""Bulk requests: NDJSON lines in chunks by size, two in flight, refused documents tried again, failures named.

What belongs here: sending lines that somebody else made. Not: what the documents are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import polars as pl

from ca_platform.errors import StoreError
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.errors import PASSING_STATUS, StoreGoneError, blocked, conflict, shorten
from ca_platform.store.elasticsearch.patience import Patience

CHUNK_BYTES = 5_000_000
# While the server works on one body the next is made and sent: the server never waits for us.
IN_FLIGHT = 2
ID, LINE, SOURCE = "id", "line", "source"
# The outcome of each document is asked for only after a failure: of 100,000 documents it takes 0.1 s to read.
_SHORT, _WHOLE = "errors", "errors,items.*.status,items.*.error"
_NAMED = 5


def send(
    connection: Connection,
    index: str,
    operations: Iterable[pl.DataFrame],
    *,
    ignored: Sequence[int] = (),
    routing: str | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> tuple[int, int]:
    """Send frames of operations; returns how many documents and bytes.

    Args:
        operations: frames with ``id`` (for messages), ``line`` (the action) and, unless the document stands in it after
            a newline, ``source``. Neither line ends with a newline.
        ignored: statuses of single documents that are as good as done, such as 404 for a delete.

    Raises:
        StoreError: names the documents that the server refused, with its reason.
    """
    documents = size = 0
    pending: deque[Future[None]] = deque()
    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="bulk") as pool:
        for frame in operations:
            for chunk, body in _chunks(frame, chunk_bytes):
                if len(pending) == IN_FLIGHT:
                    pending.popleft().result()
                pending.append(pool.submit(_deliver, connection, index, chunk, body, frozenset(ignored), routing))
                documents, size = documents + chunk.height, size + len(body)
        for future in pending:
            future.result()
    return documents, size


def _chunks(frame: pl.DataFrame, limit: int) -> Iterator[tuple[pl.DataFrame, memoryview]]:
    """Slices of the frame with their bodies, none above the limit unless a single document is."""
    if not frame.height:
        return
    body = _body(frame)
    if len(body) <= limit or frame.height == 1:
        yield frame, body
        return
    parts = min(frame.height, -(-len(body) // limit))
    for part in frame.iter_slices(-(-frame.height // parts)):
        yield from _chunks(part, limit)


def _deliver(
    connection: Connection,
    index: str,
    chunk: pl.DataFrame,
    body: memoryview,
    ignored: frozenset[int],
    routing: str | None,
) -> None:
    """One chunk until every document is done, refused for good, or patience has run out."""
    if not _post(connection, index, body, routing, _SHORT)["errors"]:
        return
    patience = Patience(connection.patience)
    while True:
        # Sent again to learn what failed. What the first sending did is done once more, and comes to the same.
        answer = _post(connection, index, body, routing, _WHOLE)
        items = [next(iter(item.values())) for item in answer["items"]] if answer["errors"] else []
        waiting = [row for row, item in enumerate(items) if _is_passing(item)]
        _refuse_failures(connection, index, chunk, items, ignored)
        if not waiting:
            return
        if len(waiting) < chunk.height:
            patience.renew()
        if not patience.wait():
            raise StoreGoneError(
                f"Elasticsearch at {connection.where} keeps refusing {len(waiting)} documents of {index} as it is "
                f"overloaded, the first is {chunk[ID][waiting[0]]}: {_reason(items[waiting[0]])}. Try later."
            )
        chunk = chunk[waiting]
        body = _body(chunk)


def _post(connection: Connection, index: str, body: memoryview, routing: str | None, wanted: str) -> Any:
    params = {"filter_path": wanted, **({"routing": routing} if routing else {})}
    return connection.call("POST", f"/{index}/_bulk", body, params=params, ndjson=True)


def _body(chunk: pl.DataFrame) -> memoryview:
    """The lines, each ended: the text buffer of an Arrow column, which lies together and need not be copied again."""
    ended = pl.concat_str(part for name in _lines(chunk) for part in (name, pl.lit("\n")))
    lines = chunk.select(ended).to_series().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, text = lines.buffers()
    bounds = memoryview(offsets).cast("q")[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(text)[bounds[0] : bounds[-1]]


def _lines(frame: pl.DataFrame) -> list[str]:
    return [name for name in (LINE, SOURCE) if name in frame.columns]


def _is_passing(item: dict[str, Any]) -> bool:
    return item["status"] in PASSING_STATUS and item.get("error", {}).get("type") != "cluster_block_exception"


def _refuse_failures(
    connection: Connection, index: str, chunk: pl.DataFrame, items: list[dict[str, Any]], ignored: frozenset[int]
) -> None:
    failed = [
        row
        for row, item in enumerate(items)
        if item["status"] >= 300 and item["status"] not in ignored and not _is_passing(item)
    ]
    if not failed:
        return
    kind, reason = items[failed[0]].get("error", {}).get("type", ""), _reason(items[failed[0]])
    if kind == "cluster_block_exception":
        raise StoreError(blocked(connection.where, reason))
    named = ", ".join(f"{chunk[ID][row]} ({_reason(items[row])})" for row in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    text = f"{len(failed)} of {chunk.height} documents of {index} were refused: {named}{more}"
    if kind in ("strict_dynamic_mapping_exception", "mapper_parsing_exception", "document_parsing_exception"):
        raise StoreError(conflict(connection.where, text))
    raise StoreError(f"Elasticsearch at {connection.where}: {text}.")


def _reason(item: dict[str, Any]) -> str:
    error = item.get("error", {})
    deeper = error.get("caused_by", {}).get("reason")
    return shorten(": ".join(filter(None, (error.get("reason", str(item["status"])), deeper))))
