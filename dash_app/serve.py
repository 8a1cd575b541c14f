"""Serving the dashboards: gunicorn with a few threads in each of two processes, the application made before the fork."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.http import message

from ca_platform.errors import ConfigurationError
from ca_platform.logging import set_up_logging
from dash_app import create_app
from dash_app.state import LONGEST_ADDRESS

if TYPE_CHECKING:
    from ca_platform.settings import Settings

WORKERS, THREADS = 2, 8

_OPTIONS: dict[str, Any] = {
    "worker_class": "gthread",
    "workers": WORKERS,
    "threads": THREADS,
    "preload_app": True,
    "timeout": 60,
    "keepalive": 15,
    # The address of a list holds the name of what it is about. What is too long to be read gets a page that says so.
    "limit_request_line": 4 * LONGEST_ADDRESS,
    # A worker is replaced now and then, so that whatever grows in it does not grow for ever.
    "max_requests": 50_000,
    "max_requests_jitter": 5_000,
    "loglevel": "warning",
}
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (gunicorn makes its own file in it)


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with our options in place of its command line."""

    def __init__(self, application: Any, options: dict[str, Any]) -> None:
        self._application = application
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        # Gunicorn cuts a limit to 8,190 bytes; without one it would keep whatever a stranger sends.
        message.MAX_REQUEST_LINE = self._options["limit_request_line"]
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._application


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8050) -> None:
    """Serve until the process is told to end. Does not return before.

    To be called in a process that has not computed anything yet: Polars' threads do not survive the fork.

    Raises:
        ConfigurationError: the address is taken or not ours.
    """
    _check_address(host, port)
    set_up_logging(settings)
    options = _OPTIONS | {"bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}"}
    if _SHARED_MEMORY.is_dir():
        # On a slow disk the sign of life that a worker gives there can come too late.
        options["worker_tmp_dir"] = str(_SHARED_MEMORY)
    _Server(create_app(settings).server, options).run()


def _check_address(host: str, port: int) -> None:
    """Gunicorn would try for five seconds and end without an exception."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # With its own port again: the look-up cuts one that is too large.
            probe.bind((address[0], port, *address[2:]))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"The dashboards cannot be served on {host}:{port} ({reason}). Choose another --port or --host."
        ) from None
