"""One line as plotly's traces: its finished periods, the unfinished ends, its mean, the same line earlier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import scheme
from dash_app.figures.labels import escape
from dash_app.figures.periods import MEAN_DAYS, ago, stretches, trailing_mean
from dash_app.records import Look
from dash_app.words.dates import Grain

_MARKERS_UP_TO = 40
_SMOOTH_FROM = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One series.

    Attributes:
        name: as it comes from the data; escaped here.
        rows: ``column`` of periods, ``measure`` and ``is_partial``, in the order of time.
        earlier: the same of an earlier report, moved, with ``was``.
    """

    name: str
    rows: pl.DataFrame
    earlier: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """What the lines measure.

    Attributes:
        column, measure: names in the frames.
        unit: in words, above the chart.
        grain: of the periods; None where the places are hours of the day.
        number: d3 format of the hover, ``",.1f"``.
        before, after: the hover's affixes, such as a currency or ``" orders"``.
        from_zero: whether the axis begins at 0.
        smooth: days are drawn pale under their mean over seven days, where there are many.
    """

    column: str
    measure: str
    unit: str
    grain: Grain | None
    number: str = ",.0f"
    before: str = ""
    after: str = ""
    share: bool = False
    money: bool = False
    from_zero: bool = True
    smooth: bool = False

    @property
    def hover(self) -> str:
        return f"{self.before}%{{y:{self.number}}}{self.after}"

    def is_smooth(self, rows: int) -> bool:
        """Whether so many rows are drawn with their mean."""
        return self.smooth and rows > _SMOOTH_FROM


def traces(
    line: Line, scale: Scale, colour: str, look: Look, axes: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The line in a colour; the trace without ``earlier`` and with a hover is that of the report's rows."""
    common = (axes or {}) | {"type": "scatter", "name": escape(line.name)}
    smooth = scale.is_smooth(line.rows.height)
    if line.earlier is not None and line.earlier.height:
        yield common | _earlier(line.earlier, scale, colour, smooth=smooth)
    cut = stretches(line.rows)
    if cut.whole.height:
        points = line.rows.height <= _MARKERS_UP_TO
        yield (
            common
            | _points(cut.whole, scale)
            | {
                "mode": "lines+markers" if points else "lines",
                "line": {"color": colour, "width": 1 if smooth else 2},
                "marker": {"color": colour, "size": 5},
                "opacity": 0.5 if smooth else 1,
            }
        )
    if smooth:
        mean = trailing_mean(line.rows, scale.measure)
        drawn = {"mode": "lines", **encode.along(mean[scale.column]), "y": encode.rough(mean["mean"])}
        yield common | drawn | {"line": {"color": colour, "width": 2.25}, "hoverinfo": "skip"}
    for bridge in cut.bridges:
        dashed = {"mode": "lines", "line": {"color": colour, "width": 1 if smooth else 2, "dash": "dash"}}
        yield common | _points(bridge, scale) | dashed | {"hoverinfo": "skip", "hovertemplate": ""}
    if cut.unfinished.height:
        ground = scheme(dark=look.dark).ground
        yield (
            common
            | _points(cut.unfinished, scale)
            | {
                "mode": "markers",
                "marker": {"color": ground, "size": 7, "line": {"color": colour, "width": 2}},
                "hovertemplate": f"{scale.hover}, unfinished",
            }
        )


def _points(rows: pl.DataFrame, scale: Scale) -> dict[str, Any]:
    return {
        **encode.along(rows[scale.column]),
        "y": encode.array(rows[scale.measure]),
        "hovertemplate": scale.hover,
    }


def _earlier(rows: pl.DataFrame, scale: Scale, colour: str, *, smooth: bool) -> dict[str, Any]:
    shown = trailing_mean(rows, scale.measure) if smooth else rows
    return {
        "mode": "lines",
        **encode.along(shown[scale.column]),
        "y": encode.array(shown["mean" if smooth else scale.measure]),
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
        "opacity": 0.75,
        "hovertemplate": f"{scale.hover}{f' (mean of {MEAN_DAYS} days)' if smooth else ''}, {ago(shown)}",
    }
