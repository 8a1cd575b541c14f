"""``simulate``: a shop with known truth, for trying things out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ca_platform.cli.commands import command
from ca_platform.cli.output import json_option, write_json
from ca_platform.cli.types import DAY

if TYPE_CHECKING:
    from ca_platform.simulate import Truth

_EXAMPLES = """
ca-platform simulate --out shop
ca-platform simulate --days 365 --customers 20000 --seed 7 --out big_shop
"""


@command("simulate", _EXAMPLES)
@click.option("--days", type=click.IntRange(1, 3660), default=180, show_default=True, help="Number of days.")
@click.option("--customers", type=click.IntRange(min=1), default=5_000, show_default=True, help="Number of customers.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed, the same shop.")
@click.option("--start", type=DAY, metavar="DAY", help="First day; else 2024-01-01.")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Folder of the shop."
)
@json_option
def simulate(days: int, customers: int, seed: int, start: date | None, out: Path, as_json: bool) -> None:
    """Write a simulated shop into a folder: sessions, customers, lines, deliveries and
    assignments as CSV, settings, and the truth.

    Everything in it is invented; truth.json holds what made it, so that estimates can be held against it.
    """
    from ca_platform.cli.progress import progress
    from ca_platform.cli.shell import in_thread
    from ca_platform.simulate import simulate_shop

    with progress() as report:
        report("Simulating days", 0, days)
        done = iter(range(1, days + 1))

        def tell(*_: object) -> None:
            report("Simulating days", next(done), days)

        truth = in_thread(lambda: simulate_shop(out, days, customers, seed, start, on_day=tell))
    if as_json:
        write_json(_summary(out, truth))
    else:
        _show(out, truth)


def _summary(out: Path, truth: Truth) -> dict[str, object]:
    counts = truth.counts
    return {
        "simulated": True,
        "folder": str(out),
        "settings": str(out / "ca_platform.yaml"),
        "first_day": truth.parameters.start,
        "days": truth.parameters.days,
        "sessions": counts.sessions,
        "orders": counts.orders,
        "revenue": float(counts.revenue),
        "customers": counts.customers,
        "lines": counts.lines,
        "deliveries": counts.deliveries,
        "assignments": counts.assignments,
    }


def _show(out: Path, truth: Truth) -> None:
    counts, parameters = truth.counts, truth.parameters
    click.echo(
        f"A simulated shop of {parameters.days:,} days is in {out}: {counts.sessions:,} sessions, "
        f"{counts.orders:,} orders, {counts.customers:,} customers, {counts.revenue:,} {parameters.currency} revenue."
    )
    click.echo(f"Go on with: ca-platform run --settings {out / 'ca_platform.yaml'}")
