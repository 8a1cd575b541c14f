"""Which values of a dimension are drawn, and what the others add up to."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures.colours import OTHER, series_colour
from dash_app.figures.labels import label
from dash_app.figures.periods import MEAN_DAYS
from dash_app.words import names

RECENT_DAYS = 28

_SHARE = pl.when(pl.col("revenue").sum() > 0).then(pl.col("revenue") / pl.col("revenue").sum())


def top_values(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """The values of one dimension by revenue, those past ``most`` summed up in one row.

    Columns: ``label``, ``is_rest``, ``value``, and the measures. A single value past the limit is shown, not summed.
    """
    ranked = rows.sort("revenue", "value", descending=[True, False], nulls_last=True)
    named = ranked.with_columns(
        label=pl.col("value").fill_null(names.NO_VALUE), is_rest=pl.lit(value=False), share=_SHARE
    ).select("label", "is_rest", "value", "sessions", "orders", "revenue", "discount", "share")
    if named.height <= most + 1:
        return named
    rest = named[most:]
    summed = rest.select(
        label=pl.lit(f"{rest.height} others"),
        is_rest=pl.lit(value=True),
        value=pl.lit(None, pl.String),
        **{name: pl.col(name).sum() for name in ("sessions", "orders", "revenue", "discount", "share")},
    )
    return pl.concat([named[:most], summed])


def daily_top_values(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Revenue by day of the values with the most revenue of the last four weeks, and of the rest together.

    Columns: ``label``, ``is_rest``, ``value``, ``date``, ``revenue`` and ``mean`` over seven days (the first days: over
    those that there are). Lines in the order of their revenue, the rest last.
    """
    recent = rows.filter(pl.col("date") > pl.col("date").max() - pl.duration(days=RECENT_DAYS))
    ranked = (
        recent.group_by("value")
        .agg(pl.col("revenue").sum())
        .sort("revenue", "value", descending=[True, False], nulls_last=True)["value"]
    )
    kept = ranked if ranked.len() <= most + 1 else ranked[:most]
    places = pl.DataFrame({"value": kept}).with_row_index("rank")
    rest = f"{ranked.len() - kept.len()} others"
    return (
        rows.join(places, on="value", how="left", nulls_equal=True)
        .with_columns(is_rest=pl.col("rank").is_null())
        .with_columns(
            value=pl.when(~pl.col("is_rest")).then("value"),
            label=pl.when("is_rest").then(pl.lit(rest)).otherwise(pl.col("value").fill_null(names.NO_VALUE)),
            rank=pl.col("rank").fill_null(kept.len()),
        )
        .group_by("rank", "label", "is_rest", "value", "date")
        .agg(pl.col("revenue").sum())
        .sort("rank", "date")
        .with_columns(mean=pl.col("revenue").rolling_mean(MEAN_DAYS, min_samples=1).over("rank"))
    )


def value_colour(position: int, rows: pl.DataFrame) -> str:
    """Colour of a drawn value; the rest is grey."""
    return OTHER if rows["is_rest"][0] else series_colour(position)


def heading(dimension: str, place: float) -> dict[str, Any]:
    """The name of a dimension, over what belongs to it."""
    return {
        "text": f"<b>{label(names.capital(names.step(dimension)), 30)}</b>",
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "y",
        "y": place,
        "yanchor": "middle",
        "showarrow": False,
    }


def highest(values: pl.Series) -> float:
    """The largest value, 0 without any."""
    high = values.max()
    return float(high) if isinstance(high, int | float) else 0.0
