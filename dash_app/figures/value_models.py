"""Forecast and outcome of customer value, by tenths of the customers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import polars as pl

from dash_app.figures import tenths
from dash_app.figures.frame import figure, money_left, plain_axis
from dash_app.records import Figure, Look
from dash_app.words.formats import formats

Measure = Literal["revenue", "orders"]

_LEAST = 0.01
"""In a currency, or orders: what stands at the edge of a logarithmic axis for nothing at all."""


def calibration(frame: pl.DataFrame, look: Look, measure: Measure = "revenue") -> Figure:
    """``clv_backtest``: mean revenue, or orders, of tenths of the customers by their forecast, and as they came.

    On the line both agree. The newest origin is strong. Where a level serves, forecasts are times what it was by then.
    """
    parts = _levelled(tenths.by_origin(frame, f"{measure}_"), frame.filter(metric=f"{measure}_level"))
    low, high = _ends(list(parts.values()))
    notes = (
        f"mean {measure} of a customer in tenths of all",
        "up: what came, across: what was forecast",
        tenths.STRONG_AND_FAINT,
        "hollow, at the edge: nothing came",
    )
    axis = _axis(low, high, measure, look)
    return figure(
        tenths.traces(parts, _writer(measure, look), low),
        look,
        notes,
        left=money_left(look),
        hovermode="closest",
        xaxis=plain_axis(look, **axis),
        yaxis=plain_axis(look, **axis),
        shapes=[tenths.diagonal(low, high, look)],
    )


def _levelled(parts: Mapping[date, pl.DataFrame], levels: pl.DataFrame) -> dict[date, pl.DataFrame]:
    """The tenths with the level of their origin put right, where there is one."""
    factors = dict(levels.select("origin", "value").iter_rows())
    return {origin: part.with_columns(pl.col("forecast") * factors.get(origin, 1.0)) for origin, part in parts.items()}


def without_deciles(frame: pl.DataFrame, measure: Measure = "revenue") -> bool:
    """Whether no back-test was made, or nothing was forecast in it."""
    return tenths.without_deciles(frame, f"{measure}_")


def _ends(parts: list[pl.DataFrame]) -> tuple[float, float]:
    """Ends of both axes, powers of ten around all amounts above nothing."""
    values = pl.concat([part.select(pl.concat_list("forecast", "observed").explode()) for part in parts]).to_series()
    known = values.filter(values > 0)
    least, most = float(str(known.min() or 1.0)), float(str(known.max() or 1.0))
    high = 10.0 ** math.ceil(math.log10(most) + 1e-9)
    return max(10.0 ** math.floor(math.log10(least)), _LEAST, high / 1e5), high


def _writer(measure: Measure, look: Look) -> tenths.Writer:
    form = formats(look)
    return form.exact_money if measure == "revenue" else form.mean


def _axis(low: float, high: float, measure: Measure, look: Look) -> dict[str, Any]:
    form = formats(look)
    first, last = round(math.log10(low)), round(math.log10(high))
    ticks = [10.0**power for power in range(first, last + 1)]
    return {
        "type": "log",
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [form.round_money(tick) if measure == "revenue" else form.round_number(tick) for tick in ticks],
        "range": [first - 0.05, last + 0.05],
        "fixedrange": True,
    }
