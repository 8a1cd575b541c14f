"""Cards as Dash sees them: a frame, a place for the answer, and the answer in the form in which it is sent.

What belongs here: what a card's callbacks write to. What does not: what the answer is (``answers``), and what a card
looks like: ``templates/card.html`` is its markup, and the browser puts the answer into it (``assets/dashboards.js``).

Dash looks at all of its components whenever one of them changes. With the whole card made of Dash components, and
``dcc.Graph`` in it, ``/funnels`` took 2.3 times the processor time of its charts alone: 26 components a card, eight
outputs, every chart drawn twice. Six components and one output are left.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dash import dcc, html

from ca_platform.drill import counts
from dash_app.answers import Answer
from dash_app.attributes import data
from dash_app.grid import endless_grid
from dash_app.ids import part
from dash_app.pages import PAGE_OF
from dash_app.records import Card
from dash_app.spark import spark
from dash_app.words.formats import Formats

_OPENS = "A number that counts customers, orders or deliveries leads to their list: click its mark, or the link in the table."
CSV = "/csv/"
"""Where a card's rows are downloaded; the browser adds what is shown."""


def frame_of(card: Card, form: Formats) -> html.Section:
    """A card before its answer has come."""
    table = endless_grid(card.spec, part("grid", card.id), form) if card.kind == "table" else []
    return html.Section(
        [
            html.Div(className="card-frame"),
            html.Div(table, id=part("rows", card.id), className="card-rows"),
            dcc.Store(id=part("answer", card.id)),
            dcc.Store(id=part("tries", card.id)),
            dcc.Store(id=part("ask", card.id)),
        ],
        className=f"card card-{card.width} card-of-{card.kind}",
        **data(
            card=card.id,
            report=card.report,
            kind=card.kind,
            state="loading",
            title=card.title,
            about=_about(card),
            grain=card.spec.grain,
            height=str(card.height),
            csv=f"{CSV}{card.id}",
            scope="value" if card.spec.by_dimension else "shop",
            more="" if PAGE_OF[card.id].route == card.spec.page else card.spec.page,
        ),
    )


def _about(card: Card) -> str:
    """The definition of the report, and that its numbers lead further where they do."""
    if card.kind == "table" or not counts(card.report):
        return card.spec.description
    return f"{card.spec.description} {_OPENS}"


def sent(answer: Answer, token: str, *, dark: bool) -> dict[str, Any]:
    """An answer as the browser gets it.

    Args:
        token: names the question, so that a late answer to an older one is not taken for the new one.
    """
    return {
        "token": token,
        "verdict": answer.verdict,
        "reading": answer.reading,
        "note": answer.note,
        "figure": answer.figure,
        "tiles": [asdict(tile) | {"spark": spark(tile.spark, dark=dark)} for tile in answer.tiles],
        "listing": asdict(answer.listing) if answer.listing else None,
        "message": asdict(answer.message) if answer.message else None,
    }
