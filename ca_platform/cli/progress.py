"""Progress on standard error: a bar on a terminal, one line per step elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Report = Callable[[str, int, int], None]


@contextmanager
def progress() -> Iterator[Report]:
    """Gives the function that is told the step, how much of it is done, and of how much (0: not known)."""
    if sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


def _lines() -> Report:
    told: set[str] = set()

    def report(step: str, done: int, total: int) -> None:
        if step not in told or (done == total and total):
            told.add(step)
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
