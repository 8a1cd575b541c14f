"""``check``: would a load work, and what would it do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import json_option, write_json

if TYPE_CHECKING:
    from ca_platform.cli.checking import Finding

_EXAMPLES = """
ca-platform check
ca-platform check --rows 5
ca-platform check --json
ca-platform check --mend
"""


@command("check", _EXAMPLES)
@click.option("--rows", type=click.IntRange(min=0), default=20, show_default=True, help="Rows shown of each source.")
@click.option("--mend", is_flag=True, help="Forget damaged parts of the lake that the next run makes again.")
@json_option
def check(rows: int, mend: bool, as_json: bool) -> None:
    """Connect to every source, the lake and the store, and try the mapping without loading.

    Shows the first rows of each source as they would be loaded, how many rows a load would take and refuse, and why;
    which parts of the lake are damaged; and which days differ between the lake and the store. Ends with 0 only if a load would work.
    """
    from ca_platform.cli.checking import findings, problem, require_anything
    from ca_platform.cli.shell import settings

    opened = settings()
    require_anything(opened)
    found = []
    for finding in findings(opened, rows, mend=mend):
        found.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        write_json(_record(found))
    error = problem(found)
    if error is not None:
        raise error


def _show(finding: Finding) -> None:
    from ca_platform.cli.output import frame_text, write_table
    from ca_platform.cli.table import screen_width, visible

    word = "ok" if finding.error is None else "FAILED"
    click.echo(visible(f"{finding.name}: {word}{': ' if finding.detail else ''}{finding.detail}"))
    for sentence in finding.notes:
        click.echo(f"  {visible(sentence)}")
    for title, names, rows in finding.tables:
        click.echo(f"\n  {title}")
        write_table(names, rows)
    for title, frame in finding.frames:
        click.echo(f"\n  {title}")
        click.echo(frame_text(frame, {}, screen_width()), nl=False)
    click.echo("")


def _record(found: list[Finding]) -> dict[str, Any]:
    return {
        "ok": all(finding.error is None for finding in found),
        "parts": {finding.name: finding.record for finding in found},
    }
