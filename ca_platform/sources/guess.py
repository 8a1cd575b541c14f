"""A first mapping for a source that nobody has described yet, with how sure it is of each column.

Belongs here: which column is which, from what its name means and what its values look like. A guess is never used by itself: it is written into a settings
file, where a person reads it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ca_platform.errors import SourceError
from ca_platform.settings import SourceSettings
from ca_platform.settings.sources import CANONICAL, REQUIRED
from ca_platform.sources.factory import open_source
from ca_platform.sources.likeness import SAMPLE_ROWS, Columns, sample
from ca_platform.sources.synonyms import KINDS, SYNONYMS, plain_name

_SEPARATORS = (",", ";", "\t", "|")
_MOST_VALUES = 100
"""More distinct texts than this are no dimension."""
_WITHOUT_ORDERS = ("customers", "assignments")


@dataclass(frozen=True)
class Guess:
    """A proposed source.

    Attributes:
        source: which of the platform's sources it looks like: sessions, customers, lines, deliveries or assignments.
        mapping: keys as in the settings file.
        confidence: by name of the platform how sure the mapping is, in words.
        missing: required names for which no column was found.
    """

    source: str
    mapping: dict[str, Any]
    confidence: dict[str, str]
    missing: tuple[str, ...] = ()


def guess(path_or_dsn: str, source: str | None = None) -> Guess:
    """Propose the settings of a source from its column names and its first rows.

    Args:
        path_or_dsn: a file, glob or folder, or the address of a PostgreSQL database.
        source: which source it is; None: the one that fits best.
    """
    if path_or_dsn.startswith(("postgresql", "postgres://")):
        return _of_database(path_or_dsn, source)
    base = _file_settings(path_or_dsn)
    opened = open_source("sessions", SourceSettings.model_validate(base), "UTC")
    columns = sample(opened)
    return _propose(base | ({"decimal": ","} if columns.has_comma and base["kind"] == "csv" else {}), columns, source)


def _of_database(dsn: str, source: str | None) -> Guess:
    """The table that fits best."""
    from ca_platform.sources.servers import Server, explained

    server = Server(dsn)
    password = urlsplit(dsn).password
    shown = dsn.replace(f":{password}@", "@", 1) if password else dsn
    with explained("sessions", server, str), server.connect() as connection:
        rows = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN "
            "('pg_catalog', 'information_schema') ORDER BY 1, 2 LIMIT 200"
        ).fetchall()
    best: tuple[int, Guess] | None = None
    for schema, name in rows:
        table = name if schema == "public" else f"{schema}.{name}"
        base: dict[str, Any] = {"kind": "postgresql", "dsn": shown, "table": table}
        found = _propose(base, _table_columns(server, schema, name), source)
        score = len(found.confidence) - 3 * len(found.missing)
        if best is None or score > best[0]:
            best = score, found
    if best is None:
        raise SourceError(
            f"{server.place} has no table that this user can see. Grant SELECT, or name another database."
        )
    mapping = best[1].mapping | ({"password": "${PG_PASSWORD}"} if password else {})
    return Guess(best[1].source, mapping, best[1].confidence, best[1].missing)


def _table_columns(server: Any, schema: str, table: str) -> Columns:
    from psycopg import sql

    from ca_platform.sources.postgresql import PostgresqlSource

    query = sql.SQL("SELECT * FROM {} LIMIT {}").format(sql.Identifier(schema, table), sql.Literal(SAMPLE_ROWS))
    return sample(PostgresqlSource("sessions", server, None, query.as_string(None)))


def _file_settings(path: str) -> dict[str, Any]:
    from ca_platform.sources.csv_source import TEXT_ENDINGS
    from ca_platform.sources.files import find_files, open_bytes
    from ca_platform.sources.lazy import PARQUET_ENDINGS

    files = find_files("sessions", path, (*TEXT_ENDINGS, *PARQUET_ENDINGS))
    with open_bytes(files[0]) as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        return {"kind": "parquet", "path": path}
    settings: dict[str, Any] = {"kind": "csv", "path": path}
    encoding = _encoding(files[0])
    if encoding != "utf-8":
        settings["encoding"] = encoding
    separator = _separator(files[0], encoding)
    return settings if separator == "," else settings | {"separator": "tab" if separator == "\t" else separator}


def _head(path: str) -> bytes:
    import gzip

    from ca_platform.sources.files import open_bytes

    with open_bytes(path) as file:
        data = file.read(1 << 16)
        if data[:2] != b"\x1f\x8b":
            return data
    with open_bytes(path) as file, gzip.open(file) as unpacked:
        return unpacked.read(1 << 16)


def _encoding(path: str) -> str:
    data = _head(path)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        data.rsplit(b"\n", 1)[0].decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _separator(path: str, encoding: str) -> str:
    """The mark that parts the header into most names."""
    line = (_head(path).decode(encoding, "replace").lstrip("\ufeff").splitlines() or [""])[0]
    return max(_SEPARATORS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _propose(base: Mapping[str, Any], columns: Columns, source: str | None) -> Guess:
    if source is not None:
        return _map(base, columns, source)
    guesses = [_map(base, replace(columns, used=set()), name) for name in CANONICAL]
    return max(
        (found for found in guesses if found.source not in _WITHOUT_ORDERS or not _has_orders(columns)),
        key=lambda found: (-_unnamed(found), found.source == "sessions", len(found.confidence)),
    )


def _unnamed(found: Guess) -> int:
    """Required names for which no column has a name that means it: missing, or guessed from values alone."""
    words = (found.confidence.get(target, "") for target in REQUIRED[found.source])
    return len(found.missing) + sum(said.startswith("a guess") for said in words)


def _has_orders(columns: Columns) -> bool:
    """Whether a column is an order's number by its name: customers and assignments have none."""
    names = {plain_name("order_id"), *SYNONYMS["order_id"]}
    return any(plain_name(name) in names for name in columns.kinds)


def _map(base: Mapping[str, Any], columns: Columns, source: str) -> Guess:
    mapped: dict[str, str] = {}
    confidence: dict[str, str] = {}
    targets = [*REQUIRED[source], *(name for name in CANONICAL[source] if name not in REQUIRED[source])]
    for rank in ("name", "synonym", "values"):
        for target in targets:
            if target in mapped:
                continue
            found = next(_candidates(target, columns, rank, is_required=target in REQUIRED[source]), None)
            if found is not None:
                mapped[target] = found
                columns.used.add(found)
                confidence[target] = _words(found, columns.kinds[found], rank)
    missing = tuple(target for target in REQUIRED[source] if target not in mapped)
    mapping = dict(base)
    forms = [columns.date_formats[column] for column in mapped.values() if column in columns.date_formats]
    if forms:
        mapping["date_format"] = forms[0]
    mapping["columns"] = {target: column for target, column in mapped.items() if column != target}
    if source == "sessions":
        if "has_purchased" in missing:
            mapping["constants"] = {"has_purchased": True}
            confidence["has_purchased"] = (
                "no column looks like it: every row is taken for an order; correct this if it is not so"
            )
            missing = tuple(target for target in missing if target != "has_purchased")
        _add_own(mapping, columns, confidence)
    if source == "customers":
        mapping["actions"] = [
            name for name, kind in columns.kinds.items() if kind == "date" and name not in columns.used
        ]
    return Guess(source, {key: value for key, value in mapping.items() if value not in ({}, [])}, confidence, missing)


def _candidates(target: str, columns: Columns, rank: str, *, is_required: bool) -> Iterator[str]:
    kind = KINDS.get(target, "date" if target.endswith(("_date", "_at")) or target == "date" else "text")
    for name, have in columns.kinds.items():
        if name in columns.used:
            continue
        fits = have == kind or (kind == "text" and have != "date") or (kind == "number" and have == "flag")
        plain = plain_name(name)
        if (
            (rank == "name" and name == target)
            or (rank == "synonym" and fits and (plain == plain_name(target) or plain in SYNONYMS.get(target, ())))
            or (rank == "values" and is_required and fits and kind in ("date", "flag"))
        ):
            yield name


def _words(column: str, kind: str, rank: str) -> str:
    if rank == "name":
        return f"sure: the column has this very name (values: {kind})"
    if rank == "synonym":
        return f"likely: the name {column!r} means it and its values fit ({kind})"
    return f"a guess: the values of {column!r} fit ({kind}); check it"


def _add_own(mapping: dict[str, Any], columns: Columns, confidence: dict[str, str]) -> None:
    """Columns that are left over as dimensions (few texts) and actions (flags and times)."""
    left = [name for name in columns.kinds if name not in columns.used and _is_usable(name)]
    few = [n for n in left if columns.kinds[n] == "text" and 1 < columns.distinct[n] <= _MOST_VALUES]
    steps = [n for n in left if columns.kinds[n] in ("flag", "date")]
    for key, names, words in (("dimensions", few, "few different texts"), ("actions", steps, "flags or times")):
        mapping[key] = list(names)
        confidence |= dict.fromkeys(names, f"a guess: {words}, so perhaps one of the {key}; check it")


def _is_usable(name: str) -> bool:
    reserved: Sequence[str] = (*CANONICAL["sessions"], "main", "session_start", "purchase")
    return bool(name) and name == name.strip() and name not in reserved and not any(mark in name for mark in '=."\n')
