"""Churn risk: how it is spread over the customers, and forecast against outcome."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.bars import bars, dotted
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.frame import compared_note, count_axis, figure, plain_axis, value_axis
from dash_app.records import Figure, Look
from dash_app.words.dates import day
from dash_app.words.formats import formats

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_DIAGONAL = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "layer": "below"}


def distribution(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_risk_distribution``: customers by tenths of the probability."""
    names = _names(frame, look)
    hover = "%{customdata}: %{y:,.0f} customers"
    data = [bars(frame, "bin_start", "customers", hover, look) | {"customdata": names}]
    compared = look.compare is not None and not look.compare.is_empty()
    if compared and look.compare is not None:
        data.append(dotted(look.compare, "bin_start", "customers", f"{hover} then", look) | {"customdata": names})
    horizon = formats(look).number(frame["horizon_days"][0], 0)
    notes = (
        f"customers by their probability of no order within {horizon} days",
        compared_note(look) if compared else "",
    )
    # Every second name fits a narrow card.
    ticks = {"tickvals": frame["bin_start"].to_list()[::2], "ticktext": names[::2]}
    places = {"tickmode": "array", "tickangle": 0, **ticks}
    return figure(
        data,
        look,
        notes,
        bargap=0.06,
        hovermode="closest",
        xaxis=plain_axis(look, **places),
        yaxis=count_axis(look, [frame["customers"]]),
    )


def calibration(frame: pl.DataFrame, look: Look) -> Figure:
    """``churn_backtest``: tenths of the customers by their forecast, and the share of them that did not order.

    On the line forecast and outcome agree. The newest origin is strong.
    """
    served = frame.filter(pl.col("is_served"))
    origins = served["origin"].unique().sort().to_list()
    data: list[dict[str, Any]] = []
    for origin in origins:
        points = deciles(served.filter(pl.col("origin") == origin))
        is_newest = origin == origins[-1]
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if is_newest else "markers",
                "x": encode.array(points["forecast"]),
                "y": encode.array(points["observed"]),
                "marker": {"color": OKABE_ITO[0], "size": 8 if is_newest else 5, "opacity": 1 if is_newest else 0.35},
                "line": {"color": OKABE_ITO[0], "width": 2},
                "name": day(origin),
                "hovertemplate": f"{day(origin)}: forecast %{{x:.1%}}, happened %{{y:.1%}}<extra></extra>",
            }
        )
    notes = (
        "share without an order, by forecast, in tenths of the customers",
        "strong: newest test, faint: earlier ones",
    )
    ticks: dict[str, Any] = {"tickmode": "array", "tickvals": list(_TICKS), "range": [-0.02, 1.02], "tickformat": ".0%"}
    return figure(
        data,
        look,
        notes,
        hovermode="closest",
        xaxis=plain_axis(look, **ticks),
        yaxis=value_axis(look, share=True, **ticks),
        shapes=[_DIAGONAL | {"line": {"color": scheme(dark=look.dark).muted, "width": 1, "dash": "dash"}}],
    )


def deciles(rows: pl.DataFrame) -> pl.DataFrame:
    """``decile``, ``forecast`` and ``observed`` of one origin, from its metrics."""
    parts = rows.with_columns(
        pl.col("metric").str.extract_groups(r"^(?<kind>forecast|observed)_decile_(?<decile>\d+)$")
    )
    named = parts.unnest("metric").drop_nulls("kind").with_columns(pl.col("decile").cast(pl.Int64))
    forecast, observed = (
        named.filter(kind=kind).select("decile", pl.col("value").alias(kind)) for kind in ("forecast", "observed")
    )
    return forecast.join(observed, on="decile").sort("decile")


def without_deciles(frame: pl.DataFrame) -> bool:
    """Whether no back-test was made."""
    is_decile = pl.col("metric").str.starts_with("forecast_decile_") & (pl.col("value") > 0)
    return frame.filter(pl.col("is_served") & is_decile).is_empty()


def _names(frame: pl.DataFrame, look: Look) -> list[str]:
    """The tenths in words."""
    form = formats(look)
    edges = zip(frame["bin_start"], frame["bin_end"], strict=True)
    return [f"{form.number(low * 100, 0)}–{form.number(high * 100, 0)}%" for low, high in edges]
