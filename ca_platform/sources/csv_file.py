"""Records of a text file as text columns, rows with a wrong number of fields kept apart.

Belongs here: the header, the fast parse by Polars, the check that no row was bent to fit, the tolerant parse by the
``csv`` module for the few blocks that need it. Not here: bytes (``text``), types and meaning (``ca_platform.ingest``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from ca_platform.errors import SourceError
from ca_platform.sources.base import RAGGED_SCHEMA, ROW, require_columns
from ca_platform.sources.text import Block, blocks, explain_utf8

_SAYS_SEPARATOR = re.compile(rb'"?sep=[^\r\n]"?[ \t]*\r?\n')
"""A line before the header by which some programs tell Excel the separator."""
LONGEST_FIELD = 16 << 20
_SLICE = 1 << 18


@dataclass(frozen=True)
class Piece:
    """Rows of one block as text columns with ROW; ``ragged``: ROW and the fields of rows that do not fit."""

    frame: pl.DataFrame
    ragged: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class TextFormat:
    """How the fields of a file are written."""

    separator: str = ","
    encoding: str | None = None


def header(path: str, form: TextFormat) -> list[str]:
    """Column names of a file, or a ``SourceError`` that says what is wrong with its first line."""
    first = next(blocks(path, form.encoding), None)
    if first is None:
        raise SourceError(f"{path}: the file is empty. It must begin with a line of column names.")
    return _split_header(first, path, form)[0]


def pieces(path: str, form: TextFormat) -> Iterator[Piece]:
    """All rows of a file, block by block. A header alone gives no rows."""
    names: list[str] | None = None
    for block in blocks(path, form.encoding):
        body = block
        if names is None:
            names, body = _split_header(block, path, form)
        if body.data:
            yield _parse(body, names, path, form)
    if names is None:
        raise SourceError(f"{path}: the file is empty. It must begin with a line of column names.")


def column_values(source: str, path: str, form: TextFormat, name: str) -> Iterator[pl.Series]:
    """Values of one column, for a quick look: rows with a wrong number of fields are neither found nor left out."""
    place: int | None = None
    names: list[str] = []
    for block in blocks(path, form.encoding):
        body = block
        if place is None:
            names, body = _split_header(block, path, form)
            require_columns([name], names, source, path)
            place = names.index(name)
        if not body.data:
            continue
        try:
            keys = [f"column_{index + 1}" for index in range(len(names))]
            frame = pl.read_csv(
                body.data,
                has_header=False,
                separator=form.separator,
                schema=dict.fromkeys(keys, pl.String),
                columns=[keys[place]],
                truncate_ragged_lines=True,
            )
            yield frame.to_series().rename(name)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            yield _parse(body, names, path, form).frame[name]


def _split_header(block: Block, path: str, form: TextFormat) -> tuple[list[str], Block]:
    problem = explain_utf8(block.data[: 1 << 16].rsplit(b"\n", 1)[0], path, block.first_line)
    if problem is not None:
        raise problem
    data = block.data
    skipped = len(data) - len(data.lstrip(b"\r\n"))
    said = _SAYS_SEPARATOR.match(data, skipped)
    if said is not None:
        skipped = said.end()
    line = block.first_line + data.count(b"\n", 0, skipped)
    end = skipped
    while True:
        cut = data.find(b"\n", end)
        end = len(data) if cut < 0 else cut + 1
        if cut < 0 or data.count(b'"', skipped, end) % 2 == 0:
            break
    text = data[skipped:end].decode("utf-8", "replace")
    names = next(csv.reader(io.StringIO(text, newline=""), delimiter=form.separator), [])
    if not any(name.strip() for name in names):
        raise SourceError(f"{path}: the file is empty. It must begin with a line of column names.")
    _check_header([name.strip() for name in names], path, form, line)
    rest = Block(data[end:], line + data.count(b"\n", skipped, end))
    return _named([name.strip() for name in names]), rest


def _named(names: list[str]) -> list[str]:
    """The names, those that are empty made ones of their own, as where lines end in separators: columns are told apart.

    >>> _named(["a", "", ""])
    ['a', 'column 2', 'column 3']
    """
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _check_header(names: list[str], path: str, form: TextFormat, line: int) -> None:
    doubled = sorted({name for name in names if name and names.count(name) > 1})
    if doubled:
        raise SourceError(f"{path}, line {line}: the column {doubled[0]!r} stands in the header twice. Rename one.")
    if len(names) > 1:
        return
    for other in (";", "\t", "|", ","):
        if other != form.separator and other in names[0]:
            shown = "\\t" if other == "\t" else other
            raise SourceError(
                f"{path}, line {line}: the header {names[0][:80]!r} has no {form.separator!r}. "
                f'Set `separator: "{shown}"`.'
            )


def _parse(block: Block, names: list[str], path: str, form: TextFormat) -> Piece:
    frame = _fast(block, names, form)
    if frame is not None:
        return frame
    problem = explain_utf8(block.data, path, block.first_line)
    if problem is not None:
        raise problem
    return _tolerant(block, names, path, form)


def _fast(block: Block, names: list[str], form: TextFormat) -> Piece | None:
    """Parse by Polars; None when a row may not have the right number of fields.

    Polars refuses rows that are too long and fills rows that are too short. A short row lowers the number of
    separators below rows × (fields − 1), and nothing can raise it again, so that one count proves the block.
    """
    # Positional names: whatever the header says cannot clash with anything.
    keys = [f"c{index}" for index in range(len(names))]
    try:
        frame = pl.read_csv(
            block.data,
            has_header=False,
            separator=form.separator,
            schema=dict.fromkeys(keys, pl.String),
            row_index_name=ROW,
            row_index_offset=block.first_line,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    separators = _count(block.data, form.separator)
    quotes = block.data.count(b'"')
    if quotes and quotes != 2 * block.data.count(b'""'):
        inside = frame.select(pl.sum_horizontal(pl.col(keys).str.count_matches(form.separator, literal=True).sum()))
        separators -= inside.item() or 0
        if block.data.count(b"\n") > frame.height:
            return None  # line ends inside quotes: lines are no longer rows, the tolerant parser counts them
    blank = frame.filter(pl.all_horizontal(pl.col(keys).is_null()))
    if blank.height:
        if len(names) > 1 and _blank_lines(block.data) != blank.height:
            return None
        frame = frame.filter(pl.any_horizontal(pl.col(keys).is_not_null()))
    if separators != frame.height * (len(names) - 1):
        return None
    if quotes:
        # A quoted nothing is nothing, as the tolerant parse has it, too.
        frame = frame.with_columns(pl.when(pl.col(keys) != "").then(pl.col(keys)).name.keep())
    return Piece(frame.with_columns(pl.col(ROW).cast(pl.Int64)).rename(dict(zip(keys, names, strict=True))), [])


def _count(data: bytes, character: str) -> int:
    """How often a character stands in a block. By slices that stay in the processor's cache."""
    text = np.frombuffer(data, dtype=np.uint8)
    slices = (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))
    return sum(int(np.count_nonzero(part == ord(character))) for part in slices)


def _blank_lines(data: bytes) -> int:
    return data.count(b"\n\n") + data.count(b"\n\r\n") + data.startswith((b"\n", b"\r\n"))


def _tolerant(block: Block, names: list[str], path: str, form: TextFormat) -> Piece:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(block.data.decode(), newline=""), delimiter=form.separator)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    ragged: list[tuple[int, list[str]]] = []
    line = block.first_line
    try:
        for fields in reader:
            if len(fields) == len(names):
                rows.append([value or None for value in fields])
                lines.append(line)
            elif fields:
                ragged.append((line, fields))
            line = block.first_line + reader.line_num
    except csv.Error as error:
        raise SourceError(
            f"{path}, line {line}: the row cannot be read ({error}). Look for a quote that is not closed."
        ) from None
    _refuse_open_quote(ragged, rows, lines, block, path)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row") if rows else _empty(names)
    return Piece(frame.with_columns(pl.Series(ROW, lines, dtype=pl.Int64)), ragged)


def _empty(names: list[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


def _refuse_open_quote(
    ragged: list[tuple[int, list[str]]], rows: list[list[str | None]], lines: list[int], block: Block, path: str
) -> None:
    """A quote that never closes swallows the rest of the file into one field: that is no row, but a broken file."""
    last_ragged = (ragged[-1][0], ragged[-1][1][-1]) if ragged else (0, "")
    last_row = (lines[-1], rows[-1][-1] or "") if rows else (0, "")
    line, last_field = max(last_ragged, last_row, key=lambda pair: pair[0])
    if block.data.count(b'"') % 2 and last_field.endswith("\n"):
        raise SourceError(
            f"{path}, line {line}: a quote opens and is never closed. Close it, or double it where it belongs "
            "to the text."
        )


def ragged_frame(ragged: list[tuple[int, list[str]]], file: int) -> pl.DataFrame:
    """Rows with a wrong number of fields as a frame."""
    return pl.DataFrame(
        [(file, line, fields) for line, fields in ragged], schema=RAGGED_SCHEMA, orient="row", strict=False
    )
