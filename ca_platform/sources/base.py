"""What every source offers: named columns with types, read in batches of bounded size.

Belongs here: the records that pass between a source and ingest. Not here: how a kind is read (one module per
kind), what the columns mean (``ca_platform.ingest``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import polars as pl

from ca_platform.errors import SourceError

FILE = "__file"
"""Index into ``Source.files`` of the file that a row came from; null for a table."""
ROW = "__row"
"""Line of the row in a text file (the header is line 1), else its number in the file or result, from 1."""

FIRST_DATES = 1_000

PLACE_SCHEMA: dict[str, pl.DataType] = {FILE: pl.UInt32(), ROW: pl.Int64()}
RAGGED_SCHEMA: dict[str, pl.DataType] = {**PLACE_SCHEMA, "fields": pl.List(pl.String())}


@dataclass(frozen=True)
class Bounds:
    """Half-open range of instants on one source column, pushed down where the kind can.

    A source may give more than was asked for, never less: ingest cuts exactly. Rows whose value is null or cannot
    be compared are always given.
    """

    column: str
    start: datetime | None
    end: datetime | None
    time_zone: str


@dataclass(frozen=True)
class Batch:
    """Rows in source order: the asked columns, FILE and ROW; and rows of text files with a wrong number of fields."""

    frame: pl.DataFrame
    ragged: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RAGGED_SCHEMA))


class UnreachableError(SourceError):
    """A server does not answer, or went away while rows were on their way: trying again may help."""


class Source(Protocol):
    """One connected source."""

    @property
    def label(self) -> str:
        """How messages call it: path or table, never with a secret."""

    @property
    def files(self) -> Sequence[str]:
        """Names that FILE points to."""

    def schema(self) -> Mapping[str, pl.DataType]:
        """Columns and their types, in order. Text files have text only; a decimal of a server may arrive as text."""

    def batches(self, columns: Sequence[str], bounds: Bounds | None = None) -> Iterator[Batch]:
        """The rows, in source order, each batch small enough for memory."""

    def extremes(self, column: str, bounds: Bounds | None = None) -> Iterator[pl.Series]:
        """Values of a column among which its first dates are, and the last one before the end of the bounds.

        A table gives ``FIRST_DATES`` of them; what lies within all files is read anyway.
        """


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Names that look like ``name``, best first, whatever their letter case."""
    names = list(known)
    folded = {other.casefold(): other for other in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)
    return [folded[other] for other in close]


def require_columns(wanted: Iterable[str], known: Sequence[str], source: str, where: str) -> None:
    """Raise a ``SourceError`` that names the first column that ``where`` does not have, and near names.

    Args:
        source: name of the source in the settings.
    """
    for name in wanted:
        if name in known:
            continue
        near = nearest(name, known)
        hint = f" Did you mean {' or '.join(repr(other) for other in near)}?" if near else ""
        raise SourceError(
            f"{source}: {where} has no column {name!r}.{hint} Correct `sources.{source}.columns`. It has: "
            f"{', '.join(repr(other) for other in known[:40])}."
        )
