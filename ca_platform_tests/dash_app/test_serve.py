"""Gunicorn with its processes and threads: right from the first request on, and clear about a taken address."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import quote

import pytest

from ca_platform.errors import ConfigurationError
from ca_platform.settings import Settings
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.serve import serve
from dash_app.state import LONGEST_ADDRESS

_SERVE = "import sys; from ca_platform.settings import load_settings; from dash_app.serve import serve; "
_SERVE += "serve(load_settings(sys.argv[1]), '127.0.0.1', int(sys.argv[2]))"
_SECONDS = 120


@pytest.fixture(scope="module")
def port(shop: Settings) -> Iterator[int]:
    """The dashboards behind gunicorn."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", _SERVE, str(shop.file), str(free)])
    give_up_at = time.monotonic() + _SECONDS
    while not _is_up(free):
        assert server.poll() is None
        assert time.monotonic() < give_up_at
        time.sleep(0.1)
    yield free
    server.terminate()
    assert server.wait(_SECONDS) == 0


def test_first_requests_at_once_are_all_answered(port: int, visitor: Visitor) -> None:
    headers = {"cookie": _cookie(visitor)}
    page = _get(port, "/", headers)[1]
    scripts = re.findall(r'src="(/_dash-component-suites/[^"]+)"', page)
    assert len(scripts) > 8
    paths = [*scripts, "/_dash-layout", "/_dash-dependencies", "/", "/orders"] * 2
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda path: _get(port, path, headers)[0], paths))
    assert set(answers) == {200}


def test_stranger_meets_the_gate_there_too(port: int) -> None:
    assert _get(port, "/_dash-layout", {})[0] == 401
    assert _get(port, "/health", {}) == (200, '{"lake":"ok","status":"ok","store":"ok"}\n')


def test_address_that_holds_long_names_is_answered(port: int, visitor: Visitor) -> None:
    headers = {"cookie": _cookie(visitor)}
    names = "&".join(f"key.product_{one}={quote('🍵' * 10_000)}" for one in "ab")
    page = f"/customers?report=most_combined_products&count=orders&{names}"
    assert 240_000 < len(page) < LONGEST_ADDRESS
    assert _get(port, page, headers)[0] == 200
    status, rows = _get(port, f"/csv/products-top?date={frames.DAY}&category={'x' * 200_000}", headers)
    assert (status, rows.count("\n")) == (200, 1)
    to_login = _get(port, page, {})
    assert to_login[0] == 302


def test_address_that_is_too_long_gets_the_page_that_says_so_and_a_stranger_cannot_fill_the_memory(
    port: int, visitor: Visitor
) -> None:
    query = f"?date={frames.DAY}&category={'x' * LONGEST_ADDRESS}"
    assert _get(port, f"/products{query}", {"cookie": _cookie(visitor)})[0] == 200
    place = visitor.place(f"/products{query}")
    assert "What the address asks for was left out" in place["notices"]["children"][0]["props"]["children"]
    assert place["shown"]["data"]["query"] == f"?date={frames.DAY}"
    assert _get(port, f"/products?{'x' * 4 * LONGEST_ADDRESS}", {})[0] == 414


def test_taken_address_is_said_at_once(port: int, shop: Settings) -> None:
    with pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1:{port} .*another --port"):
        serve(shop, "127.0.0.1", port)


@pytest.mark.parametrize(("host", "port_"), [("256.0.0.1", 8050), ("127.0.0.1", 70000)])
def test_impossible_address_is_said(shop: Settings, host: str, port_: int) -> None:
    with pytest.raises(ConfigurationError, match="cannot be served"):
        serve(shop, host, port_)


def _get(port: int, path: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(errors="replace")


def _cookie(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("ca_session")
    assert cookie is not None
    return f"ca_session={cookie.value}"


def _is_up(port: int) -> bool:
    try:
        return _get(port, "/health", {})[0] == 200
    except OSError:
        return False
