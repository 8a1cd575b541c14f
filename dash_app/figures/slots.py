"""Weekday by hour: when deliveries take long."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures.colours import OKABE_ITO
from dash_app.figures.frame import figure, hour_axis
from dash_app.figures.maps import colour_axis, label_axis
from dash_app.filters import Duration
from dash_app.records import Figure, Look
from dash_app.words.dates import WEEKDAYS, duration, hours
from dash_app.words.formats import formats, plural
from dash_app.words.rows import Row
from dash_app.words.spans import LASTS, Unit, unit

HEIGHT_OF_SLOTS = 300
_DAYS, _HOURS = range(1, 8), range(24)
_LEFT = 40
_ENOUGH = 20
"""Deliveries of an hour that say what is usual; with fewer none is called abnormal either."""


def slots(frame: pl.DataFrame, look: Look, what: Duration) -> Figure:
    """``*_weekday_hour``: a cell for each hour of the week that has a delivery; abnormal ones carry a diamond."""
    found = {(row["weekday"], row["hour"]): row for row in frame.drop_nulls("mean_minutes").iter_rows(named=True)}
    shortest, longest = _ends(list(found.values()))
    scale = unit(longest)
    low, high = shortest / scale.minutes, longest / scale.minutes
    cells = {
        "type": "heatmap",
        "name": "mean time",
        "x": list(_HOURS),
        "y": list(_DAYS),
        "z": [[_mean(found.get((day, hour)), scale) for hour in _HOURS] for day in _DAYS],
        "coloraxis": "coloraxis",
        "xgap": 1,
        "ygap": 1,
        "hoverongaps": False,
        "customdata": [[_hover(found.get((day, hour)), look) for hour in _HOURS] for day in _DAYS],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    abnormal = [key for key, row in found.items() if row["is_abnormal"]]
    bar = {"ticksuffix": f" {scale.name}", "y": -0.16, "yanchor": "top", "ypad": 0}
    return figure(
        [cells, *([_marks(abnormal)] if abnormal else [])],
        look,
        (f"mean time {LASTS[what]}", "diamond: abnormally slow" if abnormal else ""),
        left=_LEFT,
        hovermode="closest",
        margin={"b": 62},
        coloraxis=colour_axis(high, look, bar) | {"cmin": low if low < high else 0.0},
        xaxis=hour_axis(look) | {"range": [-0.5, 23.5], "showline": False},
        yaxis=label_axis(look, list(_DAYS), [day[:2] for day in WEEKDAYS], range=[7.5, 0.5]),
    )


def _ends(rows: list[Row]) -> tuple[float, float]:
    """Minutes at the ends of the scale of colours: an odd delivery at night does not take it from all other hours."""
    usual = [row for row in rows if row["deliveries"] >= _ENOUGH]
    means = [row["mean_minutes"] for row in usual or rows]
    return min(means, default=0.0), max(means, default=1.0)


def _mean(row: Row | None, scale: Unit) -> float | None:
    return None if row is None else round(row["mean_minutes"] / scale.minutes, 3)


def _hover(row: Row | None, look: Look) -> str:
    if row is None:
        return ""
    count = f"{formats(look).count(row['deliveries'])} {plural(row['deliveries'], 'delivery', 'deliveries')}"
    lines = [
        f"{WEEKDAYS[row['weekday'] - 1]}, {hours(row['hour'])}",
        f"{duration(row['mean_minutes'])} in the mean of {count}",
        f"half within {duration(row['median_minutes'])}, nine of ten within {duration(row['p90_minutes'])}",
        *(["abnormally slow"] if row["is_abnormal"] else []),
    ]
    return "<br>".join(lines)


def _marks(slots_: list[tuple[int, int]]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "abnormal",
        "x": [hour for _, hour in slots_],
        "y": [day for day, _ in slots_],
        "marker": {"symbol": "diamond-open", "size": 11, "color": OKABE_ITO[1], "line": {"width": 2.5}},
        "hoverinfo": "skip",
    }
