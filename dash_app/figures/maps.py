"""What heat maps share: how many rows fit, texts in cells, the gaps between them, the scale below, axes of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash_app.figures.colours import BLACK, CIVIDIS, WHITE, cividis, ink, scheme
from dash_app.figures.frame import NOTE_SIZE, plain_axis
from dash_app.records import Look
from dash_app.words.formats import formats

MAX_ROWS = 104
"""Two years of weeks; older ones are in the mean and in the table."""
TEXT_ROWS = 30
"""With more rows than these no text fits into a cell."""
CLEAR = "rgba(0,0,0,0)"
_SPACE = "\u00a0"


def row_gap(rows: int) -> int:
    """Pixels between rows, so that many of them keep a colour to be seen."""
    return 2 if rows <= TEXT_ROWS else 1 if rows <= 2 * TEXT_ROWS else 0


def written(
    heat: dict[str, Any], texts: Sequence[Sequence[str]], places: Sequence[Sequence[float | None]]
) -> list[dict[str, Any]]:
    """A heat map with texts in its cells: white ones, and in a clear layer above it black ones on light cells.

    plotly's own choice on light cells is a grey that cannot be read in the middle of the scale.

    Args:
        places: where each cell lies on the scale from 0 to 1; None: it has no colour.
    """
    is_light = [[place is not None and ink(cividis(place)) == BLACK for place in line] for line in places]
    shape = ("type", "x", "y", "xaxis", "yaxis", "xgap", "ygap")
    above: dict[str, Any] = {name: heat[name] for name in shape if name in heat}
    above |= {
        "name": "black on light cells",
        "z": [[0 if light else None for light in line] for line in is_light],
        "colorscale": [[0, CLEAR], [1, CLEAR]],
        "showscale": False,
        "hoverinfo": "skip",
        "meta": {},
    }
    font = heat.get("textfont", {})
    inks = [(heat, False, WHITE), (above, True, BLACK)] if any(map(any, is_light)) else [(heat, False, WHITE)]
    return [
        layer
        | {"text": _own(texts, is_light, light=light), "texttemplate": "%{text}", "textfont": font | {"color": colour}}
        for layer, light, colour in inks
    ]


def _own(texts: Sequence[Sequence[str]], is_light: list[list[bool]], *, light: bool) -> list[list[str]]:
    """The texts of one layer, spaces in place of the others: plotly makes those of a layer as large as its longest fits."""
    return [
        [text if own == light else _SPACE * len(text) for text, own in zip(line, flags, strict=True)]
        for line, flags in zip(texts, is_light, strict=True)
    ]


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
