"""The layers of a triangle of cohorts: coloured cells, grey ones of small cohorts, dots where there is nothing yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash_app.figures.colours import scheme
from dash_app.figures.maps import CLEAR, TEXT_ROWS, row_gap, written
from dash_app.records import Look
from dash_app.words.ages import FEWEST

NOT_YET = "…"
_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cohort: its size, and by column the value where it can be told, its text and its hover."""

    size: int
    values: list[float | None]
    texts: list[str]
    hovers: list[str]
    is_partial: list[bool]

    @property
    def is_small(self) -> bool:
        return 0 < self.size < FEWEST


def blank_row(offsets: list[int]) -> CellRow:
    """A row without cells, but with a space for a text.

    plotly makes texts as large as fits between those of two rows; of a single row it would fill any width.
    """
    size = len(offsets)
    return CellRow(0, [None] * size, [_SPACE] * size, [""] * size, [False] * size)


def layers(
    rows: list[CellRow], offsets: list[int], axis: str, look: Look, highest: float, *, with_text: bool
) -> list[dict[str, Any]]:
    """The coloured cells; under them grey ones of small cohorts, and dots where there is nothing yet.

    Args:
        highest: the end of the scale of colours.
    """
    grey = scheme(dark=look.dark)
    common = {
        "type": "heatmap",
        "x": offsets,
        "y": list(range(len(rows))),
        "yaxis": axis,
        "xgap": 2 if len(offsets) <= TEXT_ROWS else 1,
        "ygap": row_gap(len(rows)),
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
    }
    flat = {"showscale": False, "textfont": {"color": grey.muted}}
    small = [
        [0 if value is None and hover else None for value, hover in zip(row.values, row.hovers, strict=True)]
        for row in rows
    ]
    waiting = [[0 if text == NOT_YET else None for text in row.texts] for row in rows] if with_text else []
    made: list[dict[str, Any]] = []
    if any(cell is not None for row in small for cell in row):
        hovers = [
            [hover if value is None else "" for value, hover in zip(row.values, row.hovers, strict=True)]
            for row in rows
        ]
        colours = {"colorscale": [[0, grey.pale], [1, grey.pale]], "customdata": hovers}
        made.append(common | flat | colours | {"name": "no rate", "z": small})
    if any(cell is not None for row in waiting for cell in row):
        colours = {"colorscale": [[0, CLEAR], [1, CLEAR]], "hoverinfo": "skip", "hovertemplate": ""}
        texts = {"text": _texts(rows, waiting), "texttemplate": "%{text}"}
        made.append(common | flat | colours | {"name": "not yet", "z": waiting} | texts)
    values = [row.values for row in rows]
    known = [
        [hover if value is not None else "" for value, hover in zip(row.values, row.hovers, strict=True)]
        for row in rows
    ]
    coloured = common | {"name": "rate", "z": values, "coloraxis": "coloraxis", "customdata": known}
    places = [[None if value is None else value / highest for value in line] for line in values]
    return [*made, *(written(coloured, _texts(rows, values), places) if with_text else [coloured])]


def _texts(rows: list[CellRow], cells: Any) -> list[list[str]]:
    """The texts of the cells that a layer has; plotly makes them so large that they fit."""
    return [
        [text if cell is not None or text == _SPACE else "" for cell, text in zip(line, row.texts, strict=True)]
        for line, row in zip(cells, rows, strict=True)
    ]


def dots(rows: list[CellRow], offsets: list[int]) -> list[dict[str, Any]]:
    """A dot in the corner of each cell whose period is still running."""
    places = [
        (offset + 0.32, place - 0.25)
        for place, row in enumerate(rows)
        for offset, is_partial in zip(offsets, row.is_partial, strict=True)
        if is_partial
    ]
    if not places:
        return []
    marker = {"symbol": "circle", "size": 5, "color": "#ffffff", "line": {"color": "#000000", "width": 1}}
    x, y = ([place[axis] for place in places] for axis in (0, 1))
    return [
        {"type": "scatter", "mode": "markers", "name": "unfinished", "x": x, "y": y, "marker": marker}
        | {"hoverinfo": "skip", "cliponaxis": False}
    ]
