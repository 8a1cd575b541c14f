"""A small HTTP proxy before the real server that delays, refuses, drops or spoils chosen requests."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What the proxy says in the server's place; status 0 hangs up without a word."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


Rule = Callable[[Request], Answer | None]


@dataclass
class FaultyProxy:
    """Passes everything on, except what ``rule`` answers itself. All requests are kept in ``seen``."""

    target: str
    delay: float = 0.0
    rule: Rule | None = None
    seen: list[Request] = field(default_factory=list)
    product: str = "Elasticsearch"

    def __enter__(self) -> Self:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): text for name, text in self.headers.items()}
                request = Request(self.command, self.path, self.rfile.read(length), headers)
                proxy.seen.append(request)
                time.sleep(proxy.delay)
                answer = proxy.rule(request) if proxy.rule else None
                if answer is None:
                    self._say(*proxy.forward(request, dict(self.headers)))
                elif answer.status == 0:
                    self.close_connection = True
                else:
                    self._say(answer.status, {"content-type": "application/json"}, json.dumps(answer.body).encode())

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any

            def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                headers = {"x-elastic-product": proxy.product, **{name.lower(): text for name, text in headers.items()}}
                for name, text in headers.items():
                    if name not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, text)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def forward(self, request: Request, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self.target)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        kept = {name: text for name, text in headers.items() if name.lower() not in ("host", "connection")}
        try:
            connection.request(request.method, request.path, request.body or None, kept)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except OSError:
            return 503, {"content-type": "application/json"}, b'{"error": "no server behind the proxy"}'
        finally:
            connection.close()


def times(count: int, answer: Answer, where: str = "_bulk") -> Rule:
    """The first requests whose path has ``where`` get this answer, the others pass."""
    left = [count]
    lock = threading.Lock()

    def rule(request: Request) -> Answer | None:
        with lock:
            if where not in request.path or left[0] <= 0:
                return None
            left[0] -= 1
            return answer

    return rule


def after(count: int, answer: Answer, where: str = "_bulk") -> Rule:
    """Requests whose path has ``where`` pass so many times and get this answer ever after."""
    passing = times(count, answer, where)

    def rule(request: Request) -> Answer | None:
        return None if where not in request.path or passing(request) else answer

    return rule
