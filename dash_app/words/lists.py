"""The first rows of a report as a table: which columns, how they are written, and which has bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from dash_app.records import Cell, Head, Listing, Look
from dash_app.words.dates import day
from dash_app.words.formats import formats
from dash_app.words.rows import Row, earlier

NOTHING = "–"
_LONGEST, _LONGEST_TITLE = 70, 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        name: of the report's column.
        head: its heading.
        write: how a value is written; None: as it is.
        is_money: amounts, written alike in the whole column.
        has_bar: whether its values have bars behind them, on one scale.
        opens: whether its numbers count customers or orders that can be opened.
    """

    name: str
    head: str
    write: Callable[[Any], str] | None = None
    has_bar: bool = False
    opens: bool = False
    is_money: bool = False


def listing(
    rows: pl.DataFrame,
    columns: Sequence[Column],
    look: Look,
    *,
    key: Sequence[str],
    of: int,
    noun: str,
    notes: Sequence[str] = (),
) -> Listing:
    """The rows in their order.

    Args:
        key: columns that say which row of the earlier report is the same one; marks in the bars show its value.
        of: how many rows the whole report has.
        noun: what the rows are.
        notes: what else there is to say above the table.
    """
    columns = [_with_amounts(column, rows, look) for column in columns]
    compare = earlier(look)
    bar = next((column.name for column in columns if column.has_bar), "")
    marks = [None] * rows.height if compare is None or not bar else _before(rows, compare, key, bar)
    known = [abs(value) for value in [*(rows[bar].to_list() if bar else []), *marks] if value is not None]
    longest = max(known, default=0) or 1
    cells = [
        tuple(_cell(row, column, key, mark, longest) for column in columns)
        for row, mark in zip(rows.iter_rows(named=True), marks, strict=True)
    ]
    said = [
        f"{formats(look).count(rows.height)} of {formats(look).count(of)} {noun}" if rows.height < of else "",
        f"upright line: as of {day(look.compare_day)}" if any(mark is not None for mark in marks) and look.compare_day else "",
    ]  # fmt: skip
    heads = tuple(Head(column.head, is_number=column.write is not None) for column in columns)
    return Listing(heads, tuple(cells), " · ".join(filter(None, [*said, *notes])))


def _with_amounts(column: Column, rows: pl.DataFrame, look: Look) -> Column:
    """A column of money with the digits that all of its amounts have."""
    return replace(column, write=formats(look).amounts(rows[column.name].to_list())) if column.is_money else column


def _cell(row: Row, column: Column, key: Sequence[str], mark: float | None, longest: float) -> Cell:
    value = row[column.name]
    if value is None:
        return Cell(NOTHING)
    if column.write is None:
        return name(str(value))
    return Cell(
        column.write(value),
        bar=max(value, 0) / longest if column.has_bar else None,
        mark=max(mark, 0) / longest if column.has_bar and mark is not None else None,
        opens=(column.name, {name: row[name] for name in key}) if column.opens and value else None,
    )


def name(text: str) -> Cell:
    """A name in a table of few lines: of a very long one the beginning, and more of it when pointed at."""
    return Cell(text) if len(text) <= _LONGEST else Cell(f"{text[: _LONGEST - 1]}…", title=text[:_LONGEST_TITLE])


def _before(rows: pl.DataFrame, compare: pl.DataFrame, key: Sequence[str], measure: str) -> list[Any]:
    then = compare.select(*key, __then=measure)
    return (
        rows.select(key)
        .join(then, on=list(key), how="left", maintain_order="left", nulls_equal=True)["__then"]
        .to_list()
    )


def told(value: Any, write: Callable[[Any], str]) -> Cell:
    """A value as it is written, or the mark of one that is not known."""
    return Cell(NOTHING if value is None else write(value))
