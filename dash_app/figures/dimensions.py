"""Revenue by the values of each declared dimension, in total."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OTHER, scheme, series_colour
from dash_app.figures.frame import (
    compared_note,
    figure,
    plain_axis,
    value_axis,
)
from dash_app.figures.labels import escape, shorten_all, width
from dash_app.figures.values import heading, highest, top_values
from dash_app.records import Figure, Look
from dash_app.words.formats import formats, plural

MAX_DIMENSIONS = 6
MAX_ROWS = 18
_NAME_LENGTH = 16
_PHONE = 200


def revenue_by_value(frame: pl.DataFrame, look: Look) -> Figure:
    """``dimension_kpis``: the values with the most revenue of each dimension, the rest of them as one bar."""
    dimensions = frame["dimension"].unique(maintain_order=True).to_list()
    shown = dimensions[:MAX_DIMENSIONS]
    most = max(MAX_ROWS // max(len(shown), 1) - 1, 2)
    drawn: list[str] = []
    places: list[float] = []
    heads: list[dict[str, Any]] = []
    data: list[dict[str, Any]] = []
    top = 0.0
    for number, dimension in enumerate(shown):
        rows = top_values(frame.filter(pl.col("dimension") == dimension), most)
        at = [top - 1.0 - index for index in range(rows.height)]
        heads.append(heading(dimension, top))
        data.append(_bars(rows, at, series_colour(number), look))
        if look.compare is not None and not look.compare.is_empty():
            data.append(_earlier(rows, look.compare.filter(pl.col("dimension") == dimension), at, look))
        places += at
        drawn += shorten_all(_names(rows), _NAME_LENGTH)
        top = at[-1] - 1.4
    cut = f"{len(shown)} of {len(dimensions)} dimensions" if len(shown) < len(dimensions) else ""
    compared = compared_note(look).replace("dotted", "upright line")
    widest = max((float(str(trace["x_max"])) for trace in data if "x_max" in trace), default=0.0)
    for trace in data:
        trace.pop("x_max", None)
    return figure(
        data,
        look,
        ("revenue and its share of the dimension", cut, compared),
        hovermode="closest",
        left=int(width(drawn)) + 12,
        bargap=0.25,
        annotations=heads,
        xaxis=value_axis(look, money=True, range=[0, widest * _stretch(data) or 1], nticks=4),
        yaxis=plain_axis(
            look,
            tickmode="array",
            tickvals=places,
            ticktext=[escape(name) for name in drawn],
            range=[top + 0.4, 0.7],
            showline=False,
            ticks="",
            fixedrange=True,
        ),
    )


def _names(rows: pl.DataFrame) -> list[str]:
    return [str(name) for name in rows["label"].to_list()]


def _bars(rows: pl.DataFrame, at: list[float], colour: str, look: Look) -> dict[str, Any]:
    form = formats(look)
    known = rows["share"].to_list()
    shares = [form.share(share) if share is not None else "" for share in known]
    whole = [form.share(share, 0) if share is not None else "" for share in known]
    amounts = rows["revenue"].to_list()
    hovers = [
        f"{escape(name)}: {form.exact_money(amount)}, {share or 'no share'}, {form.count(orders)} {plural(orders, 'order')}"
        for name, amount, share, orders in zip(_names(rows), amounts, shares, rows["orders"].to_list(), strict=True)
    ]
    texts = [
        " · ".join(filter(None, (form.compact_money(amount), share)))
        for amount, share in zip(amounts, whole, strict=True)
    ]
    return {
        "type": "bar",
        "orientation": "h",
        "y": at,
        "x": encode.array(rows["revenue"]),
        "marker": {"color": [OTHER if rest else colour for rest in rows["is_rest"].to_list()]},
        "text": texts,
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "constraintext": "none",
        "textfont": {"color": scheme(dark=look.dark).text, "size": 11},
        "customdata": hovers,
        "hovertemplate": "%{customdata}<extra></extra>",
        "x_max": highest(rows["revenue"]),
    }


def _stretch(traces: list[dict[str, Any]]) -> float:
    """How much longer than its longest bar the axis is, so that the text beside it has room on a phone."""
    texts = [text for trace in traces for text in trace.get("text", [])]
    return 1 / (1 - min(width(texts) / _PHONE, 0.6))


def _earlier(rows: pl.DataFrame, compare: pl.DataFrame, at: list[float], look: Look) -> dict[str, Any]:
    """The same values as of the earlier day, an upright line each; the rest has none."""
    own = rows.with_row_index("place").filter(~pl.col("is_rest"))
    joined = own.join(
        compare.select("value", before="revenue"), on="value", how="inner", nulls_equal=True, maintain_order="left"
    )
    form, grey = formats(look), scheme(dark=look.dark).text
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "earlier",
        "y": [at[place] for place in joined["place"].to_list()],
        "x": encode.array(joined["before"]),
        "marker": {"symbol": "line-ns-open", "size": 12, "color": grey, "line": {"color": grey, "width": 2.5}},
        "customdata": [form.exact_money(amount) for amount in joined["before"].to_list()],
        "hovertemplate": "before: %{customdata}<extra></extra>",
    }
