"""Many comparisons at once: a dot and an interval for each item on a zero line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, OTHER, scheme
from dash_app.figures.frame import BOTTOM, PHONE, as_tall, figure, plain_axis, value_axis
from dash_app.figures.labels import escape, shorten_all, width
from dash_app.figures.whiskers import across
from dash_app.filters import EffectFilters
from dash_app.records import Figure, Look
from dash_app.words import effects as words
from dash_app.words.effects import Subject
from dash_app.words.formats import formats
from dash_app.words.rows import Row

Verdict = Literal["increase", "decrease", "open"]

_NAME_LENGTH = 22
_ROW = 24
_THIN = 1.6
_LEAST_HEIGHT = 220
_MOST = 100
_BETWEEN = 6
"""Pixels between two ticks."""
_COLOURS: dict[Verdict, str] = {"increase": OKABE_ITO[0], "decrease": OKABE_ITO[1], "open": OTHER}
_MEASURES = {"amount": "revenue", "orders": "orders"}
_FEWEST_TICKS = 2
_SHOWN_WHOLE = 0.9
"""So many of the intervals are shown whole; the rest may be cut."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """How comparisons are drawn.

    Attributes:
        subject: what the items are.
        chooses: whether a click opens the item.
        means: what stands behind the name in a hover: the means of both sides unless said.
        is_ordered: the rows come in the order in which they are drawn.
        line: what the thin lines are, behind their coverage.
    """

    subject: Subject
    chooses: bool = True
    means: Callable[[Row, Look], str] | None = None
    is_ordered: bool = False
    line: str = "interval"


def effects(frame: pl.DataFrame, look: Look, kind: Drawn) -> Figure:
    """The adjusted difference of each item with its interval, filled where it survives the correction; raw ones beside.

    The items are those that the choices of the page put first, on the chart from the largest increase to the largest
    decrease where they are sorted by effect.
    """
    names = kind.subject.names
    order = EffectFilters.of(look.filters).sort
    able = words.known(frame) if kind.is_ordered else words.ranked(frame, order, names)
    rows = able.head(words.top(look, _MOST))
    if order == "effect" and not kind.is_ordered:
        rows = rows.sort("difference", *names, descending=[True, *(False for _ in names)])
    rows = rows.with_columns(place=-pl.int_range(pl.len()).cast(pl.Float64), verdict=_verdict())
    told = shorten_all([words.title(row, names) for row in rows.iter_rows(named=True)], _NAME_LENGTH)
    data = [*_raw(rows, look, kind), *(trace for verdict in _COLOURS for trace in _dots(rows, verdict, look, kind))]
    height, left = max(rows.height, 1), int(width(told)) + 14
    chart = figure(
        data,
        look,
        _notes(frame, able, rows, look, kind),
        hovermode="closest",
        left=left,
        xaxis=_axis(rows, look, PHONE - left),
        yaxis=plain_axis(
            look,
            tickmode="array",
            tickvals=rows["place"].to_list(),
            ticktext=[escape(name) for name in told],
            range=[0.4 - height, 0.6],
            showgrid=True,
            gridcolor=scheme(dark=look.dark).pale,
            showline=False,
            ticks="",
            fixedrange=True,
        ),
        shapes=[_zero(look)],
    )
    return as_tall(chart, _ROW * height + BOTTOM, _LEAST_HEIGHT)


def without_effects(frame: pl.DataFrame) -> bool:
    """Whether no item has a difference with an interval."""
    return words.known(frame).filter(pl.col("ci_high") > pl.col("ci_low")).is_empty()


def _verdict() -> pl.Expr:
    return pl.when(pl.col("significant").fill_null(value=False)).then("direction").otherwise(pl.lit("open"))


def _dots(rows: pl.DataFrame, verdict: Verdict, look: Look, kind: Drawn) -> list[dict[str, Any]]:
    part = rows.filter(verdict=verdict)
    if part.is_empty():
        return []
    colour = _COLOURS[verdict]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": verdict,
        "x": encode.array(part["difference"]),
        "y": encode.array(part["place"]),
        "error_x": across(part["difference"], part["ci_low"], part["ci_high"], colour, _THIN),
        "marker": {
            "color": colour,
            "size": 9,
            "symbol": "circle-open" if verdict == "open" else "circle",
            "line": {"color": colour, "width": 2},
        },
        "customdata": [_said(row, look, kind) for row in part.iter_rows(named=True)],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    return [trace | _choosing(part, kind)]


def _raw(rows: pl.DataFrame, look: Look, kind: Drawn) -> list[dict[str, Any]]:
    """The differences without any adjustment, an upright line each."""
    part = rows.drop_nulls("raw_difference") if "raw_difference" in rows.columns else rows.clear()
    if part.is_empty():
        return []
    ink, form = scheme(dark=look.dark).muted, formats(look)
    said = [
        f"raw: {words.signed(row['raw_difference'], row['metric'], form)}, {kind.subject.raw}"
        for row in part.iter_rows(named=True)
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "raw",
            "x": encode.array(part["raw_difference"]),
            "y": encode.array(part["place"]),
            "marker": {"symbol": "line-ns-open", "size": 9, "color": ink, "line": {"color": ink, "width": 1.5}},
            "customdata": said,
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        | _choosing(part, kind)
    ]


def _choosing(part: pl.DataFrame, kind: Drawn) -> dict[str, Any]:
    """What a click chooses on the page (``assets/opening.js``)."""
    if not kind.chooses:
        return {"meta": {}}
    chosen = [words.choice(row, kind.subject.names) for row in part.iter_rows(named=True)]
    return {"meta": {"chooses": {"name": chosen[0][0], "values": [value for _, value in chosen]}}}


def _said(row: Row, look: Look, kind: Drawn) -> str:
    form, metric = formats(look), row["metric"]
    customers = row.get("customers")
    name = escape(words.title(row, kind.subject.names))
    found = f"{name}: {words.signed(row['difference'], metric, form)} ({words.interval(row, metric, look)})"
    who = "" if customers is None else f", {form.count(customers)} customers"
    note = f"; {escape(row['note'])}" if row.get("note") else ""
    chance = f"p corrected {words.p_value(row['p_adjusted'], form)}, by itself {words.p_value(row['p_value'], form)}"
    lines = (found, f"{(kind.means or _means)(row, look)}{who}", f"{chance}{note}")
    return "<br>".join(lines)


def _means(row: Row, look: Look) -> str:
    form, metric = formats(look), row["metric"]
    sides = ("before", "after") if "mean_before" in row else ("a", "b")
    one, other = (row[f"mean_{side}"] for side in sides)
    if one is None or other is None:
        return "means unknown"
    names = sides if sides[0] == "before" else ("A", "B")
    return f"{names[0]} {words.level(one, metric, form)}, {names[1]} {words.level(other, metric, form)}"


def _notes(frame: pl.DataFrame, able: pl.DataFrame, rows: pl.DataFrame, look: Look, kind: Drawn) -> tuple[str, ...]:
    form, subject = formats(look), kind.subject
    metric = str(frame["metric"][0]) if frame.height else ""
    few = frame.height - able.height
    return (
        f"{_MEASURES.get(metric, '')} {subject.unit}".strip(),
        f"line: {words.coverage(look)} {kind.line}",
        "filled: survives the correction",
        f"upright: raw, {subject.raw}" if "raw_difference" in frame.columns else "",
        f"{form.count(rows.height)} of {form.count(able.height)} {subject.nouns}" if rows.height < able.height else "",
        f"{form.count(few)} with too few {subject.few} left out" if few else "",
        "click a dot to open it" if kind.chooses else "",
    )


def _axis(rows: pl.DataFrame, look: Look, pixels: float) -> dict[str, Any]:
    """From the lowest to the highest of what is drawn, zero in it; a few very long intervals are cut.

    It has as many ticks as have room beside each other in so many pixels.
    """
    dots = [*rows["difference"].to_list(), 0.0]
    if "raw_difference" in rows.columns:
        dots += rows["raw_difference"].drop_nulls().to_list()
    low = min(*dots, _end(rows["ci_low"], 1 - _SHOWN_WHOLE))
    high = max(*dots, _end(rows["ci_high"], _SHOWN_WHOLE))
    room = 0.04 * ((high - low) or 1.0)
    metric = str(rows["metric"][0]) if rows.height else ""
    form = formats(look)
    for most in (5, 4, 3, 2):
        ticks = level_ticks(low, high, most)
        if len(ticks) < _FEWEST_TICKS:
            # Zero alone tells no size: the roundest number of the longer side beside it.
            ticks = sorted([0.0, _roundest(low if -low > high else high)])
        texts = words.ticks(ticks, metric, form)
        if len(ticks) * (width(texts) + _BETWEEN) <= pixels:
            break
    ends = [low - room, high + room]
    return value_axis(
        look, range=ends, rangemode="normal", tickmode="array", tickvals=ticks, ticktext=texts, tickangle=0
    )


def level_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two ends, zero among them where it lies between; at most about so many.

    plotly would put a currency before the sign of a negative amount.

    >>> level_ticks(-3.2, 8.9)
    [-2.5, 0.0, 2.5, 5.0, 7.5]
    """
    span = high - low
    if not span > 0:
        return [low]
    size = 10.0 ** math.floor(math.log10(span / most))
    step = size * next(factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if span / (factor * size) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * place, 12) + 0.0 for place in range(first, last + 1)]


def _roundest(end: float) -> float:
    """The greatest 1, 2 or 5 times a power of ten up to an end, with its sign.

    >>> _roundest(-17.3), _roundest(0.26)
    (-10.0, 0.2)
    """
    if not end:
        return 0.0
    size = 10.0 ** math.floor(math.log10(abs(end)))
    step = next(factor for factor in (5.0, 2.0, 1.0) if factor * size <= abs(end))
    return round(math.copysign(step * size, end), 12)


def _end(column: pl.Series, share: float) -> float:
    found = column.quantile(share, "lower" if share < 0.5 else "higher")
    return 0.0 if found is None else float(found)


def _zero(look: Look) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": scheme(dark=look.dark).text, "width": 1.2},
    }
