"""Forecast against outcome by tenths of the customers, at every origin of a back-test: what all such figures share.

What belongs here: tenths out of a back-test's metrics, their points, the line on which both agree. What does not: what
is forecast, and on which axes it is best seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.records import Look
from dash_app.words.dates import day

STRONG_AND_FAINT = "strong: newest test, faint: earlier ones"

Writer = Callable[[float], str]


def deciles(rows: pl.DataFrame, measure: str = "") -> pl.DataFrame:
    """``decile``, ``forecast`` and ``observed`` of one origin, from its metrics; those without either are left out.

    Args:
        measure: what the names of the metrics begin with.
    """
    parts = rows.with_columns(
        pl.col("metric").str.extract_groups(rf"^{measure}(?<kind>forecast|observed)_decile_(?<decile>\d+)$")
    )
    named = parts.unnest("metric").drop_nulls("kind").with_columns(pl.col("decile").cast(pl.Int64))
    forecast, observed = (
        named.filter(kind=kind).select("decile", pl.col("value").alias(kind)) for kind in ("forecast", "observed")
    )
    return forecast.join(observed, on="decile").drop_nulls().sort("decile")


def by_origin(frame: pl.DataFrame, measure: str = "") -> dict[date, pl.DataFrame]:
    """The tenths of what serves, by origin, the newest last."""
    served = frame.filter(pl.col("is_served"))
    origins = served["origin"].unique().sort().to_list()
    return {origin: deciles(served.filter(pl.col("origin") == origin), measure) for origin in origins}


def without_deciles(frame: pl.DataFrame, measure: str = "") -> bool:
    """Whether no back-test was made, or nothing was forecast in it."""
    is_decile = pl.col("metric").str.starts_with(f"{measure}forecast_decile_") & (pl.col("value") > 0)
    return frame.filter(pl.col("is_served") & is_decile).is_empty()


def traces(parts: Mapping[date, pl.DataFrame], write: Writer, least: float | None = None) -> list[dict[str, Any]]:
    """A trace for each origin, its points across by forecast and up by outcome; the newest is strong.

    Args:
        write: a forecast or an outcome in words.
        least: what less is drawn as, hollow, where the axes have no place for 0.
    """
    newest = max(parts, default=None)
    return [_trace(rows, day(origin), write, least, is_newest=origin == newest) for origin, rows in parts.items()]


def diagonal(low: float, high: float, look: Look) -> dict[str, Any]:
    """The line on which forecast and outcome agree."""
    line = {"color": scheme(dark=look.dark).muted, "width": 1, "dash": "dash"}
    return {"type": "line", "layer": "below", "x0": low, "y0": low, "x1": high, "y1": high, "line": line}


def _trace(rows: pl.DataFrame, name: str, write: Writer, least: float | None, *, is_newest: bool) -> dict[str, Any]:
    forecast, observed = rows["forecast"], rows["observed"]
    marker: dict[str, Any] = {
        "color": OKABE_ITO[0],
        "size": 8 if is_newest else 5,
        "opacity": 1 if is_newest else 0.5,
    }
    if least is not None:
        hollow = ((forecast <= 0) | (observed <= 0)).to_list()
        marker["symbol"] = ["circle-open" if is_hollow else "circle" for is_hollow in hollow]
        forecast, observed = forecast.clip(least), observed.clip(least)
    return {
        "type": "scatter",
        "mode": "lines+markers" if is_newest else "markers",
        "x": encode.rough(forecast),
        "y": encode.rough(observed),
        "marker": marker,
        "line": {"color": OKABE_ITO[0], "width": 2},
        "name": name,
        "customdata": [
            f"tenth {decile}: forecast {write(said)}, came {write(came)}"
            for decile, said, came in rows.select("decile", "forecast", "observed").iter_rows()
        ],
        "hovertemplate": f"{name}, %{{customdata}}<extra></extra>",
    }
