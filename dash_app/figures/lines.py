"""Lines over time: labels at their ends, unfinished periods dashed, an earlier report dotted, panels for many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import series_colour
from dash_app.figures.frame import (
    BOTTOM,
    HEIGHT,
    LEFT,
    NOTE_LINE,
    TOP,
    compared_note,
    count_axis,
    figure,
    hour_axis,
    money_left,
    period_axis,
    value_axis,
    wrapped,
)
from dash_app.figures.labels import escape, label, shorten_all, spread, width
from dash_app.figures.periods import MEAN_DAYS, trailing_mean
from dash_app.figures.traces import Line, Scale, traces
from dash_app.records import Figure, Look
from dash_app.words.formats import formats

MAX_LINES = 6
MAX_PANELS = 12
LABEL_LENGTH = 15
LABEL_DISTANCE = 14
_HEADROOM = 1.06
_STRETCH = 1.5
_MANY, _FAR, _USUAL_SHARE = 30, 5.0, 0.95


def lines(
    series: Sequence[Line],
    scale: Scale,
    look: Look,
    notes: Sequence[str] = (),
    height: int = HEIGHT,
    places: dict[str, Any] | None = None,
) -> Figure:
    """Lines in one plot, or in one panel each where there are more than six.

    Args:
        places: the axis along the lines where it is neither of periods nor of hours.
    """
    if len(series) > MAX_LINES:
        return _panels(series, scale, look, notes)
    edge = _edge(series, scale)
    said = (scale.unit, *notes, *_marks(series, scale, look), *_beyond(series, scale, look, edge))
    low, high = _bounds(series, scale, edge)
    left = money_left(look) if scale.money else LEFT
    data = [trace for index, line in enumerate(series) for trace in traces(line, scale, series_colour(index), look)]
    plot = height - TOP - BOTTOM - NOTE_LINE * len(wrapped(said))
    labels, right = (
        (_end_labels(series, scale, low, high, plot), _label_margin(series)) if len(series) > 1 else ([], 12)
    )
    return figure(
        data,
        look,
        said,
        left=left,
        margin={"r": right},
        annotations=labels,
        xaxis=places or _place_axis(series, scale, look),
        yaxis=_axis(series, scale, look, [low, high]),
    )


def _edge(series: Sequence[Line], scale: Scale) -> float:
    """Above it nothing is drawn: a few far-off periods, such as the first days of a shop, would flatten all others.

    The newest periods are always drawn whole.
    """
    if scale.grain is None or not series:
        return math.inf
    places = pl.concat(line.rows.select(scale.column, height=pl.col(scale.measure).cast(pl.Float64)) for line in series)
    tops = places.group_by(scale.column).agg(pl.col("height").max()).sort(scale.column)["height"].drop_nulls()
    usual = tops.quantile(_USUAL_SHARE)
    if len(tops) < _MANY or not usual or _extent([tops])[1] <= _FAR * usual:
        return math.inf
    return max(_STRETCH * usual, _extent([tops.tail(MEAN_DAYS)])[1])


def _beyond(series: Sequence[Line], scale: Scale, look: Look, edge: float) -> Iterator[str]:
    """How high the lines go that are cut."""
    columns = [line.rows[scale.measure] for line in series]
    highest = _extent(columns)[1]
    if edge < highest:
        form, is_count = formats(look), all(column.dtype.is_integer() for column in columns)
        plain = form.compact if is_count else form.mean
        write = form.share if scale.share else form.compact_money if scale.money else plain
        yield f"cut off above: up to {write(highest)}"


def _bounds(series: Sequence[Line], scale: Scale, edge: float = math.inf) -> tuple[float, float]:
    """The axis' ends, with room above the highest point that is drawn.

    An earlier report stretches it by half at most: a peak of its own may not flatten what the chart is about.
    """
    low, high = _extent([line.rows[scale.measure] for line in series])
    before_low, before_high = _extent([_earlier(line, scale) for line in series if line.earlier is not None])
    high = min(high, edge)
    high = max(high, min(before_high, _STRETCH * high if high > 0 else before_high))
    if not math.isfinite(high):
        return 0.0, 1.0
    if scale.from_zero or low <= 0:
        return 0.0, high * _HEADROOM or 1.0
    low = max(min(low, before_low), low / _STRETCH)
    room = (high - low or high) * 0.12
    return max(low - room, 0.0), high + room


def _earlier(line: Line, scale: Scale) -> pl.Series:
    """What is drawn of the earlier report."""
    rows = line.rows.clear() if line.earlier is None else line.earlier
    return trailing_mean(rows, scale.measure)["mean"] if scale.is_smooth(line.rows.height) else rows[scale.measure]


def _extent(columns: Sequence[pl.Series]) -> tuple[float, float]:
    """The least and the greatest value; of nothing an extent that changes no other."""
    values = [value for column in columns for value in (column.min(), column.max())]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return min(numbers, default=math.inf), max(numbers, default=-math.inf)


def _end_labels(series: Sequence[Line], scale: Scale, low: float, high: float, plot: float) -> list[dict[str, Any]]:
    """A name at the right end of each line, moved apart where they would touch."""
    ends = [_end(line, scale) for line in series]
    heights = [(end - low) / (high - low) * plot for end in ends]
    places = spread(heights, LABEL_DISTANCE, 4, plot)
    names = shorten_all([line.name for line in series], LABEL_LENGTH)
    return [
        {
            "text": f'<span style="color:{series_colour(index)}">●</span> {escape(names[index])}',
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 4,
            "yref": "y",
            "y": ends[index],
            "yanchor": "middle",
            "yshift": round(places[index] - heights[index], 1),
            "showarrow": False,
        }
        for index in range(len(series))
    ]


def _label_margin(series: Sequence[Line]) -> int:
    return int(width(shorten_all([line.name for line in series], LABEL_LENGTH))) + 26


def _panels(series: Sequence[Line], scale: Scale, look: Look, notes: Sequence[str]) -> Figure:
    """One small plot for each series, one below the other over the same time."""
    shown = series[:MAX_PANELS]
    cut = f"{len(shown)} of {len(series)} shown" if len(shown) < len(series) else ""
    said = (scale.unit, "each on its own scale", cut, *notes, *_marks(series, scale, look))
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    names: list[dict[str, Any]] = []
    part = 1 / len(shown)
    for index, line in enumerate(shown):
        axis = "y" if index == 0 else f"y{index + 1}"
        low, high = _bounds([line], scale)
        top = 1 - index * part
        data += traces(line, scale, series_colour(0), look, {"xaxis": "x", "yaxis": axis})
        layout[axis.replace("y", "yaxis")] = value_axis(
            look,
            money=scale.money,
            share=scale.share,
            range=[low, high],
            domain=[max(top - 0.82 * part, 0.0), top],
            tickmode="array",
            tickvals=[_round_below(high)],
            anchor="x",
        )
        names.append(_panel_name(line.name, top))
    x = _place_axis(series, scale, look) | {"anchor": f"y{len(shown)}"}
    right = _label_margin(shown)
    return figure(data, look, said, margin={"r": right}, annotations=names, xaxis=x, **layout)


def _axis(series: Sequence[Line], scale: Scale, look: Look, ends: list[float]) -> dict[str, Any]:
    more: dict[str, Any] = {"money": scale.money, "share": scale.share, "range": ends, "rangemode": "normal"}
    return count_axis(look, [line.rows[scale.measure] for line in series], **more)


def _round_below(high: float) -> float:
    """The greatest 1, 2 or 5 times a power of ten that is not above: the one tick of a panel."""
    size = 10.0 ** math.floor(math.log10(high))
    return next(step * size for step in (5, 2, 1) if step * size <= high)


def _panel_name(name: str, top: float) -> dict[str, Any]:
    return {
        "text": label(name, LABEL_LENGTH),
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "xanchor": "left",
        "xshift": 6,
        "y": top,
        "yanchor": "top",
        "showarrow": False,
    }


def _marks(series: Sequence[Line], scale: Scale, look: Look) -> Iterator[str]:
    if any(scale.is_smooth(line.rows.height) for line in series):
        yield f"strong: mean of {MEAN_DAYS} days"
    if any(line.rows["is_partial"].any() for line in series):
        yield "dashed: unfinished"
    if any(line.earlier is not None for line in series):
        yield compared_note(look)


def _place_axis(series: Sequence[Line], scale: Scale, look: Look) -> dict[str, Any]:
    if scale.grain is None:
        return hour_axis(look)
    days = encode.days(series[0].rows[scale.column]) if series else []
    return period_axis(look, scale.grain, days, beside_names=len(series) > 1)


def _end(line: Line, scale: Scale) -> float:
    """Where the line ends: its last value, or its last mean where that is what the eye follows."""
    if scale.is_smooth(line.rows.height):
        known = trailing_mean(line.rows, scale.measure)["mean"]
    else:
        known = line.rows[scale.measure].drop_nulls()
    return float(known[-1]) if known.len() else 0.0
