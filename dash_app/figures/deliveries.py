"""Deliveries day by day: how long each part of them takes, and which part comes late."""

from __future__ import annotations

import polars as pl

from dash_app.figures.lines import lines
from dash_app.figures.periods import moved
from dash_app.figures.traces import Line, Scale
from dash_app.filters import Duration
from dash_app.records import Figure, Look
from dash_app.words.rows import with_partial
from dash_app.words.spans import NAMES, unit_of

_ORDER: tuple[Duration, ...] = ("deliver", "prepare", "ride", "return")
_WHOLE = pl.col("duration") == "deliver"


def by_day(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_deliveries``: a line for each duration, its mean on each day."""
    scale = unit_of(frame["mean_minutes"].drop_nulls())
    kind = Scale(
        "date", "mean", f"{scale.name} in the mean of the day", "day", ",.1f", after=f" {scale.name}", smooth=True
    )
    before = moved(frame, look, "date", "day")
    series = []
    for name in _ORDER:
        rows = _of(frame, name, scale.minutes, look)
        if rows.height:
            earlier = None if before is None else _of(before, name, scale.minutes, look)
            series.append(Line(NAMES[name], rows, earlier if earlier is not None and earlier.height else None))
    return lines(series, kind, look)


def late_by_day(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_deliveries``: the part of each day's deliveries that came later than promised."""
    kind = Scale(
        "date", "share_late", "share of the day's deliveries later than promised", "day", ".1%", share=True, smooth=True
    )
    rows = with_partial(frame.filter(_WHOLE), look, "date", "day").sort("date")
    before = moved(frame, look, "date", "day")
    earlier = None if before is None else before.filter(_WHOLE).drop_nulls("share_late")
    return lines([Line("late", rows, earlier if earlier is not None and earlier.height else None)], kind, look)


def without_promise(frame: pl.DataFrame) -> bool:
    """Whether there is no day with a delivery that had a promised time."""
    return frame.filter(_WHOLE & pl.col("share_late").is_not_null() & (pl.col("deliveries") > 0)).is_empty()


def _of(frame: pl.DataFrame, name: Duration, minutes: float, look: Look) -> pl.DataFrame:
    rows = frame.filter(pl.col("duration") == name).with_columns(mean=pl.col("mean_minutes") / minutes)
    return with_partial(rows, look, "date", "day").sort("date").drop_nulls("mean")
