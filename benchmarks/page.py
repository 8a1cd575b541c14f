"""``page``: navigation to all cards of ``/funnels`` settled, against a bare Dash page with the same figures.

The platform reads from a real Elasticsearch through a proxy that answers 50 ms late; the bare page has its figures
in the layout and no store. Both are drawn by the same browser. Also: cached callbacks per second.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.harness import PYTHON, Result, child, platform_command, seconds
from benchmarks.servers import background, delayed, elasticsearch, free_port, store_environment
from benchmarks.shops import ShopFolder, loaded_shop, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page

DEFAULT, LARGE = 15, 50
GOAL = 2.0
CALLBACK_GOAL = 500
LATENCY_MS = 50.0
SESSIONS = 100_000
USER = "benchmark"
CALLBACK = "/_dash-update-component"
CALLBACK_SECONDS = 4.0
CALLBACK_CLIENTS = 8

# Both return the milliseconds since the navigation began as soon as everything is drawn.
_OURS_SETTLED = """() => {
  const cards = [...document.querySelectorAll('[data-card]')];
  const done = cards.length && cards.every(card => ['ready', 'empty', 'missing', 'error'].includes(card.dataset.state));
  return done ? performance.now() : false;
}"""
_BARE_SETTLED = """(wanted) => {
  const drawn = document.querySelectorAll('.js-plotly-plot .main-svg:first-of-type');
  return drawn.length >= wanted ? performance.now() : false;
}"""
_FIGURES = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => JSON.parse(JSON.stringify(
  {data: plot.data, layout: plot.layout},
  (key, value) => key.startsWith('_') ? undefined : ArrayBuffer.isView(value) ? Array.from(value) : value)))"""
# Bytes over the wire; what came out of the browser's cache counts nothing.
_TRANSFERRED = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What the browser saw of the platform's page."""

    milliseconds: list[float]
    figures: list[Any]
    states: dict[str, str]
    callbacks: list[bytes]
    cookie: str
    first_load_mb: float


def run(size: int) -> Result:
    """``size`` is the number of navigations."""
    shop = loaded_shop(SESSIONS).copy("page")
    place = (str(shop.path), str(shop.first_day), str(shop.last_day))
    password = secrets.token_urlsafe(12)
    with elasticsearch() as url:
        child("page:prepare", *place, password, environment=store_environment(url))
        with delayed(url, LATENCY_MS) as slow, _dashboards(shop, slow) as address:
            visit = _visit(address, shop, password, size)
            rate = _callbacks_per_second(address, visit)
    if not visit.figures:
        raise RuntimeError(f"/funnels drew no figure; its cards are {visit.states}")
    figures = shop.path / "figures.json"
    figures.write_text(json.dumps(visit.figures))
    with _bare_page(figures) as address:
        bare = _visit_bare(address, len(visit.figures), size)
    return _result(size, visit, bare, rate)


def _result(size: int, visit: Visit, bare: list[float], rate: float) -> Result:
    ours, rival = _p95(visit.milliseconds), _p95(bare)
    extra = {
        "p95_ms": ours,
        "median_ms": statistics.median(visit.milliseconds),
        "rival_p95_ms": rival,
        "rival_median_ms": statistics.median(bare),
        "callbacks_per_second": rate,
        "callbacks_goal": CALLBACK_GOAL,
        "first_load_mb": visit.first_load_mb,
        "cards": len(visit.states),
        "figures": len(visit.figures),
        "states": sorted(set(visit.states.values())),
    }
    rows = (
        (f"/funnels settled, p95 of {size}", seconds(ours / 1000)),
        ("median", seconds(statistics.median(visit.milliseconds) / 1000)),
        ("bare Dash page, p95", seconds(rival / 1000)),
        ("cards / figures", f"{len(visit.states)} / {len(visit.figures)}"),
        ("cached callbacks per second", f"{rate:,.0f} (goal {CALLBACK_GOAL})"),
        ("first load", f"{visit.first_load_mb:.2f} MB"),
    )
    return Result("page", size, ours / 1000, rival / 1000, GOAL, extra=extra, rows=rows)


def prepare(path: str, first: str, last: str, password: str) -> Callable[[], Any]:
    """The last day's reports in the store, and a login."""
    from benchmarks.platform import run_day
    from dash_app.users import UserStore

    shop = opened(path, first, last)

    def make() -> None:
        run_day(shop, shop.last_day)
        UserStore(shop.settings().users.path).add(USER, password)

    return make


@contextlib.contextmanager
def _dashboards(shop: ShopFolder, store_url: str) -> Iterator[str]:
    port = free_port()
    settings = {"CA_SETTINGS": str(shop.path / "ca_platform.yaml")}
    command = [*platform_command(), "dashboards", "--host", "127.0.0.1", "--port", str(port)]
    with background(command, port, {**os.environ, **settings, **store_environment(store_url)}):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _bare_page(figures: Path) -> Iterator[str]:
    port = free_port()
    serve = ["-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "benchmarks.bare_dash:server"]
    with background([PYTHON, *serve], port, {**os.environ, "BENCHMARK_FIGURES": str(figures)}):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A page of a real browser."""
    from playwright.sync_api import sync_playwright

    # The distribution's browser where there is one, else Playwright's own; root cannot have its sandbox.
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        try:
            yield browser.new_page(viewport={"width": 1440, "height": 900})
        finally:
            browser.close()


def log_in(page: Page, address: str, password: str) -> None:
    """At the login page, as the benchmarks' user."""
    page.goto(f"{address}/login")
    page.fill("[name=username]", USER)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def _visit(address: str, shop: ShopFolder, password: str, size: int) -> Visit:
    target = f"{address}/funnels?date={shop.last_day}"
    with browser() as page:
        log_in(page, address, password)
        page.wait_for_function(_OURS_SETTLED, timeout=60_000)
        first_load = float(page.evaluate(_TRANSFERRED)) / 1e6
        _settled(page, target, _OURS_SETTLED)
        callbacks: list[bytes] = []
        page.on("request", lambda request: _keep_callback(request, callbacks))
        times = [_settled(page, target, _OURS_SETTLED) for _ in range(size)]
        cards = "cards => Object.fromEntries(cards.map(card => [card.dataset.card, card.dataset.state]))"
        states = page.eval_on_selector_all("[data-card]", cards)
        cookie = "; ".join(f"{item['name']}={item['value']}" for item in page.context.cookies())
        return Visit(times, page.evaluate(_FIGURES), states, callbacks, cookie, first_load)


def _visit_bare(address: str, figures: int, size: int) -> list[float]:
    with browser() as page:
        _settled(page, address, _BARE_SETTLED, figures)
        return [_settled(page, address, _BARE_SETTLED, figures) for _ in range(size)]


def _settled(page: Any, url: str, condition: str, argument: Any = None) -> float:
    page.goto(url, wait_until="commit")
    return float(page.wait_for_function(condition, arg=argument, timeout=60_000).json_value())


def _keep_callback(request: Any, kept: list[bytes]) -> None:
    if urlsplit(request.url).path == CALLBACK and request.post_data_buffer:
        kept.append(request.post_data_buffer)


def _callbacks_per_second(address: str, visit: Visit) -> float:
    """Answers per second to the callback of one card, asked by several clients at once; 0 without callbacks."""
    place = urlsplit(address).netloc
    body = _card_callback(place, visit)
    if body is None:
        return 0.0
    stop_at = time.perf_counter() + CALLBACK_SECONDS

    def ask(_: int) -> int:
        connection, count = http.client.HTTPConnection(place, timeout=30), 0
        while time.perf_counter() < stop_at:
            _post(connection, body, visit.cookie, address)
            count += 1
        return count

    with ThreadPoolExecutor(CALLBACK_CLIENTS) as pool:
        return sum(pool.map(ask, range(CALLBACK_CLIENTS))) / CALLBACK_SECONDS


def _card_callback(place: str, visit: Visit) -> bytes | None:
    """The request whose answer holds a figure, of median size among those."""
    connection = http.client.HTTPConnection(place, timeout=30)
    bodies = dict.fromkeys(visit.callbacks)
    answers = [
        (len(answer), body) for body in bodies if b'"data":[' in (answer := _post(connection, body, visit.cookie, ""))
    ]
    return sorted(answers)[len(answers) // 2][1] if answers else None


def _post(connection: http.client.HTTPConnection, body: bytes, cookie: str, origin: str) -> bytes:
    headers = {"content-type": "application/json", "cookie": cookie, "x-csrftoken": _token(cookie)}
    connection.request("POST", CALLBACK, body, headers | ({"origin": origin} if origin else {}))
    answer = connection.getresponse()
    text = answer.read()
    if answer.status not in (200, 204):
        raise RuntimeError(f"a callback answered {answer.status}: {text[:300]!r}")
    return text


def _token(cookie: str) -> str:
    """What Dash's renderer sends back with every callback."""
    pairs = dict(item.partition("=")[::2] for item in cookie.split("; "))
    return pairs.get("_csrf_token", "")


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
