"""``user``: the logins of the dashboards."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ca_platform.cli.commands import CommandGroup, command
from ca_platform.cli.output import json_option, note, write_json

if TYPE_CHECKING:
    from dash_app.users import UserStore


@click.group("user", cls=CommandGroup)
def user() -> None:
    """Manage the logins of the dashboards. Passwords are kept as hashes only."""


@command("add", 'ca-platform user add anna\necho "$PASSWORD" | ca-platform user add anna --password-stdin')
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="The password is the first line of standard input.")
def add(name: str, password_stdin: bool) -> None:
    """Make the login NAME. The password is asked for."""
    users = _users()
    if name in users.names():
        raise click.UsageError(
            f"There is a user {name!r} already: take another name, or set its password with `ca-platform user password`."
        )
    users.add(name, _first_line() if password_stdin else _asked())
    note(f"User {name!r} may log in now.")


@command("password", "ca-platform user password anna")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="The password is the first line of standard input.")
def password(name: str, password_stdin: bool) -> None:
    """Set another password for the login NAME. The password is asked for."""
    users = _users()
    if name not in users.names():
        raise click.UsageError(f"There is no user {name!r}: `ca-platform user list` lists all.")
    users.set_password(name, _first_line() if password_stdin else _asked())
    note(f"User {name!r} has the new password, and is logged out everywhere.")


@command("remove", "ca-platform user remove anna")
@click.argument("name")
def remove(name: str) -> None:
    """Take the login NAME away."""
    _users().remove(name)
    note(f"User {name!r} is removed and logged out.")


@command("list", "ca-platform user list --json")
@json_option
def list_(as_json: bool) -> None:
    """List all logins."""
    names = _users().names()
    if as_json:
        write_json([{"name": name} for name in names])
        return
    for name in names:
        click.echo(name)
    if not names:
        note("Nobody can log in yet: `ca-platform user add NAME` makes a login.")


for _subcommand in (add, password, remove, list_):
    user.add_command(_subcommand)


def _users() -> UserStore:
    from ca_platform.cli.shell import settings
    from dash_app.users import UserStore

    return UserStore(settings().users.path)


def _first_line() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise click.UsageError("Standard input has no password on its first line.")
    return line


def _asked() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for the password: send it with --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
