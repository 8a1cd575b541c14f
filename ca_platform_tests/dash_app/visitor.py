"""Somebody at the dashboards without a browser: Flask's client, with the token, and callbacks as Dash would post them."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.test import TestResponse

from dash_app.app import Dashboards
from dash_app.security.headers import CSRF_COOKIE, CSRF_HEADER

USER, PASSWORD = "anna", "correct horse battery"
CALLBACK = "/_dash-update-component"


class Visitor:
    """A client with its own cookies."""

    def __init__(self, app: Dashboards) -> None:
        self.app = app
        self.client = app.server.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        answer: TestResponse = self.client.get(path, **options)
        return answer

    def post(self, path: str, *, token: str | None = None, **options: Any) -> TestResponse:
        """A POST with the token of this session, or another one."""
        headers = {CSRF_HEADER: self.token if token is None else token, **options.pop("headers", {})}
        answer: TestResponse = self.client.post(path, headers=headers, **options)
        return answer

    @property
    def token(self) -> str:
        cookie = self.client.get_cookie(CSRF_COOKIE)
        return cookie.value if cookie else ""

    def log_in(self, name: str = USER, password: str = PASSWORD, query: str = "") -> TestResponse:
        """Open the login page, fill it in, send it; then open the first page, for the token."""
        page = self.get(f"/login{query}").text
        answer: TestResponse = self.client.post(
            f"/login{query}", data=form(page) | {"username": name, "password": password}
        )
        if answer.status_code == 303:
            self.get("/")
        return answer

    def card(self, card: str, query: str = "", *, scheme: str = "light") -> dict[str, Any]:
        """The answer to a card's callback: ``verdict``, ``reading``, ``figure`` …"""
        answer = self.post(CALLBACK, json=self.card_body(card, query, scheme=scheme))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = next(iter(json.loads(answer.text)["response"].values()))["data"]
        return found

    def rows(self, card: str, query: str = "", **request: Any) -> dict[str, Any]:
        """The answer to the grid of a table that asks for rows."""
        grid = {"card": card, "part": "grid"}
        body = {
            "output": '{"card":["MATCH"],"part":"grid"}.getRowsResponse',
            "outputs": {"id": grid, "property": "getRowsResponse"},
            "inputs": [{"id": grid, "property": "getRowsRequest", "value": request}],
            "state": [
                {"id": "shown", "property": "data", "value": {"query": query}},
                {"id": grid, "property": "id", "value": grid},
            ],
            "changedPropIds": [f"{json.dumps(grid, separators=(',', ':'))}.getRowsRequest"],
        }
        answer = self.post(CALLBACK, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = next(iter(json.loads(answer.text)["response"].values()))["getRowsResponse"]
        return found

    def card_body(self, card: str, query: str = "", *, scheme: str = "light") -> dict[str, Any]:
        """What a browser posts for a card."""
        answer, tries = ({"card": card, "part": part} for part in ("answer", "tries"))
        return {
            "output": '{"card":["MATCH"],"part":"answer"}.data',
            "outputs": {"id": answer, "property": "data"},
            "inputs": [
                {"id": "shown", "property": "data", "value": {"query": query, "turn": "1"}},
                {"id": "scheme", "property": "data", "value": scheme},
                {"id": tries, "property": "data", "value": None},
            ],
            "state": [{"id": answer, "property": "id", "value": answer}],
            "changedPropIds": ["shown.data"],
        }

    def place(self, path: str, shown: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer to an address: what the shell shows."""
        route, _, query = path.partition("?")
        asked = next(item for item in self.dependencies if "main.data-date" in item["output"])
        outputs: list[Any] = []
        for text in asked["output"].strip(".").split("..."):
            name, _, prop = text.rpartition(".")
            if name.startswith("{"):
                outputs.append([{"id": {"nav": link}, "property": prop} for link in self.links])
            else:
                outputs.append({"id": name, "property": prop})
        body = {
            "output": asked["output"],
            "outputs": outputs,
            "inputs": [
                {"id": "url", "property": "pathname", "value": route},
                {"id": "url", "property": "search", "value": f"?{query}" if query else ""},
            ],
            "state": [{"id": "shown", "property": "data", "value": shown}],
            "changedPropIds": ["url.search"],
        }
        answer = self.post(CALLBACK, json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = json.loads(answer.text)["response"]
        return found

    @cached_property
    def dependencies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get("/_dash-dependencies").text)
        return found

    @cached_property
    def links(self) -> list[str]:
        layout = json.dumps(self.get("/_dash-layout").json)
        return re.findall(r'"nav": "([^"]+)"', layout)


def form(page: str) -> dict[str, str]:
    """The hidden fields of a plain page."""
    return dict(re.findall(r'name="(csrf_token)" value="([^"]+)"', page))


def next_of(location: str) -> str:
    """The page to which a redirection to the login leads back."""
    return dict(parse_qsl(location.partition("?")[2])).get("next", "")
