"""``reports``: the list of all reports."""

from __future__ import annotations

import click

from ca_platform.catalogue import FAMILIES, ReportSpec, connected, report_specs
from ca_platform.cli.commands import command
from ca_platform.cli.output import json_option, write_json, write_table
from ca_platform.cli.types import Word

_EXAMPLES = """
ca-platform reports
ca-platform reports --family orders
ca-platform reports --json
"""


@command("reports", _EXAMPLES)
@click.option("--family", type=Word("family", FAMILIES), metavar="FAMILY", help="Only the reports of this family.")
@json_option
def reports(family: str | None, as_json: bool) -> None:
    """List all reports: name, family, what one row is, what it says, and whether its input is connected."""
    from ca_platform.cli.shell import settings

    known = settings()
    rows = [_record(spec, is_connected=connected(spec, known)) for spec in _chosen(family)]
    if as_json:
        write_json(rows)
        return
    names = ("name", "family", "grain", "connected", "description")
    write_table(names, [[row[name] for name in names] for row in rows])


def _chosen(family: str | None) -> list[ReportSpec]:
    return [spec for spec in report_specs() if family in (None, spec.family)]


def _record(spec: ReportSpec, *, is_connected: bool) -> dict[str, object]:
    return {
        "name": spec.name,
        "family": spec.family,
        "grain": spec.grain,
        "description": first_sentence(spec.description),
        "connected": is_connected,
    }


def first_sentence(text: str) -> str:
    """The first sentence of a description, the rest of which belongs into the documentation."""
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text
