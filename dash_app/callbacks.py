"""The wiring: which component's change asks for what."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from ca_platform.store import Dimension
from dash_app import ids
from dash_app.answers import Answers
from dash_app.cards import frame_of, sent
from dash_app.grid import grid
from dash_app.ids import part
from dash_app.navigation import (
    Place,
    compare_choices,
    controls,
    day_choices,
    dimension_names,
    dimension_values,
    place,
)
from dash_app.pages import CARDS, PAGE_OF
from dash_app.reader import Reader
from dash_app.records import Card
from dash_app.refused import Refused
from dash_app.state import View, parse
from dash_app.words import names
from dash_app.words.dates import weekday
from dash_app.words.formats import Formats


@dataclass(frozen=True, slots=True)
class Parts:
    """What callbacks work with."""

    reader: Reader
    answers: Answers
    dimensions: tuple[str, ...]
    refused: Refused


def register(app: dash.Dash, parts: Parts) -> None:
    """All callbacks of the application."""
    _register_place(app, parts)
    _register_cards(app, parts)
    _register_browser(app)


def _register_place(app: dash.Dash, parts: Parts) -> None:
    @app.callback(
        output={
            "main": {name: Output(ids.MAIN, f"data-{name}") for name in ("date", "compare", "dimension", "turn")},
            "page": Output(ids.PAGE, "children"),
            "shown": Output(ids.SHOWN, "data"),
            "notices": Output(ids.NOTICES, "children"),
            "heading": Output(ids.HEADING, "children"),
            "lead": Output(ids.LEAD, "children"),
            "controls": {name: Output(ids.CONTROLS, name) for name in ("hidden", "data-uses")},
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
        notices = [*here.notices, *parts.refused.notices(here.day)]
        return _arrival(here, parts.dimensions, links, notices, parts.answers.form, was=(shown or {}).get("cards"))


def _arrival(
    here: Place, dimensions: tuple[str, ...], links: list[str], notices: list[str], form: Formats, was: Any
) -> dict[str, Any]:
    """Everything that changes with the address. The cards stay where they are while they are the same."""
    route = here.page.route if here.page else ""
    cards = [card.id for card in here.cards]
    query = here.asked.without_filters().query()
    turn = str(time.time_ns())
    dimension, values = here.asked.dimension, dimension_values(here)
    title = here.page.spec.title if here.page else "No such page"
    return {
        "main": {
            "date": str(here.day or ""),
            "compare": str(here.compare or ""),
            "dimension": str(dimension),
            "turn": turn,
        },
        "page": no_update if was == cards and route else _cards(here, query, form),
        "shown": {
            "route": route,
            "cards": cards,
            "controls": controls(here),
            "filters": here.asked.filters.chosen(),
            "kept": here.asked.filters.kept(),
            "title": title,
            "query": here.view.query(),
            "asked": str(here.asked.date or ""),
            "date": str(here.day or ""),
            "compare": str(here.compare or ""),
            "dimension": str(dimension),
            "turn": turn,
        },
        "notices": [html.P(text, className="notice") for text in notices],
        "heading": title,
        "lead": _lead(here),
        "controls": {"hidden": not here.uses, "data-uses": " ".join(sorted(here.uses))},
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


def _cards(here: Place, query: str, form: Formats) -> list[Any]:
    if here.page is None:
        return [html.P(["Nothing is at this address. ", html.A("Go to the overview", href=f"/{query}"), "."])]
    return [frame_of(card, form) for card in here.cards]


def _lead(here: Place) -> str:
    if here.page is None:
        return ""
    if here.day is None:
        return f"{here.page.spec.description} None of its reports is computed yet."
    if "date" not in here.uses:
        return here.page.spec.description
    shown = here.asked.dimension
    has_scope = "dimension" in here.uses and not shown.is_main
    scope = f", {shown.name} = {names.value(shown.value)}" if has_scope else ""
    return f"{here.page.spec.description} As of the end of {weekday(here.day)}{scope}."


def _step(here: Place, *, later: bool) -> dict[str, str]:
    day = here.neighbour(later=later)
    if here.page is None or day is None:
        return {"href": "", "className": "step step-off"}
    return {"href": f"{here.page.route}{here.asked.with_date(day).query()}", "className": "step"}


def _register_cards(app: dash.Dash, parts: Parts) -> None:
    """What a card asks for: its answer, the rows behind it, a block of a long table. One request each."""

    @app.callback(
        Output(part("answer"), "data"),
        Input(ids.SHOWN, "data"),
        Input(ids.SCHEME, "data"),
        Input(part("tries"), "data"),
        State(part("answer"), "id"),
    )
    def answer(shown: Any, scheme: Any, tries: Any, identity: Any) -> dict[str, Any]:
        card, view = _question(parts, shown, identity)
        if scheme not in ("light", "dark"):
            raise PreventUpdate
        dark = scheme == "dark"
        return sent(parts.answers.of(card, view, dark=dark), f"{shown.get('turn')} {scheme} {tries or 0}", dark=dark)

    @app.callback(
        Output(part("rows"), "children"),
        Input(part("ask"), "data"),
        State(ids.SHOWN, "data"),
        State(part("ask"), "id"),
        prevent_initial_call=True,
    )
    def rows(asked: Any, shown: Any, identity: Any) -> Any:
        card, view = _question(parts, shown, identity)
        frame = parts.answers.rows(card, view) if asked else None
        return [] if frame is None else grid(card.spec, frame, parts.answers.zone, parts.answers.form)

    @app.callback(
        Output(part("grid"), "getRowsResponse"),
        Input(part("grid"), "getRowsRequest"),
        State(ids.SHOWN, "data"),
        State(part("grid"), "id"),
        prevent_initial_call=True,
    )
    def block(request: Any, shown: Any, identity: Any) -> dict[str, Any]:
        card, view = _question(parts, shown, identity)
        if not isinstance(request, dict):
            raise PreventUpdate
        return parts.answers.page(card, view, request)


def _question(parts: Parts, shown: Any, identity: Any) -> tuple[Card, View]:
    """Card and view of a request. Its parts come from a browser and may be anything."""
    card = _card(identity)
    query = shown.get("query") if isinstance(shown, dict) else None
    if card is None or not isinstance(query, str):
        raise PreventUpdate
    return card, parse(query, parts.dimensions, PAGE_OF[card.id].filters)[0]


def _card(identity: Any) -> Card | None:
    name = identity.get("card") if isinstance(identity, dict) else None
    return CARDS.get(name) if isinstance(name, str) else None


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
    clientside("show", Input(part("answer"), "data"), State(part("answer"), "id"))
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
