"""What heat maps share: how many rows fit, the gaps between them, the scale below, axes of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_app.figures.colours import CIVIDIS, scheme
from dash_app.figures.frame import NOTE_SIZE, plain_axis
from dash_app.records import Look
from dash_app.words.formats import formats

MAX_ROWS = 104
"""Two years of weeks; older ones are in the mean and in the table."""
TEXT_ROWS = 30
"""With more rows than these no text fits into a cell."""


def row_gap(rows: int) -> int:
    """Pixels between rows, so that many of them keep a colour to be seen."""
    return 2 if rows <= TEXT_ROWS else 1 if rows <= 2 * TEXT_ROWS else 0


def colour_axis(highest: float, look: Look, bar: dict[str, Any]) -> dict[str, Any]:
    """The scale from 0, with a level bar of colours.

    Args:
        bar: where the bar stands, and how its numbers are written.
    """
    common = {"orientation": "h", "thickness": 8, "outlinewidth": 0, "nticks": 6, "len": 1}
    left = {"x": 0, "xanchor": "left", "xpad": 0}
    text = {"tickfont": {"size": NOTE_SIZE, "color": scheme(dark=look.dark).muted}}
    return {
        "colorscale": [list(stop) for stop in CIVIDIS],
        "cmin": 0,
        "cmax": highest,
        "colorbar": common | left | text | bar,
    }


def label_axis(look: Look, places: Sequence[int], texts: Sequence[str], **more: Any) -> dict[str, Any]:
    """An axis of names without a line."""
    bare = {"showline": False, "ticks": "", "fixedrange": True}
    return plain_axis(look, tickmode="array", tickvals=list(places), ticktext=list(texts), **bare | more)


def mean_axis(look: Look, size: int, ends: tuple[float, float]) -> dict[str, Any]:
    """The axis of the one row that is the mean of all cohorts, ``size`` customers."""
    return label_axis(look, [0], [f"<b>all · {formats(look).compact(size)}</b>"], range=list(ends))
