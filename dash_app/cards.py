"""The components around a chart: the same for every card, filled by callbacks.

What belongs here: the frame of a card, and what its callback puts in. What does not: what that is (``answers``). The
state of a card is shown by its root alone (``data-state``); which part is visible follows by the style sheet.
"""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_app.attributes import HIDDEN, data, label, labelled_by
from dash_app.grid import endless_grid
from dash_app.ids import part
from dash_app.messages import Message
from dash_app.records import Card, Tile
from dash_app.spark import spark

GRAPH_CONFIG: Any = {
    "displayModeBar": False,
    "displaylogo": False,
    "showSendToCloud": False,
    "responsive": True,
    "topojsonURL": "/assets/topojson/",
}
_SIGNS = {"up": "▲", "down": "▼", "flat": "■", "": ""}


def frame_of(card: Card) -> html.Section:
    """A card before its answer has come."""
    heading = f"title-{card.id}"
    return html.Section(
        [
            html.Header([html.H2(card.title, id=heading), _tools(card)], className="card-head"),
            html.P(id=part("reading", card.kind, card.id), className="card-reading"),
            html.P(id=part("note", card.kind, card.id), className="card-note"),
            html.Div(
                [
                    _drawing(card),
                    html.Div(id=part("rows", card.kind, card.id), className="card-rows"),
                    html.Div(
                        [
                            html.Div(id=part("message", card.kind, card.id)),
                            html.Button(
                                "Try again", id=part("retry", card.kind, card.id), className="card-retry", type="button"
                            ),
                        ],
                        className="card-message",
                    ),
                    html.Div(className="card-wait", **HIDDEN),
                ],
                className="card-body",
                style={"minHeight": card.height},
            ),
            html.P("Whole shop: this report does not exist by dimension.", className="card-scope")
            if not card.spec.by_dimension
            else None,
        ],
        id=part("root", card.kind, card.id),
        className=f"card card-{card.width} card-of-{card.kind}",
        **data(
            card=card.id,
            report=card.report,
            kind=card.kind,
            state="loading",
            verdict="",
            answer="",
            table="false",
        ),
        **labelled_by(heading),
    )


def message_of(message: Message | None) -> list[Any]:
    """The inside of a card that has nothing to draw."""
    if message is None:
        return []
    parts: list[Any] = [html.P(message.title, className="message-title"), html.P(message.text)]
    if message.command:
        parts.append(html.Code(message.command))
    if message.link:
        label, query = message.link
        parts.append(dcc.Link(label, href=query, className="message-link"))
    return parts


def tiles_of(tiles: tuple[Tile, ...], *, dark: bool) -> list[html.Div]:
    """Key figures."""
    return [_tile(tile, dark=dark) for tile in tiles]


def _tile(tile: Tile, *, dark: bool) -> html.Div:
    good = {True: "good", False: "bad", None: "plain"}[tile.is_good]
    change = [html.Span(_SIGNS[tile.trend], className="tile-sign", **HIDDEN), html.Span(tile.change)]
    return html.Div(
        [
            html.P(tile.label, className="tile-label"),
            html.P(tile.value, className="tile-value", title=tile.title or None),
            html.P(change if tile.change else "", className=f"tile-change tile-{good}"),
            html.Img(src=spark(tile.spark, dark=dark), alt="", className="tile-spark") if len(tile.spark) > 1 else None,
        ],
        className="tile",
    )


def _drawing(card: Card) -> Any:
    if card.kind == "tiles":
        return html.Div(id=part("tiles", card.kind, card.id), className="card-drawing tiles")
    if card.kind == "table":
        table = endless_grid(card.spec, part("grid", card.kind, card.id))
        return html.Div(table, className="card-drawing", style={"height": card.height})
    graph = dcc.Graph(
        id=part("graph", card.kind, card.id),
        figure={"data": [], "layout": {}},
        config=GRAPH_CONFIG,
        responsive=True,
        className="card-graph",
        style={"height": card.height},
    )
    return html.Div(graph, className="card-drawing")


def _tools(card: Card) -> html.Div:
    about = html.Details(
        [
            html.Summary(**_named("About", card), className="tool tool-about"),
            html.Div(
                [
                    html.P(card.spec.description),
                    html.P([html.Code(card.report), f" · one row for each {card.spec.grain}"]),
                ],
                className="about",
            ),
        ],
        className="card-about",
    )
    drawn = card.kind == "figure"
    return html.Div(
        [
            about,
            html.Button(id=part("show", card.kind, card.id), type="button", **_tool("table", "Show as table", card))
            if drawn
            else None,
            html.Button(type="button", **_tool("png", "Save as picture", card)) if drawn else None,
            html.A(
                id=part("csv", card.kind, card.id),
                href="",
                download="",
                **_tool("csv", "Save as CSV", card),
            ),
        ],
        className="card-tools",
        role="group",
        **label(f"Tools of {card.title}"),
    )


def _named(what: str, card: Card) -> dict[str, Any]:
    return {"title": what, **label(f"{what}: {card.title}")}


def _tool(role: str, what: str, card: Card) -> dict[str, Any]:
    return {"className": f"tool tool-{role}", **data(role=role), **_named(what, card)}
