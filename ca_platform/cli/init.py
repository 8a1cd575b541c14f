"""``init``: a commented settings file, with a guessed mapping for the user's data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import note
from ca_platform.errors import ConfigurationError

if TYPE_CHECKING:
    from ca_platform.cli.guessing import Proposal

_STDOUT = "-"
_EXAMPLES = """
ca-platform init
ca-platform init visits.csv
ca-platform init sessions='visits/*.csv' customers=customers.csv lines=baskets.parquet shop.yaml
ca-platform init postgresql://shop:secret@db/shop -
"""


@command("init", _EXAMPLES)
@click.argument("inputs", nargs=-1, metavar="[INPUT]... [FILE]")
@click.option("--output", metavar="FILE", help="Settings file to write; `-` is standard output.")
@click.option("--force", is_flag=True, help="Overwrite a settings file that is there.")
@click.option("--time-zone", metavar="ZONE", help="Business time zone, such as Europe/London; else UTC.")
@click.option(
    "--currency", metavar="CODE", help="Currency of all amounts, such as GBP; else by the sign of the amounts, or EUR."
)
def init(inputs: tuple[str, ...], output: str | None, force: bool, time_zone: str | None, currency: str | None) -> None:
    """Write a commented settings file (`-`: on standard output).

    INPUT is a file, a glob, a folder, or the address of a PostgreSQL database: its columns are looked at, and a mapping is
    proposed with how sure it is. Which of the sources an INPUT is (sessions, customers, lines, deliveries,
    assignments) is guessed, too, or said in front of it, as in lines=baskets.csv. FILE is the settings file, else
    ca_platform.yaml.
    """
    from ca_platform.cli.guessing import propose
    from ca_platform.settings import template

    given, target = _told_apart(inputs, output)
    if target is not None and target.exists() and not force:
        raise ConfigurationError(f"{target} is there already: --force overwrites it, --output writes another file.")
    _check_business(time_zone, currency)
    folder = target.absolute().parent if target is not None else Path.cwd()
    proposal = propose(given, folder, time_zone, currency)
    text = template(proposal.sources or None, proposal.first_day, time_zone, proposal.currency)
    if target is None:
        click.echo(text, nl=False)
    else:
        _write(target, text)
    _explain(proposal, target)


def _told_apart(inputs: tuple[str, ...], output: str | None) -> tuple[list[str], Path | None]:
    """The inputs, and the file to write; None: standard output."""
    targets = [word for word in inputs if word == _STDOUT or word.endswith((".yaml", ".yml"))]
    given = [word for word in inputs if word not in targets]
    if len(targets) + (output is not None) > 1:
        raise click.UsageError(f"More than one file to write is named: {', '.join([*targets, output or ''])}.")
    named = output or (targets[0] if targets else os.environ.get("CA_SETTINGS") or "ca_platform.yaml")
    return given, None if named == _STDOUT else Path(named)


def _check_business(time_zone: str | None, currency: str | None) -> None:
    from pydantic import ValidationError

    from ca_platform.settings import Business

    given = {"time_zone": time_zone, "currency": currency}
    try:
        Business.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        option = str(found["loc"][0]).replace("_", "-")
        raise click.UsageError(f"--{option}: {found['msg'].removeprefix('Value error, ')}.") from None


def _write(target: Path, text: str) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}. Name another file.") from error


def _explain(proposal: Proposal, target: Path | None) -> None:
    """How sure the mapping is, and what comes next, on standard error: standard output may be the file."""
    from ca_platform.cli.table import render, screen_width

    for name, rows in proposal.explanations.items():
        note(f"{name}:")
        click.echo(render(("ours", "column", "how sure"), rows, set(), screen_width()), err=True)
    for sentence in proposal.notes:
        note(sentence)
    if target is not None:
        next_step = (
            "look it through, then try it with `ca-platform check`" if proposal.sources else "say in it what to read"
        )
        note(f"{target} is written: {next_step}.")
