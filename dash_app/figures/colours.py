"""Colours: Okabe and Ito's for series, Cividis for amounts, greys for the rest."""

from __future__ import annotations

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
