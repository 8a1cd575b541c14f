"""Somebody at the dashboards without a browser: Flask's client, with the token, and callbacks as Dash would post them."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.test import TestResponse

from dash_app.app import Dashboards
from dash_app.pages import CARDS
from dash_app.security.headers import CSRF_COOKIE, CSRF_HEADER

USER, PASSWORD = "anna", "correct horse battery"
CALLBACK = "/_dash-update-component"


class Visitor:
    """A client with its own cookies."""

    def __init__(self, app: Dashboards) -> None:
        self.app = app
        self.client = app.server.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, *, token: str | None = None, **options: Any) -> TestResponse:
        """A POST with the token of this session, or another one."""
        headers = {CSRF_HEADER: self.token if token is None else token, **options.pop("headers", {})}
        return self.client.post(path, headers=headers, **options)

    @property
    def token(self) -> str:
        cookie = self.client.get_cookie(CSRF_COOKIE)
        return cookie.value if cookie else ""

    def log_in(self, name: str = USER, password: str = PASSWORD, query: str = "") -> TestResponse:
        """Open the login page, fill it in, send it; then open the first page, for the token."""
        page = self.get(f"/login{query}").text
        answer = self.client.post(f"/login{query}", data=form(page) | {"username": name, "password": password})
        if answer.status_code == 303:
            self.get("/")
        return answer

    def card(self, card: str, query: str = "", *, scheme: str = "light", tries: int = 0) -> dict[str, Any]:
        """The answer to a card's callback by property: ``verdict``, ``reading``, ``figure`` or ``tiles`` …"""
        kind = CARDS[card].kind
        answer = self.post(CALLBACK, json=self.card_body(card, query, scheme=scheme, tries=tries))
        assert answer.status_code == 200, answer.text
        found = json.loads(answer.text)["response"]
        parts = {json.loads(name)["part"]: values for name, values in found.items()}
        return {
            "verdict": parts["root"]["data-verdict"],
            "answer": parts["root"]["data-answer"],
            "reading": parts["reading"]["children"],
            "note": parts["note"]["children"],
            "message": json.dumps(parts["message"]["children"], ensure_ascii=False),
            "csv": parts["csv"]["href"],
            "figure": parts.get("graph", {}).get("figure"),
            "tiles": parts.get("tiles", {}).get("children"),
            "kind": kind,
        }

    def rows(self, card: str, **request: Any) -> dict[str, Any]:
        """The answer to the grid of a table that asks for rows."""
        grid, root = ({"card": card, "kind": "table", "part": part} for part in ("grid", "root"))
        body = {
            "output": '{"card":["MATCH"],"kind":"table","part":"grid"}.getRowsResponse',
            "outputs": {"id": grid, "property": "getRowsResponse"},
            "inputs": [{"id": grid, "property": "getRowsRequest", "value": request}],
            "state": [{"id": root, "property": "id", "value": root}],
            "changedPropIds": [f"{json.dumps(grid, separators=(',', ':'))}.getRowsRequest"],
        }
        answer = self.post(CALLBACK, json=body)
        assert answer.status_code == 200, answer.text
        response = json.loads(answer.text)["response"]
        found: dict[str, Any] = next(iter(response.values()))["getRowsResponse"]
        return found

    def card_body(self, card: str, query: str = "", *, scheme: str = "light", tries: int = 0) -> dict[str, Any]:
        """What a browser posts for a card."""
        kind = CARDS[card].kind
        given = {
            "shown": {"query": query, "turn": "1"},
            "scheme": scheme,
            "retry": tries,
            "root": {"card": card, "kind": kind, "part": "root"},
            "data-table": "false",
        }
        asked = next(item for item in self.dependencies if _is_drawing(item, kind))
        outputs = [_output(text, card) for text in asked["output"].strip(".").split("...")]
        return {
            "output": asked["output"],
            "outputs": outputs,
            "inputs": [_given(item, card, given) for item in asked["inputs"]],
            "state": [_given(item, card, given) for item in asked["state"]],
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
        found: list[dict[str, Any]] = self.get("/_dash-dependencies").json
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


def _is_drawing(item: dict[str, Any], kind: str) -> bool:
    return f'"kind":"{kind}"' in item["output"] and "data-verdict" in item["output"]


def _output(text: str, card: str) -> dict[str, Any]:
    name, _, prop = text.rpartition(".")
    return {"id": json.loads(name) | {"card": card}, "property": prop}


def _given(item: dict[str, Any], card: str, given: dict[str, Any]) -> dict[str, Any]:
    if not item["id"].startswith("{"):
        return {"id": item["id"], "property": item["property"], "value": given[item["id"]]}
    identity = json.loads(item["id"]) | {"card": card}
    key = item["property"] if item["property"] in given else identity["part"]
    return {"id": identity, "property": item["property"], "value": given[key]}
