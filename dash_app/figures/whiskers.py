"""Intervals around points: plotly's error bars, each end where it is."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode


def across(place: pl.Series, low: pl.Series, high: pl.Series, colour: str, thickness: float, cap: int = 0) -> Any:
    """Horizontal lines from low to high through the places, for ``error_x``; an end on the wrong side is at the place.

    Args:
        thickness: of the lines, in pixels.
        cap: half the length of the strokes at their ends, in pixels; 0: none.

    >>> ends = across(pl.Series([2.0]), pl.Series([1.5]), pl.Series([4.0]), "red", 1.6)
    >>> ends["array"] == encode.array(pl.Series([2.0])), ends["arrayminus"] == encode.array(pl.Series([0.5]))
    (True, True)
    """
    at = place.cast(pl.Float64)
    return {
        "type": "data",
        "symmetric": False,
        "array": encode.array((high.cast(pl.Float64) - at).clip(0)),
        "arrayminus": encode.array((at - low.cast(pl.Float64)).clip(0)),
        "thickness": thickness,
        "width": cap,
        "color": colour,
    }
