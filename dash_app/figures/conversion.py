"""The conversion of sessions: a bar for each step over what began, with its numbers above it."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.frame import NOTE_SIZE, compared_note, figure, value_axis
from dash_app.figures.labels import label
from dash_app.records import Figure, Look
from dash_app.words import names
from dash_app.words.dates import duration
from dash_app.words.formats import formats, plural

HEIGHT_OF_CONVERSION = 360
MAX_STEPS = 12
DETAILED_UP_TO = 6
"""With more steps there is no room for a second line; its numbers are in the hover and the table."""
_BAR = 0.34
_NAME_LENGTH = 22


def conversion(frame: pl.DataFrame, look: Look, *, with_open: bool = True) -> Figure:
    """``session_funnel_conversion``: closed counts as bars, open ones as diamonds where they differ.

    Horizontal, name and numbers above each bar: names of steps are of any length, and a phone is narrow.
    """
    shown = frame.head(MAX_STEPS)
    grey = scheme(dark=look.dark)
    places = [-float(index) for index in range(shown.height)]
    whole: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "x": [1] * shown.height,
        "width": _BAR,
        "marker": {"color": grey.pale},
        "hoverinfo": "skip",
    }
    data = [whole, _bars(shown, places, look)]
    has_open = with_open and bool((shown["sessions_open"] != shown["sessions_closed"]).any())
    if has_open:
        data.append(_open(shown, places, look))
    compared = look.compare is not None and not look.compare.is_empty()
    if compared and look.compare is not None:
        data.append(_earlier(shown, look.compare, places, _mark(shown.height), grey.text))
    detailed = shown.height <= DETAILED_UP_TO
    cut = f"first {shown.height} of {frame.height} steps" if shown.height < frame.height else ""
    notes = (
        "share of sessions that carry the step and all before",
        cut,
        "diamond: with the step, whatever came before" if has_open else "",
        compared_note(look).replace("dotted", "upright line") if compared else "",
    )
    return figure(
        data,
        look,
        notes,
        barmode="overlay",
        hovermode="closest",
        left=8,
        margin={"r": 18, "b": 26},
        annotations=[
            text
            for row, place in zip(shown.iter_rows(named=True), places, strict=True)
            for text in _texts(row, place, look, detailed=detailed)
        ],
        xaxis=value_axis(look, share=True, range=[0, 1], tickvals=[0, 0.25, 0.5, 0.75, 1]),
        yaxis={
            "visible": False,
            "range": [places[-1] - (0.6 if detailed else 0.4), 0.55 if detailed else 0.85],
            "fixedrange": True,
        },
    )


def _bars(rows: pl.DataFrame, places: list[float], look: Look) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "x": encode.array(rows["conversion_from_start"]),
        "width": _BAR,
        "marker": {"color": OKABE_ITO[0]},
        "customdata": [
            ", ".join(filter(None, (_sessions(row["sessions_closed"], look), _way(row, look))))
            for row in rows.iter_rows(named=True)
        ],
        "hovertemplate": "%{x:.1%} of all: %{customdata}<extra></extra>",
    }


def _open(rows: pl.DataFrame, places: list[float], look: Look) -> dict[str, Any]:
    """Sessions with the step, whatever came before it, where they are more than those on the way."""
    begun = rows["sessions_closed"][0] or 1
    differs = [
        index for index, row in enumerate(rows.iter_rows(named=True)) if row["sessions_open"] != row["sessions_closed"]
    ]
    counts = rows["sessions_open"].gather(differs)
    return {
        "type": "scatter",
        "mode": "markers",
        "y": [places[index] for index in differs],
        "x": encode.array(counts / begun),
        "marker": {
            "symbol": "diamond",
            "size": 10,
            "color": OKABE_ITO[4],
            "line": {"color": scheme(dark=look.dark).ground, "width": 1},
        },
        "customdata": encode.array(counts),
        "hovertemplate": "sessions with the step: %{customdata:,.0f}, %{x:.1%} of all<extra></extra>",
    }


def _earlier(rows: pl.DataFrame, compare: pl.DataFrame, places: list[float], size: int, colour: str) -> dict[str, Any]:
    """The earlier conversion as an upright line across the bar."""
    joined = rows.select("step").join(compare, on="step", how="left", maintain_order="left")
    return {
        "type": "scatter",
        "mode": "markers",
        "y": places,
        "x": encode.array(joined["conversion_from_start"]),
        "marker": {"symbol": "line-ns-open", "size": size, "color": colour, "line": {"color": colour, "width": 2.5}},
        "name": "earlier",
        "customdata": [compare["sessions_closed"].max()] * joined.height,
        "hovertemplate": "before: %{x:.1%} of %{customdata:,.0f} sessions<extra></extra>",
    }


def _mark(rows: int) -> int:
    """Size of an upright line that is a little longer than a bar is thick; plotly draws it 1.4 times as long."""
    return max(round((_BAR * (HEIGHT_OF_CONVERSION - 70) / rows + 4) / 1.4), 8)


def _texts(row: dict[str, Any], place: float, look: Look, *, detailed: bool) -> list[dict[str, Any]]:
    """Name and share above the bar, the way from the step before under it."""
    form, grey = formats(look), scheme(dark=look.dark)
    name = label(names.capital(names.step(row["step"])), _NAME_LENGTH)
    share = row["conversion_from_start"]
    counts = [form.share(share)] if row["step_index"] and share is not None else []
    counts.append(form.compact(row["sessions_closed"]))
    above = {"yref": "y", "y": place + _BAR / 2, "yanchor": "bottom", "showarrow": False, "xref": "paper"}
    texts = [
        above | {"text": f"<b>{name}</b>", "x": 0, "xanchor": "left", "xshift": -4},
        above | {"text": " · ".join(counts), "x": 1, "xanchor": "right", "xshift": 2},
    ]
    way = _way(row, look)
    if detailed and way:
        under = {"y": place - _BAR / 2, "yanchor": "top", "x": 0, "xanchor": "left", "xshift": -4, "text": way}
        texts.append(above | under | {"font": {"size": NOTE_SIZE, "color": grey.muted}})
    return texts


def _sessions(count: int, look: Look) -> str:
    return f"{formats(look).count(count)} {plural(count, 'session')}"


def _way(row: dict[str, Any], look: Look) -> str:
    """What the step before has to do with it: 40.5% of the step before, 6.1 min after it."""
    previous, minutes = row["conversion_from_previous"], row["median_minutes_from_previous"]
    parts = []
    if row["step_index"] and previous is not None:
        parts.append(f"{formats(look).share(previous)} of the step before")
    if minutes is not None:
        parts.append(f"{duration(minutes)} after it (median)")
    return ", ".join(parts)
