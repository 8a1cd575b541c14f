"""Forecast and outcome of customer value, by tenths of the customers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.frame import figure, money_left, plain_axis
from dash_app.records import Figure, Look
from dash_app.words.dates import day
from dash_app.words.formats import formats

Measure = Literal["revenue", "orders"]
Writer = Callable[[float], str]

_LEAST = 0.01
"""In a currency, or orders: what stands at the edge of a logarithmic axis for nothing at all."""
_DIAGONAL = {"type": "line", "layer": "below"}


def calibration(frame: pl.DataFrame, look: Look, measure: Measure = "revenue") -> Figure:
    """``clv_backtest``: mean revenue, or orders, of tenths of the customers by their forecast, and as they came.

    On the line both agree. The newest origin is strong.
    """
    served = frame.filter(pl.col("is_served"))
    origins = served["origin"].unique().sort().to_list()
    parts = {origin: deciles(served.filter(pl.col("origin") == origin), measure) for origin in origins}
    low, high = _ends(list(parts.values()))
    write = _writer(measure, look)
    data = [_points(parts[origin], day(origin), low, write, is_newest=origin == origins[-1]) for origin in origins]
    notes = (
        f"mean {measure} of a customer in tenths of all",
        "up: what came, across: what was forecast",
        "strong: newest test, faint: earlier ones",
        "hollow, at the edge: nothing came",
    )
    axis = _axis(low, high, measure, look)
    line = {"color": scheme(dark=look.dark).muted, "width": 1, "dash": "dash"}
    return figure(
        data,
        look,
        notes,
        left=money_left(look),
        hovermode="closest",
        xaxis=plain_axis(look, **axis),
        yaxis=plain_axis(look, **axis),
        shapes=[_DIAGONAL | {"x0": low, "y0": low, "x1": high, "y1": high, "line": line}],
    )


def deciles(rows: pl.DataFrame, measure: Measure = "revenue") -> pl.DataFrame:
    """``decile``, ``forecast`` and ``observed`` of one origin, from its metrics."""
    parts = rows.with_columns(
        pl.col("metric").str.extract_groups(rf"^{measure}_(?<kind>forecast|observed)_decile_(?<decile>\d+)$")
    )
    named = parts.unnest("metric").drop_nulls("kind").with_columns(pl.col("decile").cast(pl.Int64))
    forecast, observed = (
        named.filter(kind=kind).select("decile", pl.col("value").alias(kind)) for kind in ("forecast", "observed")
    )
    return forecast.join(observed, on="decile").drop_nulls().sort("decile")


def without_deciles(frame: pl.DataFrame, measure: Measure = "revenue") -> bool:
    """Whether no back-test was made, or nothing was forecast in it."""
    is_decile = pl.col("metric").str.starts_with(f"{measure}_forecast_decile_") & (pl.col("value") > 0)
    return frame.filter(pl.col("is_served") & is_decile).is_empty()


def _points(rows: pl.DataFrame, name: str, low: float, write: Writer, *, is_newest: bool) -> dict[str, Any]:
    said = [f"{write(one)}, came {write(other)}" for one, other in rows.select("forecast", "observed").iter_rows()]
    return {
        "type": "scatter",
        "mode": "lines+markers" if is_newest else "markers",
        "x": encode.rough(rows["forecast"].clip(low)),
        "y": encode.rough(rows["observed"].clip(low)),
        "marker": {
            "color": OKABE_ITO[0],
            "size": 8 if is_newest else 5,
            "opacity": 1 if is_newest else 0.35,
            "symbol": [
                "circle" if least > 0 else "circle-open"
                for least in rows.select("forecast", "observed").min_horizontal()
            ],
        },
        "line": {"color": OKABE_ITO[0], "width": 2},
        "name": name,
        "customdata": [
            f"tenth {decile}: forecast {text}" for decile, text in zip(rows["decile"].to_list(), said, strict=True)
        ],
        "hovertemplate": f"{name}, %{{customdata}}<extra></extra>",
    }


def _ends(parts: list[pl.DataFrame]) -> tuple[float, float]:
    """Ends of both axes, powers of ten around all amounts above nothing."""
    values = pl.concat([part.select(pl.concat_list("forecast", "observed").explode()) for part in parts]).to_series()
    known = values.filter(values > 0)
    least, most = float(str(known.min() or 1.0)), float(str(known.max() or 1.0))
    high = 10.0 ** math.ceil(math.log10(most) + 1e-9)
    return max(10.0 ** math.floor(math.log10(least)), _LEAST, high / 1e5), high


def _writer(measure: Measure, look: Look) -> Writer:
    form = formats(look)
    return form.exact_money if measure == "revenue" else form.mean


def _axis(low: float, high: float, measure: Measure, look: Look) -> dict[str, Any]:
    form = formats(look)
    before, after = form.affixes if measure == "revenue" else ("", "")
    first, last = round(math.log10(low)), round(math.log10(high))
    ticks = [10.0**power for power in range(first, last + 1)]
    return {
        "type": "log",
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{before}{form.compact(tick) if tick >= 1 else round(tick, 2)}{after}" for tick in ticks],
        "range": [first - 0.05, last + 0.05],
        "fixedrange": True,
    }
