"""A first mapping for a source that nobody has described yet, with how sure it is of each column.

Belongs here: which of the sources a file or a table is, and how a file is written. Which column is which: ``mapped``. A
guess is never used by itself: it is written into a settings file, where a person reads it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ca_platform.settings import SourceSettings
from ca_platform.settings.sources import CANONICAL
from ca_platform.sources.csv_source import TEXT_ENDINGS
from ca_platform.sources.factory import open_source
from ca_platform.sources.files import find_files, open_bytes
from ca_platform.sources.lazy import PARQUET_ENDINGS
from ca_platform.sources.likeness import Columns, sample, whole
from ca_platform.sources.mapped import Guess, map_columns
from ca_platform.sources.shapes import shaped, whole_orders
from ca_platform.sources.states import telling
from ca_platform.sources.synonyms import is_called, means, words_for

_SEPARATORS = (",", ";", "\t", "|")
_ENDINGS = (*TEXT_ENDINGS, *PARQUET_ENDINGS)
_LIKE_ORDERS = {"order_id", "session_start_date"}
_WITHOUT_ORDERS = ("customers", "assignments")


def guess(path_or_dsn: str, source: str | None = None) -> Guess:
    """Propose the settings of a source from its column names and its first rows.

    Args:
        path_or_dsn: a file, glob or folder, or the address of a PostgreSQL database.
        source: which source it is; None: the one that fits best.
    """
    return guesses(path_or_dsn, source)[0]


def guesses(path_or_dsn: str, source: str | None = None) -> tuple[Guess, ...]:
    """All sources that an input holds: of a database its tables, of a folder its files where they have different columns,
    of a file of lines their orders and the lines.

    Args:
        path_or_dsn: a file, glob or folder, or the address of a PostgreSQL database.
        source: which source it is; None: whichever it holds.
    """
    if path_or_dsn.startswith(("postgresql", "postgres://")):
        from ca_platform.sources.guess_tables import of_database

        return of_database(path_or_dsn, source)
    files = _unlike_files(path_or_dsn)
    if not files:
        return _of_file(path_or_dsn, source)
    found = [each for path in files for each in _of_file(path, source)]
    whole = [each for each in found if not each.unnamed] or [min(found, key=lambda each: each.unnamed)]
    ranked = sorted(
        whole, key=lambda each: (is_called(Path(each.mapping["path"]).stem, each.source), len(each.confidence))
    )
    return tuple({each.source: each for each in ranked}.values())


def _of_file(path: str, source: str | None) -> tuple[Guess, ...]:
    base = _file_settings(path)
    opened = open_source("sessions", SourceSettings.model_validate(base), "UTC")
    columns = sample(opened)
    columns = whole(columns, opened, telling(columns))
    base |= columns.numbers.keys()
    return shaped(base, columns, source) or (whole_orders(_propose(base, columns, source), columns),)


def _unlike_files(path: str) -> list[str]:
    """The files of a folder that holds several tables; empty where all have the same columns."""
    if "://" in path or not Path(path).is_dir():
        return []
    files = find_files("sessions", path, _ENDINGS)
    headers = {tuple(open_source("sessions", _settings_of(file), "UTC").schema()) for file in files}
    return files if len(headers) > 1 else []


def _settings_of(file: str) -> SourceSettings:
    return SourceSettings.model_validate(_file_settings(file))


def _file_settings(path: str) -> dict[str, Any]:
    files = find_files("sessions", path, _ENDINGS)
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
    lines = _head(path).decode(encoding, "replace").lstrip("\ufeff").splitlines() or [""]
    # Some programs tell Excel the separator in a line before the header, such as sep=;
    line = lines[1] if lines[0].strip('"').startswith("sep=") and len(lines) > 1 else lines[0]
    return max(_SEPARATORS, key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _propose(base: Mapping[str, Any], columns: Columns, source: str | None) -> Guess:
    if source is not None:
        return map_columns(base, columns, source)
    found = {name: map_columns(base, columns.fresh(), name) for name in CANONICAL}
    best = max(
        (each for each in found.values() if each.source not in _WITHOUT_ORDERS or not _has_orders(columns)),
        key=lambda each: (-each.unnamed, each.source == "sessions", len(each.confidence)),
    )
    sessions = found["sessions"]
    if best.source == "sessions" or not sessions.named.keys() >= _LIKE_ORDERS:
        return best
    # What lines cost, an order does.
    made = {"payment_amount"} if "price" in found["lines"].named else set()
    return replace(best, no_sessions=tuple(target for target in sessions.missing if target not in made))


def _has_orders(columns: Columns) -> bool:
    """Whether a column is an order's number by its name: customers and assignments have none."""
    names = words_for("order_id")
    return any(means(name, names) for name in columns.kinds)
