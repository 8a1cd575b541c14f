"""Orders over time and over the day, and the weekly averages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.bars import bars, dotted
from dash_app.figures.colours import OKABE_ITO, OTHER
from dash_app.figures.frame import compared_note, count_axis, figure, hour_axis, period_axis, value_axis
from dash_app.figures.lines import lines
from dash_app.figures.periods import MEAN_DAYS, ago, moved, trailing_mean
from dash_app.figures.traces import Line, Scale
from dash_app.records import Figure, Look
from dash_app.words.dates import Grain, day
from dash_app.words.formats import formats
from dash_app.words.rows import with_partial

_BARS_UP_TO = 120
_HOVER = "orders: %{y:,.0f}"


def daily_orders(frame: pl.DataFrame, look: Look) -> Figure:
    """Orders of each day, and their mean over the last seven finished days."""
    earlier = moved(frame, look, "date", "day")
    mean = trailing_mean(frame, "orders")
    has_mean, is_long = mean.height > 1, frame.height > _BARS_UP_TO
    days = bars(frame, "date", "orders", _HOVER, look, colour=OTHER if has_mean else OKABE_ITO[0], grain="day")
    if is_long:
        # Bars thinner than two pixels flicker; points keep each day visible.
        days |= {"type": "scatter", "mode": "markers", "marker": {"color": OTHER, "size": 3}}
    data = [days]
    if earlier is not None:
        data.append(_mean_line(trailing_mean(earlier, "orders"), {"width": 1.5, "dash": "dot"}))
    if has_mean:
        data.append(_mean_line(mean, {"width": 2.5}))
    notes = (
        "orders per day",
        f"line: mean of {MEAN_DAYS} days, grey {'points' if is_long else 'bars'}: single days" if has_mean else "",
        "hatched: unfinished" if frame["is_partial"].any() and not is_long else "",
        compared_note(look) if earlier is not None else "",
    )
    axis = period_axis(look, "day", encode.days(frame["date"]))
    if is_long:
        ends = (frame["date"][0] - timedelta(days=1), frame["date"][-1] + timedelta(days=1))
        axis["range"] = [str(end) for end in ends]
    return figure(data, look, notes, xaxis=axis, yaxis=count_axis(look, [frame["orders"]]), bargap=0.15)


def orders_by_period(frame: pl.DataFrame, look: Look, grain: Grain) -> Figure:
    """``weekly_orders`` and ``monthly_orders``: a bar for each period."""
    earlier = moved(frame, look, "date", grain)
    data = [bars(frame, "date", "orders", _HOVER, look, grain=grain)]
    if earlier is not None:
        data.append(dotted(earlier, "date", "orders", _HOVER, look))
    notes = (
        f"orders per {grain}",
        "hatched: unfinished" if frame["is_partial"].any() else "",
        compared_note(look) if earlier is not None else "",
    )
    x = period_axis(look, grain, encode.days(frame["date"]))
    return figure(data, look, notes, xaxis=x, yaxis=count_axis(look, [frame["orders"]]), bargap=0.2)


def hourly_orders(frame: pl.DataFrame, look: Look) -> Figure:
    """A mean day: a bar for each hour."""
    hover = "orders: %{y:,.3~r}"
    data = [bars(frame, "hour", "mean_orders", hover, look)]
    compares = look.compare is not None and not look.compare.is_empty() and look.compare_day is not None
    if compares and look.compare is not None and look.compare_day is not None:
        data.append(dotted(look.compare, "hour", "mean_orders", f"{hover}, as of {day(look.compare_day)}", look))
    notes = ("orders per hour of a mean day", compared_note(look) if compares else "")
    return figure(data, look, notes, xaxis=hour_axis(look), yaxis=value_axis(look), bargap=0.12)


def sessions_per_customer(frame: pl.DataFrame, look: Look) -> Figure:
    """``weekly_average_session_per_user``."""
    return _average(frame, look, Scale("week", "sessions_per_customer", "sessions per active customer", "week", ",.2f"))


def orders_per_customer(frame: pl.DataFrame, look: Look) -> Figure:
    """``weekly_average_order_per_user``."""
    return _average(frame, look, Scale("week", "orders_per_customer", "orders per ordering customer", "week", ",.2f"))


def mean_amount(frame: pl.DataFrame, look: Look) -> Figure:
    """``weekly_average_payment_amount``."""
    form = formats(look)
    before, after = form.affixes
    scale = Scale(
        "week", "mean_amount", "mean amount per order", "week", f",.{form.minor_digits}f", before, after, money=True
    )
    return _average(frame, look, scale)


def _average(frame: pl.DataFrame, look: Look, scale: Scale) -> Figure:
    """One line. Its axis need not begin at zero: a mean is read by its changes, and the axis says where it begins."""
    line = Line(scale.unit, with_partial(frame, look, "week", "week"), moved(frame, look, "week", "week"))
    return lines([line], replace(scale, from_zero=False), look)


def _mean_line(rows: pl.DataFrame, line: dict[str, Any]) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": "mean",
        **encode.along(rows["date"]),
        "y": encode.rough(rows["mean"]),
        "line": {"color": OKABE_ITO[0]} | line,
        "hovertemplate": f"mean of {MEAN_DAYS} days %{{y:,.1f}}<extra></extra>",
    }
    if "was" in rows.columns:
        trace["name"] = "earlier"
        trace["hovertemplate"] = f"mean of {MEAN_DAYS} days %{{y:,.1f}}, {ago(rows)}<extra></extra>"
    return trace
