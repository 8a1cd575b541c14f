"""Progress on standard error: a bar on a terminal, lines now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Report = Callable[[str, int, int], None]

_DUMB = ("dumb", "unknown")  # terminals that cannot go back to the start of a line, such as the shell of an editor
_LINE_SECONDS = 5.0  # between two lines of one step, so that somebody who waits sees that it goes on


@contextmanager
def progress() -> Iterator[Report]:
    """Gives the function that is told the step, how much of it is done, and of how much (0: not known)."""
    if sys.stderr.isatty() and os.environ.get("TERM") not in _DUMB:
        with _bars() as report:
            yield report
    else:
        yield _lines()


def _lines() -> Report:
    told: dict[str, float] = {}

    def report(step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step not in told or (done == total and total) or now - told[step] >= _LINE_SECONDS:
            told[step] = now
            click.echo(f"{step}: {done:,} of {total:,}" if total else step, err=True)

    return report


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                # Names of steps may hold names from the settings, which must not be read as markup.
                tasks[step] = bars.add_task(escape(step), total=total or None)
            bars.update(tasks[step], completed=done, total=total or None)

        yield report
