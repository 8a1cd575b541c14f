"""The names of all commands, and the two click classes that they share. No command is imported before it is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ca_platform.errors import near

if TYPE_CHECKING:
    from ca_platform.settings import Settings

# Name of the command: its module and the sentence of the overview, so that `--help` imports none of them.
COMMANDS = {
    "init": ("init", "Write a commented settings file, with a guessed mapping for your data."),
    "check": ("check", "Connect to every source and the store, and try the mapping without loading."),
    "load": ("load", "Load days from the sources into the lake."),
    "run": ("run", "Load missing days, compute the reports and store them."),
    "reports": ("reports", "List all reports."),
    "report": ("report", "Show one report."),
    "quarantine": ("quarantine", "Show the rows that were refused, with reasons."),
    "simulate": ("simulate", "Write a simulated shop with known truth."),
    "dashboards": ("dashboards", "Serve the dashboards."),
    "user": ("user", "Manage the logins of the dashboards."),
    "schedule": ("schedule", "Manage when the platform runs by itself."),
    "docs": ("docs", "Write the documentation of all reports and datasets."),
    "completion": ("completion", "Print the script that completes this command in your shell."),
}


@dataclass(slots=True)
class State:
    """What is known while a command runs.

    Attributes:
        verbose: show the traceback of an error.
        settings: once they are read; their secrets are kept out of every message.
    """

    verbose: bool = False
    settings: Settings | None = None


def _set_verbose(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(State).verbose = True


def _set_settings(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """Name the file in CA_SETTINGS, where this process and those that it starts look for it."""
    if value is None:
        return
    former = os.environ.get("CA_SETTINGS")
    os.environ["CA_SETTINGS"] = str(Path(value).absolute())
    context.find_root().call_on_close(lambda: _restore(former))


def _restore(former: str | None) -> None:
    if former is None:
        os.environ.pop("CA_SETTINGS", None)
    else:
        os.environ["CA_SETTINGS"] = former


def _common_options() -> list[click.Parameter]:
    settings = click.Option(
        ["--settings"],
        metavar="FILE",
        type=click.Path(dir_okay=False),
        expose_value=False,
        callback=_set_settings,
        help="Settings file; else CA_SETTINGS, else ca_platform.yaml here.",
    )
    verbose = click.Option(
        ["--verbose"],
        is_flag=True,
        expose_value=False,
        callback=_set_verbose,
        help="Show the traceback of an error.",
    )
    return [settings, verbose]


class _WithCommonOptions(click.Command):
    """Knows the common options, so that they may stand before or after its name."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        *own, help_option = super().get_params(ctx)
        return [*own, *_common_options(), help_option]


class Command(_WithCommonOptions):
    """A command with its examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, line by line as they are written."""
        if self.epilog:
            with formatter.section("Examples"):
                for line in self.epilog.strip().splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")


class CommandGroup(_WithCommonOptions, click.Group):
    """Commands that share a first word."""

    command_class = Command


class Group(click.Group):
    """A group whose commands are imported when they are called."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = getattr(import_module(f"ca_platform.cli.{COMMANDS[cmd_name][0]}"), cmd_name)
        assert isinstance(found, click.Command)  # noqa: S101 - every name above is one
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}{near(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)


def command(name: str, examples: str = "") -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command with the common options; ``examples`` stand at the end of its help."""
    return click.command(name, cls=Command, epilog=examples or None)


def _print_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"ca-platform {version('ca-platform')}")
        context.exit()


@click.group(
    "ca-platform",
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    params=[
        *_common_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Show the version.",
        ),
    ],
)
def program() -> None:
    """Customer analytics for e-commerce: from your shop's data to reports and dashboards.

    Begin with `ca-platform init FILE`, then `check`, `run` and `dashboards`. Days are written as 2024-03-31 and
    ranges include both ends. Exit codes: 0 done; 1 a run failed, or a server went away during it; 2 wrong usage,
    settings or data, or something cannot be reached; 130 after Ctrl-C.
    """
