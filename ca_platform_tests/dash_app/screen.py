"""Somebody at a real browser: opens pages, waits until they have settled, and notes whatever goes wrong meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response, StorageState
from werkzeug.serving import make_server

from ca_platform_tests.dash_app.visitor import PASSWORD, USER
from dash_app.app import Dashboards

SETTLED = """() => {
  const cards = [...document.querySelectorAll('[data-card]')];
  return cards.length > 0 && cards.every(card => card.dataset.state !== 'loading');
}"""
ANSWERED = """() => {
  const { turn } = document.querySelector('main').dataset;
  return [...document.querySelectorAll('[data-card]')].every(card => (card.dataset.answer || '').startsWith(`${turn} `));
}"""
_STATES = "cards => Object.fromEntries(cards.map(card => [card.dataset.card, card.dataset.state]))"
_SECONDS = 60
# What a browser without a graphics card says of charts in three dimensions: how it draws, nothing that is wrong.
_OF_THE_DRAWING = ("GL Driver Message (OpenGL, Performance", "Canvas2D: Multiple readback operations")
WIDE, NARROW = (1440, 900), (390, 844)


class Reader:
    """A tab of a browser, and all complaints: console, page errors, answers from 400 on, requests to elsewhere.

    Attributes:
        complaints: what a test has to find empty, unless it provoked one.
        requests: paths that were asked for.
    """

    def __init__(self, page: Page, site: str) -> None:
        self.site = site
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = page
        self.page.set_default_timeout(_SECONDS * 1000)
        self._notes: dict[Any, Callable[[Any], None]] = {
            "console": self._note_console,
            "pageerror": lambda error: self.complaints.append(f"error: {error}"),
            "request": self._note_request,
            "response": self._note_response,
        }
        for event, note in self._notes.items():
            page.on(event, note)

    def leave(self) -> None:
        """Note nothing more, and let the browser forget what the pages kept in it: the tab is as a new one."""
        for event, note in self._notes.items():
            self.page.remove_listener(event, note)
        # Where the mouse lies something would be pointed at.
        self.page.mouse.move(0, 0)
        # A page of the same site, though without scripts: for an empty one the browser would begin another process, and of
        # one without an icon it would ask for that when the next test looks on.
        self.page.context.clear_cookies()
        self.page.goto(f"{self.site}/login")
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.context.clear_cookies()

    def log_in(self, path: str = "/login") -> None:
        """Fill the login page in."""
        self.page.goto(self.site + path)
        self.page.fill("[name=username]", USER)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def open(self, path: str) -> dict[str, str]:
        """Open an address; the states of the cards once all have one."""
        self.page.goto(self.site + path)
        return self.states()

    def states(self) -> dict[str, str]:
        """The states of the cards once all have one."""
        self.page.wait_for_function(SETTLED)
        found: dict[str, str] = self.page.eval_on_selector_all("[data-card]", _STATES)
        return found

    def shown(self) -> dict[str, str]:
        """What the root of the page says is shown."""
        found: dict[str, str] = self.page.eval_on_selector("main", "main => ({...main.dataset})")
        return {name: found[name] for name in ("date", "compare", "dimension")}

    def wait_shown(self, **wanted: str) -> None:
        """Wait until the page shows this and has settled."""
        condition = "wanted => Object.entries(wanted).every(([name, value]) => document.querySelector('main')?.dataset[name] === value)"
        self.page.wait_for_function(condition, arg=wanted)
        # The cards are told to wait a moment after the page says what it shows: their answers are of this turn.
        self.page.wait_for_function(ANSWERED)
        self.states()

    def figure(self, card: str) -> Any:
        """Data of the figure that a card has drawn."""
        return self.page.evaluate(
            "card => JSON.parse(JSON.stringify(document.querySelector(`[data-card=${card}] .js-plotly-plot`).data))",
            card,
        )

    def click_mark(self, card: str, point: tuple[float | str, float]) -> None:
        """Click where plotly draws a mark: at its place on the axes."""
        self.page.locator(f"[data-card={card}] .card-drawing").scroll_into_view_if_needed()
        place = self.page.evaluate(
            """([card, [x, y]]) => {
              const plot = document.querySelector(`[data-card="${card}"] .js-plotly-plot`);
              const {xaxis, yaxis} = plot._fullLayout, area = plot.getBoundingClientRect();
              return [area.left + xaxis._offset + xaxis.d2p(x), area.top + yaxis._offset + yaxis.d2p(y)];
            }""",
            [card, point],
        )
        self.page.mouse.move(*place)
        self.page.wait_for_selector(f"[data-card={card}] .opens-here")
        self.page.mouse.click(*place)

    def wait_drawn(self, scheme: str) -> None:
        """Wait until every card is drawn for a light or a dark ground."""
        condition = (
            "scheme => [...document.querySelectorAll('[data-card]')].every("
            "card => card.dataset.state === 'ready' && card.dataset.answer.includes(` ${scheme} `))"
        )
        self.page.wait_for_function(condition, arg=scheme)

    def wait_faded(self) -> None:
        """Wait until nothing fades in any more: half-drawn text has half the contrast."""
        self.page.wait_for_function("() => !document.getAnimations().some(one => one instanceof CSSTransition)")

    def colours(self, card: str) -> tuple[str, str]:
        """The ground of the page, and the ink of a chart."""
        ground: str = self.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        ink: str = self.page.evaluate(
            "card => document.querySelector(`[data-card=${card}] .js-plotly-plot`).layout.font.color", card
        )
        return ground, ink

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        width: int = self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        return width

    def wide_lists(self) -> list[str]:
        """Cards whose list is wider than the card."""
        found: list[str] = self.page.evaluate(
            "() => [...document.querySelectorAll('.list-frame')].filter(frame => frame.scrollWidth > frame.clientWidth)"
            ".map(frame => frame.closest('[data-card]').dataset.card)"
        )
        return found

    @property
    def address(self) -> str:
        return self.page.url.removeprefix(self.site)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in _OF_THE_DRAWING):
            self.complaints.append(f"{message.type}: {message.text}")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.requests.append(parts.path)
        if parts.scheme not in ("data", "blob") and f"{parts.scheme}://{parts.netloc}" != self.site:
            self.complaints.append(f"request to elsewhere: {request.url}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


Open = Callable[..., Reader]
"""Opens a browser of a size and a colour scheme."""


def assert_accessible(reader: Reader) -> None:
    """Nothing serious that axe finds."""
    reader.wait_faded()
    # What passed is not gathered: on a page of charts it is thousands of nodes.
    violations = Axe().run(reader.page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [
        f"{found['id']}: {node['target']} {node.get('failureSummary', '')}"
        for found in violations
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
    assert serious == []


@contextmanager
def served(app: Dashboards) -> Iterator[str]:
    """Address of dashboards while they are served."""
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def logged_in(tab: Page, site: str) -> StorageState:
    """Cookies of somebody who has logged in."""
    reader = Reader(tab, site)
    reader.log_in()
    state = tab.context.storage_state()
    reader.leave()
    return state
