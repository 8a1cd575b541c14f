"""One day: how far each figure lay from what was expected, in widths of the usual range."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, OTHER, scheme
from dash_app.figures.frame import BOTTOM, PHONE, as_tall, figure, plain_axis, value_axis
from dash_app.figures.labels import escape, label, shorten_all, width
from dash_app.records import Figure, Look
from dash_app.words import anomalies as words
from dash_app.words.dates import weekday
from dash_app.words.formats import Formats, formats
from dash_app.words.rows import Row

_FARTHEST = 8.0
_NAME_LENGTH, _LINE_LENGTH = 26, 17
_TEXT_GAP, _MOST_TEXT = 8, 0.75
_ROW = 34
_LEAST_HEIGHT = 220


def drivers(frame: pl.DataFrame, look: Look) -> Figure:
    """A report of anomalies, the rows of one day: a bar for each metric, filled where the alarm rests on it.

    Between −1 and 1 is the usual range; what lies farther off than 8 is cut, and its change says how far.
    """
    rows = distances(frame)
    names = [_lines(name) for name in shorten_all([words.title(metric) for metric in rows["metric"]], _NAME_LENGTH)]
    form, left = formats(look), int(width([line for lines in names for line in lines])) + 14
    texts = [words.changed(row, form) for row in rows.iter_rows(named=True)]
    shown = ([f"on {weekday(frame['date'][0])}"] if frame.height else []) + [
        "distance from what was expected",
        "grey: the usual range, from −1 to 1",
        "filled: the figures that stand out" if rows["is_anomaly"].any() else "nothing stands out",
    ]
    made = figure(
        [one for is_anomaly in (True, False) for one in _bars(rows, is_anomaly, form)],
        look,
        shown,
        hovermode="closest",
        bargap=0.35,
        left=left,
        xaxis=value_axis(
            look,
            range=_ends(rows["distance"].to_list(), texts, PHONE - left),
            rangemode="normal",
            tickmode="array",
            **_ticks(rows["distance"]),
        ),
        yaxis=plain_axis(
            look,
            tickmode="array",
            tickvals=rows["place"].to_list(),
            ticktext=["<br>".join(map(escape, lines)) for lines in names],
            range=[0.4 - max(rows.height, 1), 0.6],
            showline=False,
            ticks="",
            fixedrange=True,
        ),
        shapes=[_usual(look), _middle(look)],
    )
    return as_tall(made, _ROW * max(rows.height, 1) + BOTTOM, _LEAST_HEIGHT)


def distances(frame: pl.DataFrame) -> pl.DataFrame:
    """The metrics that have a range, with ``distance``: 0 as expected, 1 at the end of the range; and their ``place``."""
    off = pl.col("actual") - pl.col("expected")
    room = pl.when(off >= 0).then(pl.col("high") - pl.col("expected")).otherwise(pl.col("expected") - pl.col("low"))
    # What was expected of orders is the mean of four weeks, and may lie outside of the range.
    room = pl.when(room > 0).then(room).otherwise((pl.col("high") - pl.col("low")) / 2)
    known = frame.with_columns(distance=pl.when(room > 0).then(off / room).clip(-_FARTHEST, _FARTHEST)).drop_nulls(
        "distance"
    )
    order = words.ordered(known)
    ranked = sorted(known.iter_rows(named=True), key=lambda row: order.index(row["metric"]))
    return pl.DataFrame(ranked, schema=known.schema).with_columns(place=-pl.int_range(pl.len()).cast(pl.Float64))


def without_distances(frame: pl.DataFrame) -> bool:
    """Whether no metric of any day has a range."""
    return distances(words.scored(frame).filter(pl.col("score") > 0)).is_empty()


def _bars(rows: pl.DataFrame, is_anomaly: bool, form: Formats) -> list[dict[str, Any]]:  # noqa: FBT001
    part = rows.filter(pl.col("is_anomaly") == is_anomaly)
    if part.is_empty():
        return []
    colour = OKABE_ITO[1] if is_anomaly else OTHER
    return [
        {
            "type": "bar",
            "orientation": "h",
            "name": "stands out" if is_anomaly else "usual",
            "x": encode.array(part["distance"]),
            "y": encode.array(part["place"]),
            "text": [words.changed(row, form) for row in part.iter_rows(named=True)],
            "textposition": "outside",
            "cliponaxis": False,
            "marker": {"color": colour if is_anomaly else "rgba(0,0,0,0)", "line": {"color": colour, "width": 1.75}},
            "customdata": [_said(row, form) for row in part.iter_rows(named=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]


def _said(row: Row, form: Formats) -> str:
    metric = row["metric"]
    actual, expected, low, high = (
        words.written(row[name], metric, form) for name in ("actual", "expected", "low", "high")
    )
    return f"{label(words.title(metric), 60)}: {actual}<br>expected {expected}, usually {low} to {high}"


def _lines(name: str) -> list[str]:
    """A name in one line, or broken at the space next to its middle: bars need the room on a phone.

    >>> _lines("orders / sessions"), _lines("order screen / has basket")
    (['orders / sessions'], ['order screen /', 'has basket'])
    """
    spaces = [place for place, letter in enumerate(name) if letter == " " and name[place + 1 : place + 2] != "/"]
    if len(name) <= _LINE_LENGTH or not spaces:
        return [name]
    middle = min(spaces, key=lambda place: abs(2 * place - len(name)))
    return [name[:middle], name[middle + 1 :]]


def _ends(distances: list[float], texts: list[str], pixels: float) -> list[float]:
    """The usual range and all bars, with room for the change behind each of them where the chart is so wide."""
    low, high = min([-1.3, *distances]), max([1.3, *distances])
    parts = [(width([text]) + _TEXT_GAP) / pixels for text in texts]
    bars = list(zip(distances, parts, strict=True))
    sides = [max((part for far, part in bars if (far < 0) is is_below), default=0.0) for is_below in (True, False)]
    span = (high - low) / (1 - min(sum(sides), _MOST_TEXT))
    return [
        min([low, *(far - part * span for far, part in bars if far < 0)]),
        max([high, *(far + part * span for far, part in bars if far >= 0)]),
    ]


def _ticks(distances: pl.Series) -> dict[str, Any]:
    far = {sign * int(max((sign * distances).to_list(), default=0.0)) for sign in (-1, 1)}
    ends = sorted({-1, 0, 1} | {end for end in far if abs(end) > 2})
    return {"tickvals": ends, "ticktext": [f"{'−' if end < 0 else ''}{abs(end)}" for end in ends]}


def _usual(look: Look) -> dict[str, Any]:
    colour = scheme(dark=look.dark).pale
    place = {"xref": "x", "x0": -1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1}
    return {"type": "rect", "layer": "below", "fillcolor": colour, "line": {"width": 0}, **place}


def _middle(look: Look) -> dict[str, Any]:
    line = {"color": scheme(dark=look.dark).text, "width": 1.2}
    return {"type": "line", "layer": "below", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1, "line": line}
