"""What ``load`` and ``run`` share: progress while they work, the summary afterwards, also of a run that failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from ca_platform.cli.output import in_words, note, write_json, write_table
from ca_platform.cli.progress import Report, progress
from ca_platform.cli.shell import in_thread, settings
from ca_platform.errors import RunError

if TYPE_CHECKING:
    from ca_platform.settings import Settings


def reported(work: Callable[[Report], dict[str, Any]], *, as_json: bool) -> None:
    """Do the work with progress shown, and write its summary; then raise what it raised."""
    settings()
    try:
        with progress() as report:
            summary = in_thread(lambda: work(report))
    except RunError as error:
        if error.summary:
            _write(error.summary, as_json=as_json)
        raise
    _write(summary, as_json=as_json)


def say_missing(last: date, opened: Settings) -> None:
    """Name the days that will be loaded before any report is computed."""
    from ca_platform.calendar import days_between
    from ca_platform.ingest import loaded_days, moved_zone
    from ca_platform.lake import Lake

    lake = Lake.open(opened)
    loaded = set(loaded_days("sessions", opened, lake))
    missing = [day for day in days_between(opened.business.start_date, last) if day not in loaded]
    if missing:
        days = (
            "1 day is not loaded yet and is"
            if len(missing) == 1
            else f"{len(missing):,} days are not loaded yet and are"
        )
        note(f"{days} loaded first: {in_words(missing)}. {moved_zone(opened, lake)}".rstrip())


def _write(summary: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(summary)
        return
    from ca_platform.lake import ACCOUNTING_COUNTS

    sources = summary.get("sources", {})
    if sources:
        rows = [[name, *(counts.get(count, 0) for count in ACCOUNTING_COUNTS)] for name, counts in sources.items()]
        write_table(["source", *(count.replace("_", " ") for count in ACCOUNTING_COUNTS)], rows)
    for remark in summary.get("notes", ()):
        note(remark)
    reports = summary.get("reports", {})
    written, failed = reports.get("written", 0), reports.get("failed", [])
    if written or failed:
        click.echo(f"Reports written: {written:,}. Failed: {', '.join(failed) or 'none'}.")
