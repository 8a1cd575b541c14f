"""Products that are bought together, as a matrix of the leading pairs."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from dash_app.figures.frame import figure, plain_axis
from dash_app.figures.labels import escape, shorten, shorten_all, width
from dash_app.figures.maps import colour_axis, written
from dash_app.figures.opening import columns, opens, rows
from dash_app.records import Figure, Look
from dash_app.words.baskets import among, left_out, nodes
from dash_app.words.formats import Formats, formats, plural

HEIGHT_OF_MATRIX = 520
_TEXT_UP_TO = _FEW = 12
_NAME_LENGTH = 17
_WHOLE_FROM = 9.95
_BOTTOM = 78
_LIFTS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000)


def matrix(frame: pl.DataFrame, look: Look) -> Figure:
    """``most_combined_products``: lift between the products of the leading pairs, both ways, on a logarithmic scale.

    A row's number is the number of its column: names have room once only.
    """
    form, names = formats(look), nodes(frame, look)
    shown = among(frame, names)
    size, with_text = len(names), len(names) <= _TEXT_UP_TO
    cells = _cells(shown, names, form)
    highest = max((cell["lift"] for cell in cells.values()), default=1.0)
    every = pl.concat([frame["product_a"], frame["product_b"]]).n_unique()
    notes = (
        "lift: how many times as often as by chance two are in one order",
        f"{size} of {form.count(every)} products, {form.count(shown.height)} of {form.count(frame.height)} pairs",
        left_out(frame, look),
    )
    places, short = list(range(size)), shorten_all(names, _NAME_LENGTH)
    return figure(
        _heats(cells, names, highest, with_text=with_text),
        look,
        notes,
        hovermode="closest",
        left=int(width([f"{size} {name}" for name in short])) + 8,
        margin={"b": _BOTTOM},
        coloraxis=_colours(highest, look),
        xaxis=_axis(
            look, places, [f"{place + 1}" for place in places][:: 1 if size <= _FEW else 3], [-0.5, size - 0.5]
        ),
        yaxis=_axis(
            look,
            places,
            [f"{escape(name)} {place + 1}" for place, name in enumerate(short)],
            [size - 0.5, -0.5],
        ),
    )


def _cells(pairs: pl.DataFrame, names: list[str], form: Formats) -> dict[tuple[int, int], dict[str, Any]]:
    places = {name: place for place, name in enumerate(names)}
    found = {}
    for row in pairs.iter_rows(named=True):
        first, second = places[row["product_a"]], places[row["product_b"]]
        hover = (
            f"{escape(shorten(row['product_a'], 60))} and<br>{escape(shorten(row['product_b'], 60))}:<br>"
            f"{form.count(row['orders'])} {plural(row['orders'], 'order')}, lift {form.mean(row['lift'])}"
        )
        cell = {
            "lift": row["lift"],
            "text": form.number(row["lift"], 1 if row["lift"] < _WHOLE_FROM else 0),
            "hover": hover,
        }
        found[(first, second)] = found[(second, first)] = cell
    return found


def _heats(
    cells: dict[tuple[int, int], dict[str, Any]], names: list[str], highest: float, *, with_text: bool
) -> list[dict[str, Any]]:
    """The cells in which the row is the pair's first product, and those in which the column is."""
    forward = {place: cell for place, cell in cells.items() if names[place[0]] < names[place[1]]}
    backward = {place: cell for place, cell in cells.items() if place not in forward}
    by_row, by_column = rows(names), columns(names)
    keys = (
        opens("orders", product_a=by_row, product_b=by_column),
        opens("orders", product_a=by_column, product_b=by_row),
    )
    return [
        key | trace
        for part, key in zip((forward, backward), keys, strict=True)
        for trace in _heat(part, len(names), highest, with_text=with_text)
    ]


def _heat(
    cells: dict[tuple[int, int], dict[str, Any]], size: int, highest: float, *, with_text: bool
) -> list[dict[str, Any]]:
    def table(make: Any, blank: Any) -> list[list[Any]]:
        return [
            [make(cells[(row, column)]) if (row, column) in cells else blank for column in range(size)]
            for row in range(size)
        ]

    trace: dict[str, Any] = {
        "type": "heatmap",
        "z": table(lambda cell: _height(cell["lift"]), None),
        "coloraxis": "coloraxis",
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "customdata": table(lambda cell: cell["hover"], ""),
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    if not with_text:
        return [trace]
    places = table(lambda cell: _height(cell["lift"]) / _top(highest), None)
    return written(trace, table(lambda cell: cell["text"], ""), places)


def _height(lift: float) -> float:
    """Where a lift lies on the logarithmic scale, from 0 on."""
    return math.log10(max(lift, 1.0))


def _top(highest: float) -> float:
    """The end of the scale."""
    return max(_height(highest), 0.3)


def _colours(highest: float, look: Look) -> dict[str, Any]:
    top = _top(highest)
    ticks = [lift for lift in _LIFTS if math.log10(lift) <= top]
    bar = {
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "ypad": 2,
        "tickvals": [math.log10(lift) for lift in ticks],
        "ticktext": [f"×{lift:,}" for lift in ticks],
    }
    return colour_axis(top, look, bar)


def _axis(look: Look, places: list[int], texts: list[str], ends: list[float]) -> dict[str, Any]:
    step = -(-len(places) // len(texts)) if texts else 1
    return plain_axis(
        look,
        tickmode="array",
        tickvals=places[::step],
        ticktext=texts,
        range=ends,
        tickangle=0,
        showline=False,
        ticks="",
        fixedrange=True,
    )
