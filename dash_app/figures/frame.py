"""What all charts share: the layout around the marks, axes, notes, and the names of periods in hovers."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl

from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.records import Figure, Look
from dash_app.words.dates import Grain, day, later, month
from dash_app.words.formats import formats

HEIGHT = 320
BOTTOM = 34
TOP = 14
NOTE_LINE = 15
LEFT = 46
_NOTE_LENGTH = 54
_FEW_PERIODS = 26
_TICKS, _TICKS_BESIDE_NAMES = 6, 3
_MOST, _MOST_BESIDE_NAMES = 7, 4
"""Ticks that plotly sets at most: beside names the plot is half as wide on a phone."""
_FEW_COUNTS = 5
_FEWEST_ACROSS = 4
FONT_SIZE = 12
DAY_TICK = "%-d %b\n%Y"
PHONE = 306
"""Pixels of a chart on a phone, with its names at the left and without its right edge."""
NOTE_SIZE = 11

_PERIOD_HOVER: dict[Grain, str] = {"day": "%a %-d %b %Y", "week": "Week of %-d %b %Y", "month": "%B %Y"}


def figure(
    data: list[dict[str, Any]], look: Look, notes: Sequence[str] = (), *, left: int = LEFT, **layout: Any
) -> Figure:
    """Marks and what stands around them.

    Args:
        left: room for the labels of the upright axis. Fixed, so that notes begin at the card's edge and the charts of
            a page stand in one line; plotly widens it where a label is longer.
        notes: what the marks are and how to read them, above the chart; the first names the measure.
        layout: axes and whatever else this chart needs; ``annotations`` and ``margin`` are added to ours.
    """
    grey = scheme(dark=look.dark)
    lines = wrapped(notes)
    margin = {"l": left, "r": 12, "t": TOP + NOTE_LINE * len(lines), "b": BOTTOM} | layout.pop("margin", {})
    annotations = [note(line, look, len(lines) - index, left) for index, line in enumerate(lines)]
    annotations += layout.pop("annotations", [])
    base = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(OKABE_ITO),
        "font": {"color": grey.text, "size": FONT_SIZE},
        "hoverlabel": {
            "bgcolor": grey.ground,
            "bordercolor": grey.muted,
            "font": {"color": grey.text, "size": FONT_SIZE},
            "namelength": -1,
            "align": "left",
        },
        "separators": "".join(formats(look).separators),
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "margin": margin,
        "annotations": annotations,
    }
    return {"data": data, "layout": base | layout}


def as_tall(chart: Figure, pixels: int, least: int = 0) -> Figure:
    """The chart with a height of its own: its notes and so many pixels below them."""
    height = max(chart["layout"]["margin"]["t"] + pixels, least)
    return chart | {"layout": chart["layout"] | {"meta": {"height": height}}}


def wrapped(notes: Sequence[str]) -> list[str]:
    """The notes in lines that fit a narrow chart; a note is broken only where it is longer than a line."""
    lines: list[str] = []
    for text in filter(None, notes):
        joined = f"{lines[-1]} · {text}" if lines else text
        if lines and len(joined) <= _NOTE_LENGTH:
            lines[-1] = joined
        else:
            lines += textwrap.wrap(text, _NOTE_LENGTH)
    return lines


def note(text: str, look: Look, line: int, left: int) -> dict[str, Any]:
    """A line above the chart; line 1 is the one next to it. The text is ours or escaped."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "bottom",
        "xshift": 2 - left,
        "yshift": NOTE_LINE * (line - 1) + 3,
        "align": "left",
        "showarrow": False,
        "font": {"size": NOTE_SIZE, "color": scheme(dark=look.dark).muted},
    }


def value_axis(look: Look, *, money: bool = False, share: bool = False, **more: Any) -> dict[str, Any]:
    """An axis of amounts from zero: 5k, £5k or 40%."""
    grey = scheme(dark=look.dark)
    axis: dict[str, Any] = {
        "rangemode": "tozero",
        "gridcolor": grey.grid,
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "nticks": 6,
        "automargin": True,
        "fixedrange": True,
        "exponentformat": "B",
        "separatethousands": True,
        "tickfont": {"color": grey.muted, "size": NOTE_SIZE},
    }
    if share:
        axis["tickformat"] = ".0%"
    if money:
        axis["tickprefix"], axis["ticksuffix"] = formats(look).affixes
    return axis | more


def count_axis(look: Look, counts: Iterable[pl.Series], **more: Any) -> dict[str, Any]:
    """An axis of whole numbers: no half an order between its ticks."""
    highest = max(
        (int(str(column.max() or 0)) for column in counts if column.dtype.is_integer()), default=_FEW_COUNTS + 1
    )
    steps = {"dtick": 1, "tick0": 0} if highest <= _FEW_COUNTS else {}
    return value_axis(look, **steps | more)


def plain_axis(look: Look, **more: Any) -> dict[str, Any]:
    """An axis of places (periods, hours, bins): a line with ticks and no grid."""
    grey = scheme(dark=look.dark)
    return {
        "showgrid": False,
        "zeroline": False,
        "showline": True,
        "linecolor": grey.muted,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": grey.muted,
        "automargin": True,
        "tickfont": {"color": grey.muted, "size": NOTE_SIZE},
    } | more


def period_axis(look: Look, grain: Grain, days: Sequence[str], *, beside_names: bool = False) -> dict[str, Any]:
    """The axis of days, weeks or months.

    Args:
        days: the first days of the periods.
        beside_names: whether names at the ends of lines take their part of the width.
    """
    one = "%b\n%Y" if grain == "month" else DAY_TICK
    axis = plain_axis(look, type="date", hoverformat=_PERIOD_HOVER[grain], tickformatstops=tick_stops(one), tickangle=0)
    axis["nticks"] = _MOST_BESIDE_NAMES if beside_names else _MOST
    if 0 < len(days) <= _FEW_PERIODS:
        # plotly would put hours between days, and Sundays between weeks.
        # The names of months are short.
        most = _TICKS_BESIDE_NAMES if beside_names and grain != "month" else _TICKS
        ticks = list(days)[:: -(-len(days) // most)]
        axis |= {"tickmode": "array", "tickvals": ticks, "ticktext": _tick_texts(ticks, grain)}
        del axis["tickformatstops"]
    if 0 < len(days) < _FEWEST_ACROSS:
        # A lonely bar would fill the whole chart.
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        axis["range"] = [str(later(first, -2, grain)), str(later(last, 2, grain))]
    return axis


def tick_stops(one: str = DAY_TICK) -> list[dict[str, Any]]:
    """Formats of ticks on an axis of dates: ``one`` where they are less than a month apart, else the month."""
    return [{"dtickrange": [None, "M1"], "value": one}, {"dtickrange": ["M1", None], "value": "%b\n%Y"}]


def _tick_texts(days: Sequence[str], grain: Grain) -> list[str]:
    """Day and month, or month; the year under the first tick and where it changes."""
    dates = [date.fromisoformat(text) for text in days]
    years = [None, *(one.year for one in dates[:-1])]
    return [
        (month(one) if grain == "month" else f"{one.day} {month(one)}")
        + (f"<br>{one.year}" if one.year != year else "")
        for one, year in zip(dates, years, strict=True)
    ]


def hour_axis(look: Look) -> dict[str, Any]:
    """The hours of a day."""
    places = list(range(0, 24, 6))
    return plain_axis(
        look,
        tickmode="array",
        tickvals=places,
        ticktext=[f"{hour:02}:00" for hour in places],
        range=[-0.6, 23.6],
        hoverformat="02d",
        ticksuffix=":00",
        minor={"dtick": 3, "ticks": "outside", "ticklen": 3, "tickcolor": scheme(dark=look.dark).muted},
        fixedrange=True,
    )


def money_left(look: Look) -> int:
    """Room for labels with a currency."""
    return LEFT + 6 * len("".join(formats(look).affixes))


def compared_note(look: Look) -> str:
    """How the earlier day is told from the shown one; empty without comparison."""
    return f"dotted: as of {day(look.compare_day)}" if look.compare is not None and look.compare_day else ""
