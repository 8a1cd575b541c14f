"""A card's report as a CSV file: exactly the rows that are drawn, in the columns of the catalogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl
from flask import Flask, Response, abort, request

from dash_app.answers import Answers, scope
from dash_app.pages import CARDS
from dash_app.state import parse

if TYPE_CHECKING:
    from dash_app.records import Card
    from dash_app.state import View

ROUTE = "/csv/"
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = r"^[=+\-@\t\r]"


def add_export(server: Flask, answers: Answers, dimensions: tuple[str, ...]) -> None:
    """Register the download behind the CSV buttons. It stands behind the gate like everything else."""

    @server.route(f"{ROUTE}<card_id>", endpoint="csv")
    def download(card_id: str) -> Response:
        card = CARDS.get(card_id)
        view, _ = parse(request.query_string.decode("latin-1"), dimensions)
        stored = answers.rows(card, view) if card else None
        if card is None or stored is None:
            abort(404)
        answer = Response(to_csv(stored.frame), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{file_name(card, view)}.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return answer


def to_csv(frame: pl.DataFrame) -> str:
    r"""The frame as CSV in which no text can pass for a formula.

    >>> to_csv(pl.DataFrame({"value": ["UK", "=1+1"], "orders": [3, -1]}))
    "value,orders\nUK,3\n'=1+1,-1\n"
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    harmless = frame.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    )
    return harmless.write_csv()


def file_name(card: Card, view: View) -> str:
    """Name of a download, without its ending: report, day, dimension value."""
    dimension = scope(card, view)
    parts = [card.report, str(view.date or "newest"), "" if dimension.is_main else str(dimension)]
    return re.sub(r"[^A-Za-z0-9_.=-]+", "-", "_".join(filter(None, parts)))[:150]
