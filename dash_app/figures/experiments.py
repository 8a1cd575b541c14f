"""Declared experiments: every figure of one of them against the control."""

from __future__ import annotations

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OTHER
from dash_app.figures.effects import Drawn, effects, without_effects
from dash_app.figures.whiskers import across
from dash_app.records import Figure, Look
from dash_app.words import experiments as words
from dash_app.words.effect_subjects import METRICS
from dash_app.words.effects import RELATIVE, coverage, level, signed
from dash_app.words.formats import formats
from dash_app.words.rows import Row

_PALE, _THICK = "rgba(138,143,152,0.35)", 9
_LINE = "on every day, thick: for a single look"


def experiment(frame: pl.DataFrame, look: Look) -> Figure:
    """The figures of the chosen experiment: a thin interval that holds on every day, a thick one for a single look."""
    rows = words.drawn(frame, look)
    chart = effects(rows, look, Drawn(words.SUBJECT, chooses=False, means=_means, is_ordered=True, line=_LINE))
    return chart | {"data": [*_once(rows, look), *chart["data"]]}


def without_figures(frame: pl.DataFrame) -> bool:
    """Whether no figure of an experiment has an interval."""
    return without_effects(frame.with_columns(ci_low="ci_low_sequential", ci_high="ci_high_sequential"))


def _once(rows: pl.DataFrame, look: Look) -> list[dict[str, object]]:
    """Intervals of somebody who looks once, on the planned day: thick and pale behind the others."""
    ends = ("difference", "ci_low", "ci_high")
    known = (
        rows.drop_nulls(ends).with_columns(place=-pl.int_range(pl.len()).cast(pl.Float64)).drop_nulls(["low", "high"])
    )
    if known.is_empty():
        return []
    form = formats(look)
    said = [
        f"for a single look, {coverage(look)}: {signed(low, RELATIVE, form)} to {signed(high, RELATIVE, form)}"
        for low, high in known.select("low", "high").iter_rows()
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "once",
            "x": encode.array(known["difference"]),
            "y": encode.array(known["place"]),
            "marker": {"size": 1, "color": OTHER, "opacity": 0},
            "error_x": across(known["difference"], known["low"], known["high"], _PALE, _THICK),
            "customdata": said,
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]


def _means(row: Row, look: Look) -> str:
    form, metric = formats(look), row["own_metric"]
    control, variant = (level(row[side], metric, form) for side in ("mean_a", "mean_b"))
    return f"{METRICS.get(metric, metric)}: control {control}, variant {variant}"
