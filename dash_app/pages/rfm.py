"""``/rfm``: how recently, how often and for how much customers order."""

from __future__ import annotations

from functools import partial

from dash_app.figures import rfm as figures
from dash_app.figures.blank import without
from dash_app.records import Card, Page, no_comparison
from dash_app.words import rfm as words

_NO_BUYERS = "No customer has ordered yet."


def _view(report: str, title: str, across: str, up: str) -> Card:
    return Card(
        id=f"rfm-{report.replace('_', '-')}",
        report=report,
        title=title,
        reading=words.view,
        figure=partial(figures.view, across=across, up=up),
        height=340,
        empty=_NO_BUYERS,
        is_empty=without("customers"),
    )


def _clusters(name: str, title: str, noun: str, empty: str = _NO_BUYERS) -> Card:
    return Card(
        id=f"rfm-{name}-clusters",
        report=f"{name}_clusters",
        title=title,
        reading=partial(words.clusters, noun=noun, money=name == "monetary"),
        figure=partial(figures.clusters, name=name),
        height=340,
        empty=empty,
        is_empty=figures.without_bars,
    )


RFM = Page(
    "/rfm",
    (
        Card(
            id="rfm-room",
            report="rfm_bins",
            title="Customers by recency, frequency and amount",
            reading=words.room,
            figure=figures.room,
            height=figures.HEIGHT_OF_ROOM,
            width="full",
            empty=_NO_BUYERS,
            is_empty=without("customers"),
        ),
        _view("frequency_recency", "Frequency and recency", "recency", "frequency"),
        _clusters("recency", "Scores of recency", "last orders"),
        _view("recency_monetary", "Recency and amount", "recency", "monetary"),
        _clusters("frequency", "Scores of frequency", "times between orders", "No customer has come again yet."),
        _view("monetary_frequency", "Amount and frequency", "frequency", "monetary"),
        _clusters("monetary", "Scores of amounts", "mean amounts"),
    ),
    uses=no_comparison,
)
