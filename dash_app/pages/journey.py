"""``/journey``: how long customers take from the download to each order."""

from __future__ import annotations

from dash_app.figures import journey as figures
from dash_app.figures.blank import without
from dash_app.records import Card, Page
from dash_app.words import journey as words

_EMPTY = "No customer has ordered yet."

JOURNEY = Page(
    "/journey",
    (
        Card(
            id="journey-now",
            report="customer_journey",
            title="Up to the last order, and since",
            reading=words.since_last,
            tiles=words.tiles,
            kind="tiles",
            height=90,
            width="full",
            empty=_EMPTY,
            is_empty=without("customers"),
        ),
        Card(
            id="journey-reached",
            report="customer_journey",
            title="Customers who reach each order",
            reading=words.reached,
            figure=figures.reached,
            height=figures.HEIGHT_OF_JOURNEY,
            empty=_EMPTY,
            is_empty=without("customers"),
        ),
        Card(
            id="journey-times",
            report="customer_journey",
            title="How long each stage takes",
            reading=words.times,
            figure=figures.times,
            height=figures.HEIGHT_OF_JOURNEY,
            empty=_EMPTY,
            is_empty=without("customers"),
        ),
        Card(
            id="journey-amounts",
            report="customer_journey",
            title="What each order brings",
            reading=words.amounts,
            figure=figures.amounts,
            width="full",
            empty=_EMPTY,
            is_empty=without("customers"),
        ),
    ),
)
