"""Upright bars: orders by period, by hour. Unfinished periods are hatched, an earlier report is dotted above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.periods import ago
from dash_app.records import Look
from dash_app.words.dates import Grain

_DAY = 86_400_000
_WIDTHS: dict[Grain, float] = {"day": 0.8 * _DAY, "week": 5.6 * _DAY, "month": 24 * _DAY}


def bars(
    rows: pl.DataFrame,
    place: str,
    measure: str,
    hover: str,
    look: Look,
    colour: str = OKABE_ITO[0],
    grain: Grain | None = None,
) -> dict[str, Any]:
    """One bar for each row; those with ``is_partial`` are hatched.

    plotly takes a bar's width from its neighbours, and without any it would be a millisecond.
    """
    trace: dict[str, Any] = {
        "type": "bar",
        **encode.along(rows[place]),
        "y": encode.array(rows[measure]),
        "marker": {"color": colour},
        "hovertemplate": f"{hover}<extra></extra>",
    }
    if rows.height == 1 and grain is not None:
        trace["width"] = _WIDTHS[grain]
    if "is_partial" in rows.columns and rows["is_partial"].any():
        flags = rows["is_partial"].to_list()
        trace["marker"] |= hatching(flags, colour, look)
        trace["customdata"] = [", unfinished" if flag else "" for flag in flags]
        trace["hovertemplate"] = f"{hover}%{{customdata}}<extra></extra>"
    return trace


def hatching(flags: Sequence[bool], colour: str, look: Look) -> dict[str, Any]:
    """What makes the flagged ones of some bars hatched: a part of their marker."""
    return {
        "pattern": {
            "shape": ["/" if flag else "" for flag in flags],
            "bgcolor": scheme(dark=look.dark).ground,
            "fgcolor": colour,
            "size": 6,
            "solidity": 0.4,
        },
        "line": {"color": colour, "width": [1 if flag else 0 for flag in flags]},
    }


def dotted(rows: pl.DataFrame, place: str, measure: str, hover: str, look: Look) -> dict[str, Any]:
    """An earlier report over bars: a dotted line with small points."""
    colour = scheme(dark=look.dark).text
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers",
        **encode.along(rows[place]),
        "y": encode.array(rows[measure]),
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
        "marker": {"color": colour, "size": 4},
        "name": "earlier",
        "hovertemplate": f"{hover}<extra></extra>",
    }
    if "was" in rows.columns:
        trace["hovertemplate"] = f"{hover}, {ago(rows)}<extra></extra>"
    return trace
