"""``load``: days from the sources into the lake."""

from __future__ import annotations

from datetime import date

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import json_option
from ca_platform.cli.types import DAY, SOURCE

_EXAMPLES = """
ca-platform load
ca-platform load --from 2024-03-01 --to 2024-03-31
ca-platform load --source customers --json
"""


@command("load", _EXAMPLES)
@click.option("--from", "start", type=DAY, metavar="DAY", help="First day; else business.start_date.")
@click.option("--to", "end", type=DAY, metavar="DAY", help="Last day; else the last one that the sessions source has.")
@click.option("--source", "sources", type=SOURCE, multiple=True, help="Only this source; may be given several times.")
@json_option
def load(start: date | None, end: date | None, sources: tuple[str, ...], as_json: bool) -> None:
    """Load days from the sources into the lake. A day that is loaded already is replaced."""
    from ca_platform import api
    from ca_platform.cli.runs import reported

    reported(lambda progress: api.load(start, end, sources=sources or None, progress=progress), as_json=as_json)
