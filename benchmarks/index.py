"""``index``: orders into a real Elasticsearch, against raw bulk requests with bodies that lie ready.

Both sides send the same documents into indices with the same mapping and end with a refresh. ``helpers.bulk`` is
quoted beside them.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.harness import Measured, Result, child, seconds
from benchmarks.servers import elasticsearch, store_environment
from benchmarks.shops import STANDARD, ShopFolder, loaded_shop, opened

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1 / 0.95
CPU_GOAL = 0.2
PARALLEL = (2, 4)
ROUNDS = 5


def run(size: int) -> Result:
    shop = loaded_shop(size, kind=STANDARD)
    place = (str(shop.path), str(shop.first_day), str(shop.last_day))
    child("index:document_frame", *place)
    with elasticsearch() as url:
        environment = store_environment(url)
        # The first writings warm the server's code; ours also leaves the documents from which the bodies are made.
        child("index:ours", *place, environment=environment)
        child("index:prepare_bodies", *place, url)
        child("index:raw_bulk", *place, url, 2)
        runs: list[Measured] = []
        raw: dict[int, list[Measured]] = {count: [] for count in PARALLEL}
        for _ in range(ROUNDS):
            for count in PARALLEL:
                _wait_for_merges(url)
                raw[count].append(child("index:raw_bulk", *place, url, count))
                _wait_for_merges(url)
                runs.append(child("index:ours", *place, environment=environment))
        _wait_for_merges(url)
        helper = child("index:helpers_bulk", *place, url)
    middle = {count: _middle(items) for count, items in raw.items()}
    fastest = min(middle, key=lambda count: middle[count].seconds)
    ours, rival = _middle(runs), middle[fastest]
    documents = int(ours.value)
    extra = {
        "documents_per_second": documents / ours.seconds,
        "raw_documents_per_second": documents / rival.seconds,
        "helpers_documents_per_second": documents / helper.seconds,
        "client_cpu_share": ours.cpu_share,
        "client_cpu_goal": CPU_GOAL,
        "raw_client_cpu_share": rival.cpu_share,
        "raw_parallel": fastest,
        "raw_seconds_by_parallel": {str(count): round(item.seconds, 3) for count, item in middle.items()},
        "peak_memory_gb": ours.peak_gb,
    }
    rows = (
        ("store.replace, refreshed", f"{seconds(ours.seconds)}, {documents / ours.seconds:,.0f} documents/s"),
        (f"raw bulk, {fastest} in flight", f"{seconds(rival.seconds)}, {documents / rival.seconds:,.0f} documents/s"),
        ("helpers.bulk", f"{seconds(helper.seconds)}, {documents / helper.seconds:,.0f} documents/s"),
        ("client CPU of wall time", f"{ours.cpu_share:.0%} (goal {CPU_GOAL:.0%}; raw {rival.cpu_share:.0%})"),
    )
    return Result("index", size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=rows)


def _middle(runs: list[Measured]) -> Measured:
    """The run of median length: a server that merges and collects garbage when it likes has no typical fastest run."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def document_frame(path: str, first: str, last: str) -> Callable[[], Any]:
    """Keep the frame of all order documents, which is not part of the measurement."""
    import polars as pl

    from ca_platform.store.documents import documents_by_day

    shop = opened(path, first, last)

    def make() -> None:
        digits = shop.settings().business.minor_digits
        pl.concat(documents_by_day("orders", shop.lake(), None, None, digits)).write_parquet(_frame_file(shop))

    return make


def ours(path: str, first: str, last: str) -> Callable[[], Any]:
    import polars as pl

    from ca_platform.store import open_store

    shop = opened(path, first, last)
    settings = shop.settings()
    frame = pl.read_parquet(_frame_file(shop))
    host = settings.document_store.hosts[0]
    index = f"{settings.document_store.index_prefix}orders"
    _remove_index(host, index)
    store = open_store(settings)
    store.check()

    def write() -> int:
        store.replace("orders", shop.days, frame)
        return frame.height

    return write


def prepare_bodies(path: str, first: str, last: str, url: str) -> Callable[[], Any]:
    """Bulk bodies of the documents that our own writing left, as files; and the index's settings."""
    import polars as pl

    shop = opened(path, first, last)
    settings = shop.settings()
    index = f"{settings.document_store.index_prefix}orders"

    def prepare() -> int:
        folder = _bodies(shop)
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        described = next(iter(_call(url, "GET", f"/{index}").values()))
        kept = ("number_of_shards", "number_of_replicas", "refresh_interval", "codec", "sort", "analysis")
        options = {name: value for name, value in described["settings"]["index"].items() if name in kept}
        (folder / "index.json").write_text(
            json.dumps({"mappings": described["mappings"], "settings": {"index": options}})
        )
        count = 0
        documents = dict(_documents(url, index))
        # In the order in which we send them: the server returns them shard by shard.
        ordered = ((name, documents[name]) for name in pl.read_parquet(_frame_file(shop))["order_id"])
        for count, body in enumerate(_chunks(ordered), start=1):
            (folder / f"{count:05d}.ndjson").write_bytes(body)
        return count

    return prepare


def raw_bulk(path: str, first: str, last: str, url: str, parallel: int) -> Callable[[], Any]:
    """Nothing but POST of ready bodies over kept connections, ``parallel`` at a time."""
    folder = _bodies(opened(path, first, last))
    bodies = [file.read_bytes() for file in sorted(folder.glob("*.ndjson"))]
    _fresh_index(url, folder)

    def send(part: int) -> None:
        connection = _connection(url)
        for body in bodies[part::parallel]:
            _request(connection, "POST", "/raw/_bulk?filter_path=errors", body, "application/x-ndjson")
        connection.close()

    def write() -> None:
        with ThreadPoolExecutor(parallel) as pool:
            list(pool.map(send, range(parallel)))
        _call(url, "POST", "/raw/_refresh")

    return write


def helpers_bulk(path: str, first: str, last: str, url: str) -> Callable[[], Any]:
    """The Elasticsearch client's own way, from dictionaries that lie ready."""
    from elasticsearch import Elasticsearch, helpers

    folder = _bodies(opened(path, first, last))
    actions = []
    for file in sorted(folder.glob("*.ndjson")):
        lines = file.read_text(encoding="utf-8").splitlines()
        for head, document in zip(lines[::2], lines[1::2], strict=True):
            name = json.loads(head)["index"]["_id"]
            actions.append({"_index": "raw", "_id": name, "_source": json.loads(document)})
    _fresh_index(url, folder)
    client = Elasticsearch(url, request_timeout=120)

    def write() -> None:
        helpers.bulk(client, actions)
        client.indices.refresh(index="raw")

    return write


def _frame_file(shop: ShopFolder) -> Path:
    return shop.path / "orders.parquet"


def _bodies(shop: ShopFolder) -> Path:
    return shop.path / "bodies"


def _fresh_index(url: str, folder: Path) -> None:
    _remove_index(url, "raw")
    _call(url, "PUT", "/raw", (folder / "index.json").read_bytes())


def _wait_for_merges(url: str) -> None:
    """Until the server rests: it merges for seconds what one side has written, at the cost of who comes next."""
    give_up_at = time.monotonic() + 120
    while True:
        nodes = _call(url, "GET", "/_nodes/stats/indices/merge")["nodes"].values()
        if not any(node["indices"]["merges"]["current"] for node in nodes):
            return
        if time.monotonic() > give_up_at:
            raise RuntimeError("The server merges without end: these timings would say nothing.")
        time.sleep(0.2)


def _remove_index(url: str, name: str) -> None:
    """Delete an index, or what an alias stands for."""
    for real in _call(url, "GET", f"/{name}?ignore_unavailable=true"):
        _call(url, "DELETE", f"/{real}")


def _documents(url: str, index: str) -> Iterator[tuple[str, Any]]:
    page = json.dumps({"size": 5000, "sort": ["_doc"]}).encode()
    answer = _call(url, "POST", f"/{index}/_search?scroll=2m", page)
    while answer["hits"]["hits"]:
        for hit in answer["hits"]["hits"]:
            yield hit["_id"], hit["_source"]
        more = json.dumps({"scroll": "2m", "scroll_id": answer["_scroll_id"]}).encode()
        answer = _call(url, "POST", "/_search/scroll", more)


def _chunks(documents: Iterator[tuple[str, Any]]) -> Iterator[bytes]:
    """Bodies of the size that ours have."""
    from ca_platform.store.elasticsearch.bulk import CHUNK_BYTES

    lines: list[bytes] = []
    size = 0
    for name, source in documents:
        text = json.dumps(source, separators=(",", ":"), ensure_ascii=False)
        line = f'{{"index":{{"_id":{json.dumps(name)}}}}}\n{text}\n'.encode()
        lines.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def _connection(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(url.split("://", 1)[1], timeout=120)


def _request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    kind: str = "application/json",
    accepted: tuple[int, ...] = (200,),
) -> Any:
    connection.request(method, path, body, {"content-type": kind} if body else {})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in accepted or b'"errors":true' in text[:200]:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]!r}")
    return json.loads(text or b"{}")


def _call(url: str, method: str, path: str, body: bytes | None = None, accepted: tuple[int, ...] = (200,)) -> Any:
    return _request(_connection(url), method, path, body, accepted=accepted)
