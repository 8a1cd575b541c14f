"""The wiring: which component's change asks for what. One callback for the place, one per kind of card."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, html, no_update

from ca_platform.store import Dimension
from dash_app import ids
from dash_app.answers import Answer, Answers
from dash_app.cards import frame_of, message_of, tiles_of
from dash_app.export import ROUTE as CSV_ROUTE
from dash_app.grid import grid
from dash_app.ids import part
from dash_app.navigation import Place, compare_choices, day_choices, dimension_names, dimension_values, place
from dash_app.pages import CARDS
from dash_app.reader import Reader
from dash_app.records import Card
from dash_app.state import View, parse
from dash_app.words.dates import weekday


@dataclass(frozen=True, slots=True)
class Parts:
    """What callbacks work with."""

    reader: Reader
    answers: Answers
    dimensions: tuple[str, ...]


def register(app: dash.Dash, parts: Parts) -> None:
    """All callbacks of the application."""
    _register_place(app, parts)
    _register_cards(app, parts)
    _register_browser(app)


def _register_place(app: dash.Dash, parts: Parts) -> None:
    @app.callback(
        output={
            "main": {name: Output(ids.MAIN, f"data-{name}") for name in ("date", "compare", "dimension")},
            "page": Output(ids.PAGE, "children"),
            "shown": Output(ids.SHOWN, "data"),
            "notices": Output(ids.NOTICES, "children"),
            "heading": Output(ids.HEADING, "children"),
            "lead": Output(ids.LEAD, "children"),
            "controls": Output(ids.CONTROLS, "hidden"),
            "day": {name: Output(ids.DAY, name) for name in ("value", "minDate", "maxDate", "disabledDates")},
            "compare": {
                name: Output(ids.COMPARE, name)
                for name in ("value", "minDate", "maxDate", "disabledDates", "presets", "disabled")
            },
            "dimension": {name: Output(ids.DIMENSION, name) for name in ("value", "data")},
            "value": {name: Output(ids.VALUE, name) for name in ("value", "data", "style")},
            "values": Output(ids.VALUES, "data"),
            "steps": {
                name: {"href": Output(name, "href"), "className": Output(name, "className")}
                for name in (ids.EARLIER, ids.LATER)
            },
            "nav": {"href": Output(ids.nav(ALL), "href"), "className": Output(ids.nav(ALL), "className")},
        },
        inputs=[Input(ids.URL, "pathname"), Input(ids.URL, "search"), State(ids.SHOWN, "data")],
    )
    def arrive(route: str | None, query: str | None, shown: Mapping[str, Any] | None) -> dict[str, Any]:
        here = place(parts.reader, route, query, parts.dimensions)
        links = [item["id"]["nav"] for item in ctx.outputs_grouping["nav"]["href"]]
        return _arrival(here, parts.dimensions, links, was=(shown or {}).get("route"))


def _arrival(here: Place, dimensions: tuple[str, ...], links: list[str], was: str | None) -> dict[str, Any]:
    """Everything that changes with the address. The cards stay where they are while the page is the same."""
    route = here.page.route if here.page else ""
    query = here.asked.query()
    dimension, values = here.asked.dimension, dimension_values(here)
    title = here.page.spec.title if here.page else "No such page"
    return {
        "main": {
            "date": str(here.day or ""),
            "compare": str(here.compare or ""),
            "dimension": str(dimension),
        },
        "page": no_update if was == route and route else _cards(here, query),
        "shown": {
            "route": route,
            "title": title,
            "query": here.view.query(),
            "asked": str(here.asked.date or ""),
            "date": str(here.day or ""),
            "compare": str(here.compare or ""),
            "dimension": str(dimension),
            "turn": str(time.time_ns()),
        },
        "notices": [html.P(text, className="notice") for text in here.notices],
        "heading": title,
        "lead": _lead(here),
        "controls": here.page is None,
        "day": {"value": str(here.day) if here.day else None, **day_choices(here)},
        "compare": {"value": str(here.compare) if here.compare else None, **compare_choices(here)},
        "dimension": {"value": dimension.name, "data": dimension_names(dimensions)},
        "value": _value(dimension, values),
        "values": values,
        "steps": {ids.EARLIER: _step(here, later=False), ids.LATER: _step(here, later=True)},
        "nav": {
            "href": [f"{link}{query}" for link in links],
            "className": [f"nav-link{' nav-here' if link == route else ''}" for link in links],
        },
    }


def _value(dimension: Dimension, values: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    return {
        "value": None if dimension.is_main else str(dimension),
        "data": values.get(dimension.name, []),
        "style": {"display": "none" if dimension.is_main else "block"},
    }


def _cards(here: Place, query: str) -> list[Any]:
    if here.page is None:
        return [html.P(["Nothing is at this address. ", html.A("Go to the overview", href=f"/{query}"), "."])]
    return [frame_of(card) for card in here.page.cards]


def _lead(here: Place) -> str:
    if here.page is None:
        return ""
    scope = (
        ""
        if here.asked.dimension.is_main
        else f", {here.asked.dimension.name} = {here.asked.dimension.value or '(no value)'}"
    )
    known = f"As of the end of {weekday(here.day)}{scope}." if here.day else "No day is computed yet."
    return f"{here.page.spec.description} {known}"


def _step(here: Place, *, later: bool) -> dict[str, str]:
    day = here.neighbour(later=later)
    if here.page is None or day is None:
        return {"href": "", "className": "step step-off"}
    return {"href": f"{here.page.route}{here.asked.with_date(day).query()}", "className": "step"}


def _register_cards(app: dash.Dash, parts: Parts) -> None:
    """One callback for each kind of card: it asks with the place, the scheme and the tries of this card."""

    @app.callback(
        output=_common("figure")
        | {"figure": Output(part("graph", "figure"), "figure"), "rows": Output(part("rows", "figure"), "children")},
        inputs=[*_asked("figure"), State(part("root", "figure"), "data-table")],
    )
    def draw(shown: Any, scheme: Any, tries: Any, root: Any, table: Any) -> dict[str, Any]:
        card, view, dark = _question(parts, shown, scheme, root)
        answer, token = parts.answers.of(card, view, dark=dark), _token(shown, scheme, tries)
        figure = _marked(answer, token) if answer.verdict == "ready" else no_update
        rows = _grid(parts, card, view) if table == "true" and answer.verdict == "ready" else no_update
        return _filled(card, view, answer, token) | {"figure": figure, "rows": rows}

    @app.callback(
        output=_common("tiles") | {"tiles": Output(part("tiles", "tiles"), "children")}, inputs=_asked("tiles")
    )
    def tile(shown: Any, scheme: Any, tries: Any, root: Any) -> dict[str, Any]:
        card, view, dark = _question(parts, shown, scheme, root)
        answer = parts.answers.of(card, view, dark=dark)
        return _filled(card, view, answer, _token(shown, scheme, tries)) | {"tiles": tiles_of(answer.tiles, dark=dark)}

    @app.callback(output=_common("table"), inputs=_asked("table"))
    def tabulate(shown: Any, scheme: Any, tries: Any, root: Any) -> dict[str, Any]:
        card, view, _ = _question(parts, shown, scheme, root)
        return _filled(card, view, parts.answers.of(card, view), _token(shown, scheme, tries))

    @app.callback(
        Output(part("grid", "table"), "getRowsResponse"),
        Input(part("grid", "table"), "getRowsRequest"),
        State(part("root", "table"), "id"),
        prevent_initial_call=True,
    )
    def page(request: Any, root: Any) -> dict[str, Any]:
        card = _card(root)
        if card is None or not isinstance(request, dict):
            raise dash.exceptions.PreventUpdate
        return parts.answers.page(card, request)

    @app.callback(
        Output(part("rows", "figure"), "children", allow_duplicate=True),
        Output(part("root", "figure"), "data-table"),
        Output(part("show", "figure"), "aria-pressed"),
        Input(part("show", "figure"), "n_clicks"),
        State(ids.SHOWN, "data"),
        State(part("root", "figure"), "id"),
        prevent_initial_call=True,
    )
    def show(clicks: Any, shown: Any, root: Any) -> tuple[Any, str, str]:
        card, view, _ = _question(parts, shown, "light", root)
        is_open = isinstance(clicks, int) and clicks % 2 == 1
        return (_grid(parts, card, view) if is_open else []), str(is_open).lower(), str(is_open).lower()


def _asked(kind: str) -> list[Any]:
    """What the callback of a kind of card asks with."""
    return [
        Input(ids.SHOWN, "data"),
        Input(ids.SCHEME, "data"),
        Input(part("retry", kind), "n_clicks"),
        State(part("root", kind), "id"),
    ]


def _common(kind: str) -> dict[str, Output]:
    """What every kind of card gets."""
    return {
        "reading": Output(part("reading", kind), "children"),
        "note": Output(part("note", kind), "children"),
        "message": Output(part("message", kind), "children"),
        "verdict": Output(part("root", kind), "data-verdict"),
        "answer": Output(part("root", kind), "data-answer"),
        "csv": Output(part("csv", kind), "href"),
    }


def _question(parts: Parts, shown: Any, scheme: Any, root: Any) -> tuple[Card, View, bool]:
    """Card and view of a request. Its parts come from a browser and may be anything."""
    card = _card(root)
    query = shown.get("query") if isinstance(shown, dict) else None
    if card is None or not isinstance(query, str) or scheme not in ("light", "dark"):
        raise dash.exceptions.PreventUpdate
    view, _ = parse(query, parts.dimensions)
    return card, view, scheme == "dark"


def _card(root: Any) -> Card | None:
    name = root.get("card") if isinstance(root, dict) else None
    return CARDS.get(name) if isinstance(name, str) else None


def _filled(card: Card, view: View, answer: Answer, token: str) -> dict[str, Any]:
    return {
        "reading": answer.reading,
        "note": answer.note,
        "message": message_of(answer.message),
        "verdict": answer.verdict,
        "answer": token,
        "csv": f"{CSV_ROUTE}{card.id}{view.query()}",
    }


def _token(shown: Any, scheme: Any, tries: Any) -> str:
    """Names a request, so that the browser knows when the figure it has drawn is the one it was promised."""
    return f"{shown.get('turn')} {scheme} {tries or 0}"


def _marked(answer: Answer, token: str) -> dict[str, Any]:
    """The figure with its token; the kept one is shared and stays as it is."""
    figure = answer.figure or {"data": [], "layout": {}}
    return {**figure, "layout": {**figure["layout"], "datarevision": token}}


def _grid(parts: Parts, card: Card, view: View) -> Any:
    stored = parts.answers.rows(card, view)
    return [] if stored is None else grid(card.spec, stored.frame)


def _register_browser(app: dash.Dash) -> None:
    """What needs no server: the address from the controls, the title, the navigation on a small screen."""

    def clientside(name: str, *arguments: Any, **options: Any) -> None:
        bind: Any = app.clientside_callback
        bind(ClientsideFunction("dashboards", name), *arguments, **options)

    clientside(
        "choose",
        Output(ids.URL, "search"),
        Input(ids.DAY, "value"),
        Input(ids.COMPARE, "value"),
        Input(ids.DIMENSION, "value"),
        Input(ids.VALUE, "value"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    clientside(
        "offer",
        Output(ids.VALUE, "data", allow_duplicate=True),
        Output(ids.VALUE, "value", allow_duplicate=True),
        Output(ids.VALUE, "style", allow_duplicate=True),
        Input(ids.DIMENSION, "value"),
        State(ids.VALUES, "data"),
        State(ids.SHOWN, "data"),
        prevent_initial_call=True,
    )
    clientside("arrived", Input(ids.SHOWN, "data"), Input(ids.SCHEME, "data"))
    clientside("scheme", Output(ids.SCHEME, "data"), Input(ids.TOGGLE, "id"))
    clientside(
        "unfold",
        Output(ids.SHELL, "navbar"),
        Output(ids.BURGER, "opened"),
        Input(ids.BURGER, "opened"),
        Input(ids.SHOWN, "data"),
        State(ids.SHELL, "navbar"),
        prevent_initial_call=True,
    )
