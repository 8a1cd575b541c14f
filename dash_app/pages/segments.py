"""``/segments``: groups of customers by their scores, and who changes between them."""

from __future__ import annotations

from dash_app.figures import segments as figures
from dash_app.figures.blank import without
from dash_app.records import LISTED, Card, Page
from dash_app.words import segments as words

_NO_BUYERS = "No customer has ordered yet."

SEGMENTS = Page(
    "/segments",
    (
        Card(
            id="segments-tree",
            report="segmentation",
            title="Segments",
            reading=words.largest,
            figure=figures.tree,
            height=figures.HEIGHT_OF_TREE,
            width="full",
            empty=_NO_BUYERS,
            is_empty=without("customers"),
        ),
        Card(
            id="segments-flow",
            report="segment_transitions",
            title="Changes within 30 days",
            reading=words.moved,
            figure=figures.flow,
            height=figures.HEIGHT_OF_FLOW,
            width="full",
            empty=_NO_BUYERS,
            is_empty=without("customers"),
        ),
        Card(
            id="segments-revenue",
            report="segmentation",
            title="Revenue by segment",
            reading=words.money,
            figure=figures.revenue,
            height=420,
            empty=_NO_BUYERS,
            is_empty=without("customers"),
        ),
        Card(
            id="segments-list",
            report="segmentation",
            title="Segments as a table",
            reading=words.largest,
            listing=words.listed,
            kind="list",
            height=LISTED,
            empty=_NO_BUYERS,
            is_empty=without("customers"),
        ),
    ),
)
