"""``dashboards``: serve them."""

from __future__ import annotations

import os

import click

from ca_platform.cli.commands import command

_EXAMPLES = """
ca-platform dashboards
ca-platform dashboards --host 0.0.0.0 --port 8080
"""


@command("dashboards", _EXAMPLES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8050, show_default=True, help="Port to listen on.")
def dashboards(host: str, port: int) -> None:
    """Serve the dashboards until Ctrl-C. `ca-platform user add NAME` makes a login."""
    from ca_platform.background import address, require_free
    from ca_platform.cli.output import note
    from ca_platform.cli.shell import settings
    from dash_app.serve import serve
    from dash_app.users import UserStore

    opened = settings()
    require_free(host, port)
    if opened.file is not None:
        # The workers read the settings themselves.
        os.environ["CA_SETTINGS"] = str(opened.file)
    if not UserStore(opened.users.path).names():
        note("Nobody can log in yet: `ca-platform user add NAME` makes a login.")
    note(f"The dashboards are at {address(host, port)}; Ctrl-C ends them.")
    serve(opened, host, port)
