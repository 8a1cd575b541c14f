"""Revenue to come by segment, in all and week by week, and of the customers who are still to come apart."""

from __future__ import annotations

from typing import Any

import polars as pl

from ca_platform.settings.segments import SEGMENTS
from dash_app.figures import encode
from dash_app.figures.colours import OTHER
from dash_app.figures.frame import figure, money_left, period_axis, plain_axis, value_axis
from dash_app.figures.labels import width
from dash_app.figures.opening import opens, points
from dash_app.figures.segments import COLOURS
from dash_app.figures.whiskers import across
from dash_app.records import Figure, Look
from dash_app.words.formats import formats, plural
from dash_app.words.value_segments import TO_COME

HEIGHT_OF_SEGMENTS = 420
_END = 24
"""Room for half of the last date."""
_WHISKER = "#666f7a"
"""To be seen on white, on black and on every bar."""
_EDGE = "rgba(255,255,255,0.7)"
"""Between two areas of one colour, in both schemes."""


def segments(frame: pl.DataFrame, look: Look) -> Figure:
    """``clvsegments_amount``: a bar for each segment with anything to expect, its 80 % interval as a thin line."""
    form = formats(look)
    rows = ordered(frame)
    names = rows["name"].to_list()
    notes = (
        "revenue expected within the horizon, by what customers are now",
        "thin line: 80% interval" if rows["low"].is_not_null().any() else "",
        "click a bar to see its customers",
    )
    known = pl.col("name") != TO_COME
    data = [
        _bars(rows.filter(known), "customers", look)
        | opens("customers", segment=points(rows.filter(known)["segment"].to_list())),
        _bars(rows.filter(~known), TO_COME, look),
    ]
    before, after = form.affixes
    return figure(
        [trace for trace in data if trace["customdata"]],
        look,
        notes,
        left=int(width(names)) + 12,
        hovermode="closest",
        bargap=0.3,
        xaxis=value_axis(look, money=True, tickprefix=before, ticksuffix=after),
        yaxis=plain_axis(
            look,
            tickmode="array",
            tickvals=rows["place"].to_list(),
            ticktext=names,
            range=[rows.height - 0.4, -0.6],
            showline=False,
            ticks="",
            fixedrange=True,
        ),
    )


def weekly(frame: pl.DataFrame, look: Look) -> Figure:
    """``clvsegments_weekly``: areas on each other, the best segments below, customers who are still to come on top."""
    before, after = formats(look).affixes
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "stackgroup": "segments",
            **encode.along(rows["last_day"]),
            "y": encode.rough(rows["amount"]),
            "line": {"color": _EDGE, "width": 0.6},
            "fillcolor": COLOURS.get(name, OTHER),
            "hovertemplate": f"{name}: {before}%{{y:,.0f}}{after}<extra></extra>",
        }
        for name in (*SEGMENTS, TO_COME)
        if (rows := frame.filter(segment=name).sort("week"))["amount"].sum() > 0
    ]
    notes = (
        "revenue expected in each week, at its last day, by what customers are now",
        "colours as of the segments' bars; on top: customers who are still to come",
    )
    return figure(
        data,
        look,
        notes,
        left=money_left(look),
        margin={"r": _END},
        xaxis=period_axis(look, "day", encode.days(frame["last_day"].unique().sort())),
        yaxis=value_axis(look, money=True),
    )


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Segments with customers or revenue from the best to the lost, then customers who are still to come; with ``place``."""
    rank = {segment: place for place, segment in enumerate(SEGMENTS)}
    rows = frame.filter((pl.col("customers").fill_null(0) > 0) | (pl.col("amount") > 0))
    return (
        rows.with_columns(
            name=pl.when(pl.col("segment").is_in(SEGMENTS)).then(pl.col("segment")).otherwise(pl.lit(TO_COME)),
            rank=pl.col("segment").replace_strict(rank, default=len(SEGMENTS), return_dtype=pl.Int64),
        )
        .sort("rank")
        .with_row_index("place")
    )


def _bars(rows: pl.DataFrame, name: str, look: Look) -> dict[str, Any]:
    amounts = rows["amount"].cast(pl.Float64)
    trace: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "x": encode.array(amounts),
        "y": encode.array(rows["place"]),
        "marker": {"color": [COLOURS.get(segment or "", OTHER) for segment in rows["segment"].to_list()]},
        "customdata": [_said(row, look) for row in rows.iter_rows(named=True)],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    if rows["low"].null_count() == 0:
        trace["error_x"] = across(amounts, rows["low"], rows["high"], _WHISKER, 1.2, cap=4)
    return trace


def _said(row: dict[str, Any], look: Look) -> str:
    form = formats(look)
    count = row["customers"] or 0
    who = f"{form.count(count)} {plural(count, 'customer')}"
    between = (
        "" if row["low"] is None else f"<br>80%: {form.compact_money(row['low'])} to {form.compact_money(row['high'])}"
    )
    return f"{row['name']}: {form.exact_money(row['amount'])} from {who}{between}"
