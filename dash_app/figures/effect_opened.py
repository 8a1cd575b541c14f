"""One item of a comparison: both distributions with the fitted family, and the resampled differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.bars import bars
from dash_app.figures.colours import OKABE_ITO, OTHER, clear, scheme
from dash_app.figures.effects import level_ticks
from dash_app.figures.frame import figure, value_axis
from dash_app.figures.labels import label
from dash_app.records import Figure, Look
from dash_app.words import effect_series as words
from dash_app.words.effects import coverage, signed, size
from dash_app.words.effects import ticks as signed_ticks
from dash_app.words.formats import Formats, formats

_LOOKS = ((OTHER, "square-open"), (OKABE_ITO[0], "circle"))
_NAME_LENGTH = 24
_LEAST_SHARE = 1e-5


def distributions(frame: pl.DataFrame, look: Look) -> Figure:
    """Share of the customers by outcome, before and after or of both of a pair, and what the fitted family expects, on a logarithmic scale.

    Most customers order nothing in a week: on a level scale they would flatten all others.
    """
    rows = words.of_item(frame, look, words.DISTRIBUTIONS).filter(pl.col("share") > 0)
    metric = str(rows["metric"][0]) if rows.height else ""
    form = formats(look)
    sides = {series: label(name, _NAME_LENGTH) for series, name in words.names_of_sides(rows).items()}
    data = [
        _points(rows.filter(series=series), name, colour, symbol, metric, form)
        for (series, name), (colour, symbol) in zip(sides.items(), _LOOKS, strict=False)
    ]
    fitted = rows.filter(series=words.FITTED)
    if fitted.height:
        data.append(_fitted(fitted, metric, form))
    shares = rows["share"].to_list() or [1.0]
    low, high = math.floor(math.log10(max(min(shares), _LEAST_SHARE))), 0
    ticks = [10.0**power for power in range(low, high + 1)]
    notes = (
        f"share of customers by {'revenue' if metric == 'amount' else 'orders'}, on a logarithmic scale",
        ", ".join(f"{mark}: {name}" for mark, name in zip(("squares", "dots"), sides.values(), strict=False)),
        "dashed: fitted to both" if fitted.height else "",
    )
    return figure(
        data,
        look,
        notes,
        hovermode="closest",
        xaxis=value_axis(look, money=metric == "amount", rangemode="normal", showgrid=False, nticks=6),
        yaxis=value_axis(
            look,
            type="log",
            rangemode="normal",
            tickmode="array",
            tickvals=ticks,
            ticktext=[f"{100 * tick:g}%" for tick in ticks],
            range=[low - 0.15, high + 0.1],
        ),
    )


def resamples(frame: pl.DataFrame, look: Look) -> Figure:
    """The differences of the resamples; the interval is shaded, zero is a line."""
    rows = words.of_item(frame, look, (words.BOOTSTRAP,))
    metric = str(rows["metric"][0]) if rows.height else ""
    form = formats(look)
    middle = rows.with_columns(middle=(pl.col("low") + pl.col("high")) / 2)
    trace = bars(middle, "middle", "share", "%{customdata}: %{y:.1%} of the resamples", look)
    trace |= {
        "name": words.BOOTSTRAP,
        "width": encode.array(rows["high"] - rows["low"]),
        "customdata": [
            f"{signed(low, metric, form)} to {signed(high, metric, form)}"
            for low, high in rows.select("low", "high").iter_rows()
        ],
    }
    found = words.row_of(rows, look)
    shapes = [_upright(0.0, scheme(dark=look.dark).text, "solid")]
    shaded = ""
    if found is not None and found["ci_low"] is not None and found["ci_high"] is not None:
        shapes.append(_band(found["ci_low"], found["ci_high"]))
        shaded = f"shaded: {coverage(look)} interval"
    notes = ("share of resamples of the customers by their difference", shaded, "line: no difference")
    return figure(
        [trace],
        look,
        notes,
        hovermode="closest",
        bargap=0.02,
        shapes=shapes,
        xaxis=_differences(rows, metric, look),
        yaxis=value_axis(look, share=True, nticks=4),
    )


def _differences(rows: pl.DataFrame, metric: str, look: Look) -> dict[str, Any]:
    """The axis of the differences, zero on it."""
    form = formats(look)
    low, high = (min([*rows["low"].to_list(), 0.0]), max([*rows["high"].to_list(), 0.0]))
    ticks = level_ticks(low, high)
    room = 0.04 * ((high - low) or 1.0)
    return value_axis(
        look,
        rangemode="normal",
        showgrid=False,
        range=[low - room, high + room],
        tickmode="array",
        tickvals=ticks,
        ticktext=signed_ticks(ticks, metric, form),
    )


def without_sides(frame: pl.DataFrame, kind: str) -> bool:
    """Whether there is no distribution of either side of any item of a kind."""
    return _without(frame, kind, words.DISTRIBUTIONS)


def without_resamples(frame: pl.DataFrame, kind: str) -> bool:
    """Whether there are no resamples of any item of a kind."""
    return _without(frame, kind, (words.BOOTSTRAP,))


def _without(frame: pl.DataFrame, kind: str, series: Sequence[str]) -> bool:
    own = frame.filter(item_kind=kind) if kind else frame
    return own.filter(pl.col("series").is_in(list(series)) & (pl.col("share") > 0)).is_empty()


def _points(part: pl.DataFrame, name: str, colour: str, symbol: str, metric: str, form: Formats) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": encode.array(_middle(part, metric)),
        "y": encode.array(part["share"]),
        "marker": {"color": colour, "size": 8, "symbol": symbol, "line": {"color": colour, "width": 1.6}},
        "customdata": [
            f"{name}, {_outcome(low, high, metric, form)}" for low, high in part.select("low", "high").iter_rows()
        ],
        "hovertemplate": "%{customdata}: %{y:.2%} of the customers<extra></extra>",
    }


def _fitted(part: pl.DataFrame, metric: str, form: Formats) -> dict[str, Any]:
    trace = _points(part, words.FITTED, OKABE_ITO[2], "circle", metric, form)
    drop = ("marker",)
    return {name: value for name, value in trace.items() if name not in drop} | {
        "mode": "lines",
        "line": {"color": OKABE_ITO[2], "width": 1.8, "dash": "dash"},
    }


def _middle(part: pl.DataFrame, metric: str) -> pl.Series:
    """Where a bin stands: a number of orders at itself, an amount in the middle."""
    return part["low"] if metric == "orders" else (part["low"] + part["high"]) / 2


def _outcome(low: float, high: float, metric: str, form: Formats) -> str:
    if metric == "orders":
        return f"{form.number(low, 0)} {'orders' if high - low <= 1 else 'orders and more'}"
    if low == high:
        return size(low, metric, form)
    return f"{size(low, metric, form)} to {size(high, metric, form)}"


def _upright(place: float, colour: str, dash: str) -> dict[str, Any]:
    line = {"color": colour, "width": 1.2, "dash": dash}
    return {"type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _band(low: float, high: float) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": low,
        "x1": high,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "fillcolor": clear(OKABE_ITO[5], 0.2),
        "line": {"width": 0},
    }
