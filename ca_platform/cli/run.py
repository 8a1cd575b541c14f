"""``run``: missing days from the sources, then reports."""

from __future__ import annotations

from datetime import date

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import json_option
from ca_platform.cli.types import DAY, SELECTED

_EXAMPLES = """
ca-platform run
ca-platform run --from 2024-03-01 --to 2024-03-31
ca-platform run --select kpis,family:funnels --no-load
"""


@command("run", _EXAMPLES)
@click.option("--from", "start", type=DAY, metavar="DAY", help="First report day; else the last one alone.")
@click.option("--to", "end", type=DAY, metavar="DAY", help="Last report day; else the newest day of the data.")
@click.option(
    "--select",
    type=SELECTED,
    metavar="NAMES",
    multiple=True,
    help="Only these: names of reports or family:NAME, with commas; may be given several times.",
)
@click.option("--load/--no-load", "loading", default=True, help="Whether missing days are loaded first.")
@json_option
def run(
    start: date | None,
    end: date | None,
    select: tuple[str, ...],
    loading: bool,
    as_json: bool,
) -> None:
    """Load every missing day from business.start_date on, compute the reports of these days and store them."""
    from ca_platform import api
    from ca_platform.cli.runs import reported, say_missing
    from ca_platform.cli.shell import settings
    from ca_platform.ranges import run_range

    chosen = api.selection(",".join(select)) if select else None
    first, last = run_range(start, end, settings(), load=loading)
    if loading:
        say_missing(last, settings())
    reported(lambda progress: api.run(first, last, chosen, load=loading, progress=progress), as_json=as_json)
