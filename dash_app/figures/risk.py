"""Churn risk: how it is spread over the customers, and forecast against outcome."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import tenths
from dash_app.figures.bars import bars, dotted
from dash_app.figures.frame import compared_note, count_axis, figure, plain_axis, value_axis
from dash_app.records import Figure, Look
from dash_app.words import backtests
from dash_app.words.formats import formats

_HALF = 0.05
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def distribution(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_risk_distribution``: customers by tenths of the probability."""
    names = _names(frame, look)
    hover = "%{customdata}: %{y:,.0f} customers"
    data = [bars(frame, "bin_start", "customers", hover, look) | {"customdata": names}]
    compared = look.compare is not None and not look.compare.is_empty()
    if compared and look.compare is not None:
        data.append(dotted(look.compare, "bin_start", "customers", f"{hover} then", look) | {"customdata": names})
    form = formats(look)
    notes = (
        f"customers by their probability of no order within {backtests.horizon(frame.row(0, named=True), form)}",
        compared_note(look) if compared else "",
    )
    # A bar stands on the lower end of its tenth: ticks between the bars name the ends.
    ends = [round(place / 5, 1) for place in range(6)]
    ticks = {"tickvals": [end - _HALF for end in ends], "ticktext": [form.share(end, 0) for end in ends]}
    places = {"tickmode": "array", "tickangle": 0, "range": [-_HALF, 1 - _HALF], **ticks}
    return figure(
        data,
        look,
        notes,
        bargap=0.06,
        hovermode="closest",
        margin={"r": 20},
        xaxis=plain_axis(look, **places),
        yaxis=count_axis(look, [frame["customers"]]),
    )


def calibration(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_backtest``: tenths of the customers by their forecast, and the share of them that did not order.

    On the line forecast and outcome agree. The newest origin is strong.
    """
    notes = ("share without an order, by forecast, in tenths of the customers", tenths.STRONG_AND_FAINT)
    ticks: dict[str, Any] = {"tickmode": "array", "tickvals": list(_TICKS), "range": [-0.02, 1.02], "tickformat": ".0%"}
    return figure(
        tenths.traces(tenths.by_origin(frame), formats(look).share),
        look,
        notes,
        hovermode="closest",
        xaxis=plain_axis(look, **ticks),
        yaxis=value_axis(look, share=True, **ticks),
        shapes=[tenths.diagonal(0, 1, look)],
    )


def _names(frame: pl.DataFrame, look: Look) -> list[str]:
    """The tenths in words."""
    form = formats(look)
    edges = zip(frame["bin_start"], frame["bin_end"], strict=True)
    return [f"{form.number(low * 100, 0)}–{form.number(high * 100, 0)}%" for low, high in edges]
