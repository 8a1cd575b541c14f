"""Colours: Okabe and Ito's for series, Cividis for amounts, greys for the rest, and the ink that is read on a colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Series in this order; the last two are for areas and bars, as lines they are pale on white."""

OTHER = "#8A8F98"
"""What is not one of the series: the rest, the earlier day."""

_CIVIDIS = (
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
)
CIVIDIS = tuple((index / (len(_CIVIDIS) - 1), colour) for index, colour in enumerate(_CIVIDIS))
"""Places on the scale and their colours."""

WHITE, BLACK = "#ffffff", "#000000"
_EQUAL = math.sqrt(1.05 * 0.05) - 0.05
"""The luminance at which black and white have the same contrast, 4.58."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The greys of one colour scheme; those of the style sheet, so that a chart is part of its card.

    Attributes:
        ground: what the chart lies on.
        text, muted: both have a contrast of at least 4.5 on the ground.
        grid, pale: lines and areas in the background.
    """

    ground: str
    text: str
    muted: str
    grid: str
    pale: str


LIGHT = Scheme(ground="#ffffff", text="#1b2430", muted="#55606e", grid="#e1e5ea", pale="#edf0f3")
DARK = Scheme(ground="#1b1f26", text="#e8ebef", muted="#a4aebb", grid="#333b46", pale="#2b323b")


def scheme(*, dark: bool) -> Scheme:
    """The greys for a light or a dark ground."""
    return DARK if dark else LIGHT


def series_colour(index: int) -> str:
    """Colour of the series at a position; grey past the palette."""
    return OKABE_ITO[index] if index < len(OKABE_ITO) else OTHER


def ink(colour: str) -> str:
    """Black or white, whichever has the higher contrast on a colour: always 4.5 at least (WCAG 2.2, 1.4.3).

    >>> [ink(one) for one in ("#00224e", "#707173", "#8a8678", "#fee838")]
    ['#ffffff', '#ffffff', '#000000', '#000000']
    """
    return BLACK if luminance(colour) > _EQUAL else WHITE


def luminance(colour: str) -> float:
    """Relative luminance of a colour, 0 for black and 1 for white (WCAG 2.2, "relative luminance").

    >>> round(luminance("#ffffff"), 3), round(luminance("#0072B2"), 3)
    (1.0, 0.152)
    """
    parts = [part / 255 for part in _parts(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def cividis(place: float) -> str:
    """The colour at a place of the scale from 0 to 1; what lies beyond has the colour of the end.

    >>> cividis(0), cividis(0.5), cividis(2)
    ('#00224e', '#7d7c76', '#fee838')
    """
    at = min(max(place, 0.0), 1.0) * (len(_CIVIDIS) - 1)
    below = min(int(at), len(_CIVIDIS) - 2)
    ends = zip(_parts(_CIVIDIS[below]), _parts(_CIVIDIS[below + 1]), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * (at - below)):02x}" for low, high in ends)


def clear(colour: str, opacity: float) -> str:
    """A colour through which what lies behind is seen.

    >>> clear("#56B4E9", 0.3)
    'rgba(86,180,233,0.3)'
    """
    return f"rgba({','.join(map(str, _parts(colour)))},{opacity:g})"


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
