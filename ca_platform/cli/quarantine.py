"""``quarantine``: the rows that were refused."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import json_option, note, write_json, write_table
from ca_platform.cli.types import DAY, SOURCE

if TYPE_CHECKING:
    import polars as pl

_EXAMPLES = """
ca-platform quarantine
ca-platform quarantine --source sessions --date 2024-03-31
ca-platform quarantine --json
"""


@command("quarantine", _EXAMPLES)
@click.option("--source", type=SOURCE, help="Only rows of this source.")
@click.option("--date", "day", type=DAY, metavar="DAY", help="Only rows of this local day.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="Rows of the table; 0: all.")
@json_option
def quarantine(source: str | None, day: date | None, limit: int, as_json: bool) -> None:
    """Show the rows that were refused, why, and where they stand in the source.

    They are never lost: mend the source or the mapping and load the day again. --json gives all of them.
    """
    from ca_platform.cli.shell import settings
    from ca_platform.lake import Lake

    rows = Lake.open(settings()).quarantined(source, day)
    if as_json:
        write_json([_record(row) for row in rows.iter_rows(named=True)])
    elif rows.is_empty():
        note("No row is quarantined.")
    else:
        _show(rows, limit)


def _show(rows: pl.DataFrame, limit: int) -> None:
    shown = rows.head(limit) if limit else rows
    names = ("source", "day", "file", "row_number", "reason", "column", "row")
    write_table([name.replace("_", " ") for name in names], shown.select(names).rows(), right={3})
    by_reason = (
        rows.group_by("source", "reason").len("rows").sort("rows", "source", "reason", descending=[True, False, False])
    )
    click.echo("")
    write_table(("source", "reason", "rows", "meaning"), [[*row, _meaning(row[1])] for row in by_reason.iter_rows()])
    if shown.height < rows.height:
        note(f"{shown.height:,} of {rows.height:,} rows are shown; --limit 0 shows all.")


def _meaning(reason: str) -> str | None:
    from ca_platform.ingest import EXPLANATIONS

    return next((sentence for known, sentence in EXPLANATIONS.items() if known == reason), None)


def _record(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": row["source"],
        "date": row["day"],
        "file": row["file"],
        "row_number": row["row_number"],
        "reason": row["reason"],
        "row": _values(row["row"]),
    }


def _values(text: str | None) -> Any:
    """The original values; the text itself where it is no JSON."""
    try:
        return json.loads(text) if text is not None else None
    except ValueError:
        return text
