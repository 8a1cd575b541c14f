"""Upright bars that are stacked on each other, above zero and below it, named at their right end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.bars import bars
from dash_app.figures.frame import BOTTOM, HEIGHT, NOTE_LINE, TOP, count_axis, figure, period_axis, wrapped
from dash_app.figures.labels import label, spread, width
from dash_app.records import Figure, Look
from dash_app.words.dates import Grain

_DISTANCE = 14
_HEADROOM = 1.06


@dataclass(frozen=True, slots=True)
class Stack:
    """One colour of the bars.

    Attributes:
        rows: ``place`` of the periods, the ``measure``, ``is_partial`` where there are unfinished ones.
        is_below: drawn downwards from zero, though its numbers are counts like all others.
    """

    name: str
    rows: pl.DataFrame
    measure: str
    colour: str
    is_below: bool = False


def stacks(
    parts: Sequence[Stack],
    place: str,
    grain: Grain,
    look: Look,
    notes: Sequence[str],
    over: Sequence[dict[str, Any]] = (),
) -> Figure:
    """One bar for each period.

    Args:
        over: traces on top of the bars, such as an earlier report.
    """
    drawn = [_bars(part, place, grain, look) for part in parts]
    low, high = _ends(parts, place)
    names = [part.name for part in parts]
    is_partial = any("is_partial" in part.rows.columns and part.rows["is_partial"].any() for part in parts)
    said = (*notes, "hatched: unfinished" if is_partial else "")
    places = encode.days(parts[0].rows[place]) if parts else []
    plot = HEIGHT - TOP - BOTTOM - NOTE_LINE * len(wrapped(said))
    return figure(
        [*drawn, *over],
        look,
        said,
        barmode="relative",
        bargap=0.2,
        margin={"r": int(width(names)) + 26},
        annotations=_labels(parts, place, low, high, plot),
        xaxis=period_axis(look, grain, places, beside_names=True),
        yaxis=count_axis(look, [part.rows[part.measure] for part in parts], range=[low, high], rangemode="normal")
        | {"zeroline": low < 0, "zerolinecolor": "#8A8F98", "zerolinewidth": 1},
    )


def _bars(part: Stack, place: str, grain: Grain, look: Look) -> dict[str, Any]:
    trace = bars(part.rows, place, part.measure, f"{part.name}: %{{y:,.0f}}", look, part.colour, grain)
    trace["name"] = part.name
    if part.is_below:
        counts = part.rows[part.measure].to_list()
        flags = part.rows["is_partial"].to_list() if "is_partial" in part.rows.columns else [False] * len(counts)
        trace["y"] = encode.array(-part.rows[part.measure])
        trace["customdata"] = [
            ["–" if count is None else count, ", unfinished" if flag else ""]
            for count, flag in zip(counts, flags, strict=True)
        ]
        trace["hovertemplate"] = f"{part.name}: %{{customdata[0]:,.0f}}%{{customdata[1]}}<extra></extra>"
    return trace


def _ends(parts: Sequence[Stack], place: str) -> tuple[float, float]:
    """The axis' ends: the highest bar above zero and the deepest below."""
    return -_reach(parts, place, is_below=True) * _HEADROOM, (_reach(parts, place, is_below=False) or 1.0) * _HEADROOM


def _reach(parts: Sequence[Stack], place: str, *, is_below: bool) -> float:
    rows = [
        part.rows.select(place, size=pl.col(part.measure).cast(pl.Float64))
        for part in parts
        if part.is_below == is_below
    ]
    if not rows:
        return 0.0
    highest = pl.concat(rows).group_by(place).agg(pl.col("size").sum())["size"].max()
    return float(highest) if isinstance(highest, int | float) else 0.0


def _labels(parts: Sequence[Stack], place: str, low: float, high: float, plot: float) -> list[dict[str, Any]]:
    """A name beside the last bar, at the middle of its part."""
    middles: list[float] = []
    top = bottom = 0.0
    for part in parts:
        last = part.rows.sort(place)[part.measure].to_list()[-1:]
        size = float(last[0] or 0) if last else 0.0
        middles.append(bottom - size / 2 if part.is_below else top + size / 2)
        top, bottom = (top, bottom - size) if part.is_below else (top + size, bottom)
    heights = [(middle - low) / (high - low) * plot for middle in middles]
    moved = spread(heights, _DISTANCE, 4, plot)
    return [
        {
            "text": f'<span style="color:{part.colour}">■</span> {label(part.name)}',
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 4,
            "yref": "y",
            "y": middles[index],
            "yanchor": "middle",
            "yshift": round(moved[index] - heights[index], 1),
            "showarrow": False,
        }
        for index, part in enumerate(parts)
    ]
