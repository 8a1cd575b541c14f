"""``schedule``: when the platform runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ca_platform.cli.commands import CommandGroup, command
from ca_platform.cli.output import json_option, note, write_json
from ca_platform.cli.types import Word

if TYPE_CHECKING:
    from ca_platform.settings import Settings

PERIOD = Word("period", ("once", "12h", "daily", "weekly"))


@click.group("schedule", cls=CommandGroup)
def schedule() -> None:
    """Manage when the platform runs by itself: the section `schedule` of the settings file.

    A running Dagster follows once its code location was reloaded; there the schedule is switched on and off.
    """


@command("set", "ca-platform schedule set daily\nca-platform schedule set weekly --at 05:30")
@click.argument("every", type=PERIOD)
@click.option("--at", metavar="HH:MM", help="Local time of day; else it stays as it is.")
@click.option("--look-back", type=click.IntRange(min=0), metavar="DAYS", help="Days that are loaded again each time.")
def set_(every: str, at: str | None, look_back: int | None) -> None:
    """Set how often the platform runs by itself.

    EVERY is once (all missing days), 12h, daily or weekly.
    """
    from ca_platform.changes import set_schedule
    from ca_platform.cli.shell import settings

    note(words(set_schedule(settings(), every, at=at, look_back_days=look_back)))


@command("remove", "ca-platform schedule remove")
def remove() -> None:
    """Let the platform run only when it is told to."""
    from ca_platform.changes import remove_schedule
    from ca_platform.cli.shell import settings

    note(words(remove_schedule(settings())))


@command("show", "ca-platform schedule show --json")
@json_option
def show(as_json: bool) -> None:
    """Show when the platform runs by itself."""
    from ca_platform.cli.shell import settings

    opened = settings()
    if as_json:
        write_json(_record(opened))
    else:
        click.echo(words(opened))


for _subcommand in (set_, remove, show):
    schedule.add_command(_subcommand)


def words(settings: Settings) -> str:
    """The schedule as a sentence."""
    wanted = settings.schedule
    when = {
        "once": "once, for all missing days",
        "12h": f"every 12 hours, at {wanted.at} and twelve hours later",
        "daily": f"daily at {wanted.at}",
        "weekly": f"weekly, on Mondays at {wanted.at}",
    }.get(wanted.every)
    if when is None:
        return "There is no schedule: the platform runs only when it is told to."
    return (
        f"The platform runs {when} ({settings.business.time_zone}), {wanted.look_back_days} days back, "
        f"{wanted.days_per_run} days per run, once the schedule is switched on in Dagster."
    )


def _record(settings: Settings) -> dict[str, Any]:
    wanted = settings.schedule
    return {
        "every": None if wanted.every == "never" else wanted.every,
        "at": wanted.at,
        "time_zone": settings.business.time_zone,
        "look_back_days": wanted.look_back_days,
        "days_per_run": wanted.days_per_run,
    }
