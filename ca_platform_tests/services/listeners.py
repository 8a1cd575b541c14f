"""Real servers that take messages, and keep them: a web server for webhooks, the box of a mail server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from aiosmtpd.smtp import Envelope


class Hook(BaseHTTPRequestHandler):
    """Keeps what it is sent; /broken answers 500."""

    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.received.append(json.loads(self.rfile.read(length)))
        self.send_response(500 if self.path == "/broken" else 204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing on standard error."""


@contextmanager
def listening_hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address of a web server and what it was sent."""
    received: list[dict[str, Any]] = []
    server = HTTPServer(("127.0.0.1", 0), type("OneHook", (Hook,), {"received": received}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Mailbox:
    """Keeps the mails that a server takes."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return "250 OK"
