"""Revenue over time by the values of each declared dimension."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import series_colour
from dash_app.figures.frame import (
    BOTTOM,
    FONT_SIZE,
    NOTE_LINE,
    TOP,
    compared_note,
    figure,
    money_left,
    period_axis,
    value_axis,
    wrapped,
)
from dash_app.figures.labels import escape, shorten_all, spread, width
from dash_app.figures.periods import MEAN_DAYS, ago, moved
from dash_app.figures.values import daily_top_values, heading, highest, value_colour
from dash_app.records import Figure, Look
from dash_app.words.formats import formats

HEIGHT_OF_DIMENSIONS = 420
MAX_PANELS = 3
MAX_LINES = 5
_NAME_LENGTH = 16


def daily_revenue_by_value(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_dimension_values``: revenue of the last seven days per day, a panel for each dimension.

    Single days follow the week more than the shop; they are in the hover. A line is a value, the grey one the rest.
    """
    dimensions = frame["dimension"].unique(maintain_order=True).to_list()
    shown = dimensions[:MAX_PANELS]
    earlier = moved(frame, look, "date", "day")
    cut = f"{len(shown)} of {len(dimensions)} dimensions" if len(shown) < len(dimensions) else ""
    notes = (f"revenue per day, mean of {MEAN_DAYS} days", cut, compared_note(look) if earlier is not None else "")
    plot = HEIGHT_OF_DIMENSIONS - TOP - BOTTOM - NOTE_LINE * len(wrapped(notes))
    most = MAX_LINES if len(shown) == 1 else MAX_LINES - 1
    data: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    longest: list[str] = []
    for index, dimension in enumerate(shown):
        suffix = "" if index == 0 else str(index + 1)
        rows = daily_top_values(frame.filter(pl.col("dimension") == dimension), most)
        series = rows.partition_by("label", maintain_order=True)
        high = max(highest(rows["mean"]), 0.0) * 1.06 or 1.0
        top = 1 - index / len(shown)
        domain = [max(top - 0.86 / len(shown), 0.0), top - 0.04] if len(shown) > 1 else [0.0, 1.0]
        layout[f"yaxis{suffix}"] = value_axis(
            look, money=True, domain=domain, range=[0, high], rangemode="normal", nticks=4, anchor="x"
        )
        if earlier is not None:
            before = earlier.filter(pl.col("dimension") == dimension)
            data += _earlier_lines(before, series, f"y{suffix}", look)
        data += [_line(part, position, f"y{suffix}", look) for position, part in enumerate(series)]
        names = shorten_all([str(part["label"][0]) for part in series], _NAME_LENGTH)
        texts += _ends(series, names, high, plot * (domain[1] - domain[0]), f"y{suffix}")
        longest += names
        if len(shown) > 1:
            texts.append(_panel_heading(dimension, domain[1]))
    last = f"y{len(shown)}" if len(shown) > 1 else "y"
    x = period_axis(look, "day", encode.days(frame["date"].unique().sort()), beside_names=True)
    x |= {"anchor": last}
    return figure(
        data,
        look,
        notes,
        left=money_left(look),
        margin={"r": int(width(longest)) + 26},
        annotations=texts,
        xaxis=x,
        **layout,
    )


def _line(rows: pl.DataFrame, position: int, axis: str, look: Look) -> dict[str, Any]:
    before, after = formats(look).affixes
    digits = formats(look).minor_digits
    return {
        "type": "scatter",
        "mode": "lines",
        "name": escape(str(rows["label"][0])),
        **encode.along(rows["date"]),
        "y": encode.rough(rows["mean"]),
        "customdata": encode.array(rows["revenue"]),
        "yaxis": axis,
        "line": {"color": value_colour(position, rows), "width": 2},
        "hovertemplate": f"{before}%{{y:,.0f}}{after} a day; the day itself {before}%{{customdata:,.{digits}f}}{after}",
    }


def _earlier_lines(before: pl.DataFrame, series: list[pl.DataFrame], axis: str, look: Look) -> list[dict[str, Any]]:
    """The shown values in the earlier report, dotted; the rest is left out, it may be made of others."""
    money_before, money_after = formats(look).affixes
    traces = []
    for position, part in enumerate(series):
        if part["is_rest"][0]:
            continue
        rows = before.filter(pl.col("value").eq_missing(part["value"][0])).sort("date")
        rows = rows.with_columns(mean=pl.col("revenue").rolling_mean(MEAN_DAYS, min_samples=1))
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": escape(str(part["label"][0])),
                **encode.along(rows["date"]),
                "y": encode.rough(rows["mean"]),
                "yaxis": axis,
                "opacity": 0.6,
                "line": {"color": series_colour(position), "width": 1.5, "dash": "dot"},
                "hovertemplate": f"{money_before}%{{y:,.0f}}{money_after} a day, {ago(rows)}",
            }
        )
    return traces


def _ends(series: list[pl.DataFrame], names: list[str], high: float, plot: float, axis: str) -> list[dict[str, Any]]:
    ends = [float(part["mean"][-1]) for part in series]
    heights = [end / high * plot for end in ends]
    places = spread(heights, FONT_SIZE + 1, 4, plot)
    return [
        {
            "text": f'<span style="color:{value_colour(index, part)}">●</span> {escape(names[index])}',
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 4,
            "yref": axis,
            "y": ends[index],
            "yanchor": "middle",
            "yshift": round(places[index] - heights[index], 1),
            "showarrow": False,
        }
        for index, part in enumerate(series)
    ]


def _panel_heading(dimension: str, top: float) -> dict[str, Any]:
    return heading(dimension, top) | {"yref": "paper", "yanchor": "bottom"}
