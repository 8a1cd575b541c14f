"""What commands write on standard output: JSON alone, or texts for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from ca_platform.cli.table import render, screen_width

if TYPE_CHECKING:
    import polars as pl

_SHOWN_RANGES = 6

json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on standard output.")


def write_json(value: Any) -> None:
    """One JSON value; days and instants as ISO 8601."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def write_table(names: Sequence[str], rows: Sequence[Sequence[Any]], right: set[int] | None = None) -> None:
    """A table that fits the terminal. Numbers are set to the right."""
    numeric = right if right is not None else _numeric(names, rows)
    click.echo(render(names, [[as_text(cell) for cell in row] for row in rows], numeric, screen_width()), nl=False)


def frame_text(frame: pl.DataFrame, digits: Mapping[str, int], width: int | None) -> str:
    """A frame as a table.

    Args:
        digits: decimal places of columns of money.
        width: of the screen; None: any.
    """
    right = {index for index, dtype in enumerate(frame.dtypes) if dtype.is_numeric()}
    rows = [
        [as_text(cell, digits.get(name)) for name, cell in zip(frame.columns, row, strict=True)]
        for row in frame.iter_rows()
    ]
    return render(frame.columns, rows, right, width)


def note(text: str) -> None:
    """A sentence beside the result, on standard error."""
    click.echo(text, err=True)


def as_text(value: Any, digits: int | None = None) -> str | None:
    """A cell as text; None stays None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.{digits}f}" if digits is not None else _shortened(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ", ".join(as_text(item) or "" for item in value)
    return str(value)


def in_words(days: Sequence[date]) -> str:
    """Days in words, neighbours together."""
    from ca_platform.calendar import days_in_words

    return days_in_words(days, _SHOWN_RANGES)


def _shortened(value: float) -> str:
    """Four decimals at most; small numbers with four digits that say something."""
    if value and abs(value) < 0.001:
        return f"{value:.4g}"
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _numeric(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> set[int]:
    def is_numeric(index: int) -> bool:
        cells = [row[index] for row in rows if row[index] is not None]
        return bool(cells) and all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in cells)

    return {index for index in range(len(names)) if is_numeric(index)}


def _plain(value: Any) -> str | float:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
