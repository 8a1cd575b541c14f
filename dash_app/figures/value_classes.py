"""Value classes: how many customers are in each, and the classes that were told against those that came."""

from __future__ import annotations

from typing import Any

import polars as pl

from ca_platform.catalogue.value_classes import VALUE_CLASSES
from dash_app.figures import encode
from dash_app.figures.bars import bars, dotted
from dash_app.figures.colours import CIVIDIS, scheme
from dash_app.figures.frame import compared_note, count_axis, figure, plain_axis
from dash_app.figures.maps import written
from dash_app.records import Figure, Look
from dash_app.words.backtests import newest
from dash_app.words.dates import day
from dash_app.words.formats import formats, plural
from dash_app.words.value_classes import meaning


def distribution(frame: pl.DataFrame, look: Look) -> Figure:
    """``clv_segments_distribution``: customers by class; a mark where their number is by all probabilities."""
    form, row = formats(look), frame.row(0, named=True)
    names = [f"{name}<br>{meaning(name, row, form)}" for name in frame["value_class"]]
    hover = [f"{name}: {meaning(name, row, form)}" for name in frame["value_class"]]
    data = [
        bars(frame, "class_index", "customers", "%{customdata}<br>%{y:,.0f} customers", look) | {"customdata": hover},
        _expected(frame, look),
    ]
    compared = look.compare is not None and not look.compare.is_empty()
    if compared and look.compare is not None:
        data.append(dotted(look.compare, "class_index", "customers", "%{y:,.0f} customers then", look))
    notes = (
        f"customers by their revenue within {form.number(row['horizon_days'], 0)} days",
        "line: expected by all probabilities",
        compared_note(look) if compared else "",
    )
    places = {"tickmode": "array", "tickangle": 0, "tickvals": frame["class_index"].to_list(), "ticktext": names}
    return figure(
        data,
        look,
        notes,
        bargap=0.3,
        hovermode="closest",
        margin={"b": 48},
        xaxis=plain_axis(look, **places),
        yaxis=count_axis(look, [frame["customers"]]),
    )


def _expected(frame: pl.DataFrame, look: Look) -> dict[str, Any]:
    """A short line over each bar."""
    colour = scheme(dark=look.dark).text
    return {
        "type": "scatter",
        "mode": "markers",
        **encode.along(frame["class_index"]),
        "y": encode.rough(frame["expected_customers"]),
        "marker": {"symbol": "line-ew", "size": 34, "line": {"width": 2, "color": colour}},
        "name": "expected",
        "hovertemplate": "expected by all probabilities: %{y:,.0f}<extra></extra>",
    }


def confusion(frame: pl.DataFrame, look: Look) -> Figure:
    """``clv_segments_backtest``: of the customers of each class that came (rows), the share of whom each was told."""
    form, rows = formats(look), newest(frame)
    found = {row["metric"]: row for row in rows.iter_rows(named=True)}
    cells = [[found[f"{came}_said_{told}"]["value"] for told in VALUE_CLASSES] for came in VALUE_CLASSES]
    sizes = [found[f"recall_{name}"]["customers"] for name in VALUE_CLASSES]
    hovers = [
        [f"{came} came, {told} was told: {_share(cell, form)}" for told, cell in zip(VALUE_CLASSES, line, strict=True)]
        for came, line in zip(VALUE_CLASSES, cells, strict=True)
    ]
    trace = {
        "type": "heatmap",
        "name": "share",
        "z": cells,
        "customdata": hovers,
        "hovertemplate": "%{customdata}<extra></extra>",
        "colorscale": [list(stop) for stop in CIVIDIS],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    notes = (
        "down: the class that came, across: the class that was predicted",
        f"shares of a row at the newest test, {day(found['accuracy']['origin'])}",
    )
    places = list(range(len(VALUE_CLASSES)))
    names = [
        f"{name}<br>{form.compact(size)} {plural(size, 'customer')}"
        for name, size in zip(VALUE_CLASSES, sizes, strict=True)
    ]
    ticks = {"tickmode": "array", "tickvals": places, "ticks": "", "showline": False, "fixedrange": True}
    return figure(
        written(trace, [[_share(cell, form) for cell in line] for line in cells], cells),
        look,
        notes,
        left=104,
        hovermode="closest",
        xaxis=plain_axis(look, **ticks, ticktext=list(VALUE_CLASSES)),
        yaxis=plain_axis(look, **ticks, ticktext=names, autorange="reversed"),
    )


def _share(value: float | None, form: Any) -> str:
    return "–" if value is None else form.share(value)


def without_test(frame: pl.DataFrame) -> bool:
    """Whether no back-test was made."""
    right = newest(frame).filter(pl.col("metric") == "accuracy")
    return right.filter(pl.col("customers") > 0).is_empty()
