"""``completion``: the script that lets a shell complete commands, options and names of reports."""

from __future__ import annotations

import click

from ca_platform.cli import PROGRAM
from ca_platform.cli.commands import command, program
from ca_platform.cli.types import Word

_EXAMPLES = """
ca-platform completion bash >> ~/.bashrc
ca-platform completion zsh >> ~/.zshrc
ca-platform completion fish > ~/.config/fish/completions/ca-platform.fish
"""


@command("completion", _EXAMPLES)
@click.argument("shell", type=Word("shell", ("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print the script that completes `ca-platform` in your SHELL: its commands, options and names of reports."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - click has all three
    click.echo(found(program, {}, PROGRAM, "_CA_PLATFORM_COMPLETE").source())
