"""``docs``: the documentation of all reports and datasets."""

from __future__ import annotations

from pathlib import Path

import click

from ca_platform.cli.commands import command
from ca_platform.errors import ConfigurationError

_EXAMPLES = """
ca-platform docs
ca-platform docs docs/reports.md
"""


@command("docs", _EXAMPLES)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def docs(file: Path | None) -> None:
    """Write the documentation of all reports and datasets as Markdown into FILE, else on standard output."""
    from ca_platform.cli.output import note
    from ca_platform.docs import page

    if file is None:
        click.echo(page(), nl=False)
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page(), "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}. Give another name.") from error
    note(f"The documentation is in {file}.")
