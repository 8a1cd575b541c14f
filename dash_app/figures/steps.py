"""Funnels over time and over the day: sessions by step, customers by milestone."""

from __future__ import annotations

from typing import Literal

import polars as pl

from dash_app.figures.lines import lines
from dash_app.figures.periods import moved
from dash_app.figures.traces import Line, Scale
from dash_app.records import Figure, Look
from dash_app.words import names
from dash_app.words.dates import Grain, day


def sessions_by_step(frame: pl.DataFrame, look: Look, grain: Grain) -> Figure:
    """``daily_funnel``, ``weekly_funnel``, ``monthly_funnel``: sessions that carry each step."""
    return _by_step(frame, look, Scale("date", "sessions", f"sessions per {grain}", grain, smooth=grain == "day"))


def shares_by_step(frame: pl.DataFrame, look: Look, grain: Grain) -> Figure:
    """The same tables: what part of the period's sessions carries each step after the first."""
    later = frame.filter(pl.col("step_index") > 0)
    scale = Scale("date", "share_of_sessions", f"share of the {grain}'s sessions", grain, number=".1%", share=True)
    return _by_step(later, look, scale)


def customers_by_milestone(frame: pl.DataFrame, look: Look, grain: Grain) -> Figure:
    """``daily_funnel_downloads`` and its kin: customers who reached each milestone in the period."""
    return _by_step(frame, look, Scale("date", "customers", f"customers per {grain}", grain, smooth=grain == "day"))


def by_hour(frame: pl.DataFrame, look: Look, what: Literal["sessions", "customers"]) -> Figure:
    """``hourly_funnel`` and ``hourly_funnel_downloads``: a mean day."""
    scale = Scale("hour", f"mean_{what}", f"{what} per hour of a mean day", None, number=",.3~r")
    earlier = None
    if look.compare is not None and look.compare_day and not look.compare.is_empty():
        earlier = look.compare.with_columns(was=pl.lit(f"as of {day(look.compare_day)}"))
    return _lines(frame.with_columns(is_partial=pl.lit(value=False)), earlier, scale, look)


def _by_step(frame: pl.DataFrame, look: Look, scale: Scale) -> Figure:
    earlier = moved(frame, look, scale.column, scale.grain) if scale.grain else None
    return _lines(frame, earlier, scale, look)


def _lines(frame: pl.DataFrame, earlier: pl.DataFrame | None, scale: Scale, look: Look) -> Figure:
    """One line for each step, in the order of the steps."""
    before = {} if earlier is None else _split(earlier)
    series = [Line(names.step(step), rows, before.get(step)) for step, rows in _split(frame).items()]
    return lines(series, scale, look)


def _split(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    parts = frame.sort("step_index", maintain_order=True).partition_by("step", as_dict=True, maintain_order=True)
    return {str(key[0]): rows for key, rows in parts.items()}
