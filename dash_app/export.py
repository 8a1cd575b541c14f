"""A card's report as a CSV file: exactly the rows that are drawn, in the columns of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
from flask import Flask, Response, abort, request

from ca_platform.store.frames import flat
from dash_app.answers import Answers, scope
from dash_app.cards import CSV
from dash_app.customers import all_customers, filters_of
from dash_app.pages import CARDS, PAGE_OF
from dash_app.reader import Reader
from dash_app.state import parse

if TYPE_CHECKING:
    from datetime import date

    from ca_platform.store import Dimension

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = r"^[=+\-@\t\r]"
_BLOCK = 20_000


def add_export(server: Flask, answers: Answers, reader: Reader, dimensions: tuple[str, ...]) -> None:
    """Register the download behind the CSV buttons. It stands behind the gate like everything else."""

    @server.route(f"{CSV}<card_id>", endpoint="csv")
    def download(card_id: str) -> Response:
        card = CARDS.get(card_id) or abort(404)
        view, _ = parse(request.query_string.decode("latin-1"), dimensions, PAGE_OF[card_id].filters)
        if card.kind == "table":
            listed = answers.listed(view)
            filters = filters_of(request.args.get("filter", ""), card.spec, answers.zone)
            frames = (
                all_customers(reader, card.spec, filters) if listed is None else answers.lists.blocks(listed, filters)
            )
            name = card.report if listed is None else file_name(listed.opened.report, listed.day, listed.dimension)
            return _attached(frames, name)
        frame = answers.rows(card, view)
        if frame is None:
            abort(404)
        return _attached(slices(frame), file_name(card.report, view.date, scope(card, view)))


def slices(frame: pl.DataFrame, rows: int = _BLOCK) -> Iterator[pl.DataFrame]:
    """The frame in pieces, so that millions of rows are never all there as text; of an empty one the empty piece.

    >>> [piece.height for piece in slices(pl.DataFrame({"orders": [1, 2, 3]}), 2)]
    [2, 1]
    """
    yield from (frame.slice(first, rows) for first in range(0, max(frame.height, 1), rows))


def _attached(frames: Iterator[pl.DataFrame], name: str) -> Response:
    content = (to_csv(frame, header=number == 0) for number, frame in enumerate(frames))
    answer = Response(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def to_csv(frame: pl.DataFrame, *, header: bool = True) -> str:
    r"""The frame as CSV in which no text can pass for a formula.

    >>> to_csv(pl.DataFrame({"value": ["UK", "=1+1"], "orders": [3, -1]}))
    "value,orders\nUK,3\n'=1+1,-1\n"
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    harmless = frame.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    )
    return flat(harmless).write_csv(include_header=header)


def file_name(report: str, day: date | None, dimension: Dimension) -> str:
    """Name of a download, without its ending: report, day, dimension value."""
    parts = [report, str(day or "newest"), "" if dimension.is_main else str(dimension)]
    return re.sub(r"[^A-Za-z0-9_.=-]+", "-", "_".join(filter(None, parts)))[:150]
