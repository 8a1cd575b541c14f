"""Churn from Monday to Monday: its rate, engaged and churned customers, who went and came back, the threshold."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dash_app.figures.bars import dotted
from dash_app.figures.colours import OKABE_ITO, OTHER
from dash_app.figures.frame import compared_note
from dash_app.figures.lines import lines
from dash_app.figures.periods import moved
from dash_app.figures.stacks import Stack, stacks
from dash_app.figures.traces import Line, Scale
from dash_app.records import Figure, Look


def rate(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_weekly``: churned customers over all with an order."""
    scale = Scale("week", "churn_rate", "share of customers with an order, at each Monday", "week", ".1%", share=True)
    return _line(frame, look, scale)


def threshold(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_weekly``: after how many days without an order a customer counted as churned."""
    scale = Scale("week", "threshold_days", "days without an order, at each Monday", "week", ",.1f", after=" days")
    return _line(frame, look, scale)


def customers(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_weekly``: all customers with an order, engaged and churned."""
    rows = frame.sort("week").drop_nulls("engaged")
    parts = (
        Stack("engaged", rows, "engaged", OKABE_ITO[0]),
        Stack("churned", rows, "churned", OTHER),
    )
    return _stacks(parts, frame, look, "engaged", "customers with an order, at each Monday")


def moves(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_weekly``: who has churned since the Monday before, and below zero who has come back."""
    rows = frame.sort("week").drop_nulls("newly_churned")
    parts = (
        Stack("churned", rows, "newly_churned", OKABE_ITO[1]),
        Stack("came back", rows, "reactivated", OKABE_ITO[2], is_below=True),
    )
    return _stacks(parts, frame, look, "newly_churned", "customers since the Monday before")


def without_threshold(frame: pl.DataFrame) -> bool:
    """Whether there is no Monday with customers at which somebody can count as churned."""
    return frame.filter((pl.col("customers") > 0) & pl.col("churned").is_not_null()).is_empty()


def without_moves(frame: pl.DataFrame) -> bool:
    """Whether there are no two such Mondays."""
    return frame.filter((pl.col("customers") > 0) & pl.col("newly_churned").is_not_null()).is_empty()


def _stacks(parts: tuple[Stack, ...], frame: pl.DataFrame, look: Look, measure: str, unit: str) -> Figure:
    before = moved(frame, look, "week", "week")
    known = None if before is None else before.drop_nulls(measure)
    hover = f"{parts[0].name}: %{{y:,.0f}}"
    over = [] if known is None or known.is_empty() else [dotted(known, "week", measure, hover, look)]
    notes = (unit, f"{compared_note(look)}, {parts[0].name}" if over else "")
    return stacks(parts, "week", "week", look, notes, over)


def _line(frame: pl.DataFrame, look: Look, scale: Scale) -> Figure:
    """One line; a Monday is an instant, never unfinished."""
    before = moved(frame, look, "week", "week")
    rows = frame.sort("week").drop_nulls(scale.measure).with_columns(is_partial=pl.lit(value=False))
    earlier = None if before is None else before.drop_nulls(scale.measure)
    line = Line(scale.unit, rows, earlier if earlier is not None and earlier.height else None)
    return lines([line], replace(scale, from_zero=scale.share), look)
