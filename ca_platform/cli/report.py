"""``report``: one report as table, CSV, JSON or Parquet."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import frame_text, note
from ca_platform.cli.table import screen_width
from ca_platform.cli.types import DAY, REPORT
from ca_platform.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    import polars as pl

FORMATS = ("table", "csv", "json", "parquet")
_SUFFIXES = {".csv": "csv", ".json": "json", ".parquet": "parquet"}
_INSTANT = "%Y-%m-%dT%H:%M:%S%.f%:z"

_EXAMPLES = """
ca-platform report kpis
ca-platform report daily_orders --date 2024-03-31 --from 2024-03-01
ca-platform report weekly_funnel --dimension region=EU --format csv
ca-platform report client_kpis --output customers.parquet
"""


@command("report", _EXAMPLES)
@click.argument("name", type=REPORT)
@click.option("--date", "day", type=DAY, metavar="DAY", help="At the end of this day; else the newest one.")
@click.option(
    "--from",
    "start",
    type=DAY,
    metavar="DAY",
    help="First period of a table by period; of any other the first report day, all days follow.",
)
@click.option(
    "--dimension",
    default="main",
    show_default=True,
    metavar="NAME=VALUE",
    help="One value of one dimension; `region=` asks for sessions without a region.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Else by the ending of --output, else a table.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write into this file.")
def report(
    name: str,
    day: date | None,
    start: date | None,
    dimension: str,
    form: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show the report NAME. `ca-platform reports` lists them all."""
    form = form or ("json" if as_json else _SUFFIXES.get(output.suffix.lower(), "table") if output else "table")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is nothing for a terminal: give --output FILE, or send it into a pipe.")
    from ca_platform import api
    from ca_platform.cli.shell import settings

    settings()
    try:
        frame = api.collect_report(name, day, dimension, start)
    except StoreError as error:
        # Nothing was running that could have failed: the store was not there from the start.
        error.exit_code = 2
        raise
    if output is not None:
        _write_file(frame, form, output, name)
    elif form == "table":
        _show(frame, name)
    else:
        click.echo(_encoded(frame, form, name), nl=form == "json")


def _encoded(frame: pl.DataFrame, form: str, name: str) -> bytes | str:
    if form == "json":
        return frame.write_json()
    if form == "csv":
        from ca_platform.store.frames import flat

        return flat(frame).write_csv(datetime_format=_INSTANT)
    if form == "parquet":
        import io

        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        return buffer.getvalue()
    return frame_text(frame, _money(name), None)


def _show(frame: pl.DataFrame, name: str) -> None:
    click.echo(frame_text(frame, _money(name), screen_width()), nl=False)
    if frame.is_empty():
        note("The report has no rows: it is computed, and there is nothing to show.")


def _write_file(frame: pl.DataFrame, form: str, output: Path, name: str) -> None:
    content = _encoded(frame, form, name)
    data = content.encode() if isinstance(content, str) else content
    draft = output.with_name(f".{output.name}.part")
    try:
        draft.write_bytes(data)
        draft.replace(output)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(f"{output} cannot be written: {error.strerror}. Give another --output.") from error
    note(f"{frame.height:,} rows written to {output}.")


def _money(name: str) -> dict[str, int]:
    """Decimal places of the report's columns of money."""
    from ca_platform.catalogue import Kind, report_spec
    from ca_platform.cli.shell import settings

    digits = settings().business.minor_digits
    return {column.name: digits for column in report_spec(name).columns if column.kind == Kind.MONEY}
