"""Which columns a source gives under their own names, without being mapped, as far as that can be told from here.

Ingest looks for every column that the mapping leaves out under its own name. Files are asked for their first line (or
schema), queries of servers are read as text; no server is connected for it, so definitions load without one. A table of
a server says nothing: what reports need of it beyond the required columns has to be named in ``columns``.
"""

from __future__ import annotations

import csv
import glob
import gzip
import io
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from ca_platform.settings.sources import SourceSettings

_ENDINGS = {"csv": (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz"), "parquet": (".parquet", ".pq")}
_NO_NAMES = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


def gives(source: SourceSettings, column: str) -> bool:
    """Whether the source has a column of this name, or of the one that it is mapped to."""
    if column in source.columns or column in source.constants or (column == "promotion_id" and source.promotion_id):
        return True
    if source.path is None or "://" in source.path:
        return _is_named(source.query or "", column)
    try:
        first = _first_file(source.path, source.kind)
        changed = first.stat().st_mtime_ns if first is not None else 0
    except OSError:  # it went away, or nobody may look: loading says so
        return False
    if first is None:
        return False
    return column in _columns(str(first), changed, source.kind, source.separator, source.encoding, source.query)


def _is_named(query: str, column: str) -> bool:
    return re.search(rf"\b{re.escape(column)}\b", _NO_NAMES.sub(" ", query), re.IGNORECASE) is not None


def _first_file(path: str, kind: str) -> Path | None:
    place = Path(path)
    if place.is_dir():
        return min((item for item in place.iterdir() if item.name.endswith(_ENDINGS[kind])), default=None, key=str)
    if place.exists():
        return place
    found = glob.iglob(path, recursive=True)  # noqa: PTH207 - Path.glob wants a folder apart from the pattern
    return min(map(Path, found), default=None)


@lru_cache(maxsize=64)
def _columns(
    path: str,
    changed: int,  # noqa: ARG001 - another state of the file is another question
    kind: str,
    separator: str,
    encoding: str,
    query: str | None,
) -> frozenset[str]:
    """Columns of a file, or of a query over it; none where it cannot be read: loading says why."""
    import polars as pl

    try:
        if kind == "csv":
            schema: pl.Schema = pl.Schema(dict.fromkeys(_header(path, separator, encoding), pl.String()))
        else:
            schema = pl.Schema(pl.read_parquet_schema(path))
        if query:
            table = pl.LazyFrame(schema=schema)
            schema = pl.SQLContext({"source": table}).execute(query, eager=False).collect_schema()
    except (OSError, ValueError, EOFError, csv.Error, pl.exceptions.PolarsError):
        return frozenset()
    return frozenset(schema)


def _header(path: str, separator: str, encoding: str) -> list[str]:
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    with Path(path).open("rb") as raw:
        plain = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if path.endswith(".gz") else raw
        rows = csv.reader(io.TextIOWrapper(plain, encoding=codec, newline=""), delimiter=separator)
        return [name.strip() for name in next((row for row in rows if row), [])]
