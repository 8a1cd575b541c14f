"""Small multiples: a little area over time for each series, up to three side by side.

All are on one scale, unless one of them would flatten the others.

Days are an area; where there are many, their mean over seven days is a line above them, and an earlier report its mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.frame import NOTE_SIZE, figure, period_axis, value_axis
from dash_app.figures.labels import escape, label
from dash_app.figures.periods import trailing_mean
from dash_app.records import Figure, Look

_ACROSS = {1: 1, 2: 2, 4: 2}
_MOST_ACROSS = 3
MOST = 12
"""With more than these a panel is too low to be read."""
_GAP_ACROSS = 0.035
_TITLE = 34
_PLOT = 380
_NAME_LENGTH = 16
"""On a phone a panel is as wide as so many letters."""
_LONG = 60
_ROOM = 0.16
_STEEP = 6
"""The highest of the panels is so many times as high as the middle one: then each has a scale of its own."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One series.

    Attributes:
        name: as it comes from the data; escaped here.
        total: what all of it comes to, formatted.
        rows: ``date`` and ``value``, every day of the chart's time.
        earlier: the same of an earlier report, moved; None without comparison.
        more: what else belongs to the trace, such as what its marks open.
    """

    name: str
    total: str
    rows: pl.DataFrame
    earlier: pl.DataFrame | None = None
    more: dict[str, Any] = field(default_factory=dict)


def panels(parts: Sequence[Panel], look: Look, notes: Sequence[str], hover: str, *, money: bool = False) -> Figure:
    """The panels in reading order; only the lowest of each column says when.

    Args:
        hover: how a value is written, in d3's format, ``"£%{y:,.2f}"``.
    """
    highs = [_highest(part) or 1.0 for part in parts]
    is_common = is_even(parts)
    across = _ACROSS.get(len(parts), _MOST_ACROSS)
    down = -(-len(parts) // across)
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    names: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        row, column = divmod(index, across)
        suffix = "" if index == 0 else str(index + 1)
        x, y = f"x{suffix}", f"y{suffix}"
        left, right = column / across, (column + 1) / across
        top, bottom = 1 - row / down, 1 - (row + 1) / down
        wide = [left, right - (_GAP_ACROSS if column < across - 1 else 0)]
        tall = [bottom + 0.04 / down, top - min(_TITLE / _PLOT, 0.5 / down)]
        is_lowest = index + across >= len(parts)
        layout[f"xaxis{suffix}"] = _time(part, look, wide, y, is_lowest=is_lowest, room=0.0 if is_common else _ROOM)
        layout[f"yaxis{suffix}"] = value_axis(
            look,
            money=money,
            domain=tall,
            anchor=x,
            range=[0, (max(highs) if is_common else highs[index]) * 1.05],
            rangemode="normal",
            nticks=3,
            **({"showticklabels": column == 0} if is_common else {"ticklabelposition": "inside top"}),
        )
        axes = {"xaxis": x, "yaxis": y}
        data += [
            _area(part, hover) | axes | part.more,
            *_earlier(part, hover, look, axes),
            *_mean(part, axes),
        ]
        names.append(_name(part, wide[0], tall[1], look))
    return figure(data, look, notes, annotations=names, hovermode="x", **layout)


def is_even(parts: Sequence[Panel]) -> bool:
    """Whether the panels can be on one scale and still be read."""
    highs = sorted(_highest(part) for part in parts)
    return not highs or highs[-1] <= _STEEP * highs[len(highs) // 2]


def _highest(part: Panel) -> float:
    values = [part.rows["value"].max(), *([part.earlier["value"].max()] if part.earlier is not None else [])]
    return max((float(value) for value in values if isinstance(value, int | float)), default=0.0)


def _time(part: Panel, look: Look, wide: list[float], anchor: str, *, is_lowest: bool, room: float) -> dict[str, Any]:
    """The days of a panel; the same in all, so that what happened at once stands at one place.

    Args:
        room: before the first day, as a part of them all, for labels inside the panel.
    """
    days = part.rows["date"].to_list()
    axis = period_axis(look, "day", encode.days(part.rows["date"]))
    axis |= {"domain": wide, "anchor": anchor, "fixedrange": True}
    if "range" not in axis and days:
        axis["range"] = [str(days[0] - timedelta(days=round(room * len(days)))), str(days[-1] + timedelta(days=1))]
    if "tickmode" in axis:
        axis |= {"tickvals": axis["tickvals"][::3], "ticktext": axis["ticktext"][::3]}
    else:
        axis["nticks"] = 3
    return axis if is_lowest else axis | {"showticklabels": False, "ticks": ""}


def _area(part: Panel, hover: str) -> dict[str, Any]:
    """Each day as it is: pale, where a mean over seven days lies above it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": escape(part.name),
        **encode.along(part.rows["date"]),
        "y": encode.array(part.rows["value"]),
        "line": {"color": OKABE_ITO[0], "width": 0.5 if _is_long(part) else 1.25, "shape": "hvh"},
        "fill": "tozeroy",
        "fillcolor": "rgba(0,114,178,0.3)",
        "hovertemplate": f"{hover}<extra></extra>",
    }


def _is_long(part: Panel) -> bool:
    return part.rows.height > _LONG


def _mean(part: Panel, axes: dict[str, str]) -> list[dict[str, Any]]:
    if not _is_long(part):
        return []
    mean = trailing_mean(part.rows, "value")
    trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "mean",
        **encode.along(mean["date"]),
        "y": encode.rough(mean["mean"]),
        "line": {"color": OKABE_ITO[0], "width": 1.75},
        "hoverinfo": "skip",
    }
    return [trace | axes]


def _earlier(part: Panel, hover: str, look: Look, axes: dict[str, str]) -> list[dict[str, Any]]:
    if part.earlier is None or part.earlier.is_empty():
        return []
    rows = trailing_mean(part.earlier, "value").select("date", value="mean") if _is_long(part) else part.earlier
    trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "earlier",
        **encode.along(rows["date"]),
        "y": encode.array(rows["value"]),
        "line": {"color": scheme(dark=look.dark).text, "width": 1.25, "dash": "dot"},
        "hovertemplate": f"before: {hover}<extra></extra>",
    }
    return [trace | axes]


def _name(part: Panel, x: float, y: float, look: Look) -> dict[str, Any]:
    return {
        "text": f"<b>{label(part.name, _NAME_LENGTH)}</b><br>{part.total}",
        "align": "left",
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": NOTE_SIZE, "color": scheme(dark=look.dark).text},
    }
