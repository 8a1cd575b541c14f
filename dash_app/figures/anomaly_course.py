"""Figures day by day, a panel each: what came, the range in which it was expected, and the days that stand out."""

from __future__ import annotations

from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.blank import without
from dash_app.figures.colours import OKABE_ITO, OTHER, clear, scheme
from dash_app.figures.frame import BOTTOM, NOTE_SIZE, as_tall, figure, period_axis, value_axis
from dash_app.figures.labels import escape, label
from dash_app.flagged import OPENED
from dash_app.records import Figure, Look
from dash_app.words import anomalies as words
from dash_app.words.anomaly_notes import left_in
from dash_app.words.formats import formats

MOST = 8
HEIGHT_OF_COURSE = 420
_PANEL, _NAME = 92, 18
_NAME_LENGTH = 44
_CAME, _STANDS_OUT = OKABE_ITO[0], OKABE_ITO[1]
_BAND = clear(OTHER, 0.35)
_DAY_SHOWN = {"meta": {"chooses": {"name": OPENED, "x": True}}}
_WHOLE_TIME = 45
"""Up to so many days each has a mark."""

without_figures = without("actual")
"""Whether nothing came on any day."""


def course(frame: pl.DataFrame, look: Look) -> Figure:
    """A report of anomalies: each metric in a panel of its own, on its own scale.

    A click on a day opens it. Of many metrics those with the most days that stand out are drawn.
    """
    rows = words.span(frame, look).with_columns(is_known=words.is_known_day())
    # A figure that is known on no day, such as that of products of few sales, has nothing to draw.
    known = words.ordered(rows.filter(pl.col("actual").count().over("metric") > 0))
    shown = _shown(rows, known)
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    titles: list[dict[str, Any]] = []
    part = 1 / max(len(shown), 1)
    for index, metric in enumerate(shown):
        axis = "y" if index == 0 else f"y{index + 1}"
        own = rows.filter(metric=metric).sort("date")
        top = 1 - index * part
        data += [one | {"xaxis": "x", "yaxis": axis} for one in _traces(own, metric, look)]
        height = part * (1 - _NAME / _PANEL)
        layout[axis.replace("y", "yaxis")] = _scale(metric, own, look, [max(top - part, 0.0), top - part + height])
        titles.append(_title(metric, top, look))
    form = formats(look)
    notes = (
        "per day, each on its own scale",
        "area: the range that was expected, grey: its middle" if rows["expected"].count() else "",
        "diamond: a day that stands out",
        "circle: a public holiday or known event, never an alarm" if rows["is_known"].any() else "",
        f"{len(shown)} of {form.count(len(known))} figures, those that stand out most"
        if len(shown) < len(known)
        else "",
        *left_in(rows.filter(pl.col("metric").is_in(shown)), look),
        "click a day to open it",
    )
    days = encode.days(rows["date"].unique().sort())
    made = figure(
        data,
        look,
        notes,
        annotations=titles,
        xaxis=period_axis(look, "day", days) | {"anchor": f"y{len(shown)}" if len(shown) > 1 else "y"},
        **layout,
    )
    return as_tall(made, _PANEL * max(len(shown), 2) + BOTTOM)


def _shown(rows: pl.DataFrame, known: list[str]) -> list[str]:
    if len(known) <= MOST:
        return known
    flags = dict(rows.group_by("metric").agg(pl.col("is_anomaly").sum()).iter_rows())
    chosen = sorted(known, key=lambda metric: (-flags[metric], known.index(metric)))[:MOST]
    return [metric for metric in known if metric in chosen]


def _traces(own: pl.DataFrame, metric: str, look: Look) -> list[dict[str, Any]]:
    hover = _hover(metric, look)
    name = escape(words.title(metric))
    line: dict[str, Any] = {"type": "scatter", "mode": "lines", "name": name}
    band = own.drop_nulls(["low", "high"])
    expected = own.drop_nulls("expected")
    came = own.drop_nulls("actual")
    marks = came.height <= _WHOLE_TIME
    ends = [
        _line(line, band, end, f"{word} {hover}") | {"line": {"width": 0}, **fill}
        for end, word, fill in (("low", "from", {}), ("high", "to", {"fill": "tonexty", "fillcolor": _BAND}))
    ]
    middle = _line(line, expected, "expected", f"expected {hover}") | {"line": {"color": OTHER, "width": 1}}
    drawn = _line(line, came, "actual", f"<b>{hover}</b>") | {
        "mode": "lines+markers" if marks else "lines",
        "line": {"color": _CAME, "width": 1.75},
        "marker": {"color": _CAME, "size": 4},
        **_DAY_SHOWN,
    }
    marked = [*_circles(own, name, look), *_diamonds(own, name, look)]
    return [*(ends if band.height else []), *([middle] if expected.height else []), drawn, *marked]


def _line(common: dict[str, Any], rows: pl.DataFrame, column: str, hover: str) -> dict[str, Any]:
    values = encode.rough(rows[column])
    return common | encode.along(rows["date"]) | {"y": values, "hovertemplate": f"{hover}<extra></extra>"}


def _diamonds(own: pl.DataFrame, name: str, look: Look) -> list[dict[str, Any]]:
    """The days that were flagged and that this metric carries."""
    rows = own.filter(pl.col("is_anomaly")).drop_nulls("actual")
    form = formats(look)
    said = [f"stands out: {words.changed(row, form)}" for row in rows.iter_rows(named=True)]
    marker = {"symbol": "diamond-open", "size": 11, "color": _STANDS_OUT, "line": {"color": _STANDS_OUT, "width": 2}}
    return _marks(rows, f"{name}, stands out", said, marker)


def _circles(own: pl.DataFrame, name: str, look: Look) -> list[dict[str, Any]]:
    """Holidays, events, and days like one a year before."""
    rows = own.filter("is_known").drop_nulls("actual")
    said = [escape(text) for text in rows["explanation"]]
    grey = scheme(dark=look.dark).muted
    marker = {"symbol": "circle-open", "size": 7, "color": grey, "line": {"color": grey, "width": 1.5}}
    return _marks(rows, f"{name}, known day", said, marker)


def _marks(rows: pl.DataFrame, name: str, said: list[str], marker: dict[str, Any]) -> list[dict[str, Any]]:
    if rows.is_empty():
        return []
    trace = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": encode.days(rows["date"]),
        "y": encode.array(rows["actual"]),
        "marker": marker,
        "cliponaxis": False,
        "customdata": said,
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    return [trace | _DAY_SHOWN]


def _hover(metric: str, look: Look) -> str:
    form = formats(look)
    if words.is_ratio(metric):
        return "%{y:.1%}"
    before, after = form.affixes if words.is_money(metric) else ("", "")
    digits = form.minor_digits if metric == "mean_amount" else 0
    return f"{before}%{{y:,.{digits}f}}{after}"


def _scale(metric: str, own: pl.DataFrame, look: Look, domain: list[float]) -> dict[str, Any]:
    """An axis around what came and was expected; a range that reaches far beyond is cut."""
    low, high = _ends(own)
    return value_axis(
        look,
        money=words.is_money(metric),
        share=words.is_ratio(metric),
        domain=domain,
        anchor="x",
        range=[low, high],
        rangemode="normal",
        nticks=3,
    )


def _ends(own: pl.DataFrame) -> tuple[float, float]:
    centre = pl.concat([own["actual"].cast(pl.Float64), own["expected"].cast(pl.Float64)]).drop_nulls()
    low, high = float(str(centre.min() or 0.0)), float(str(centre.max() or 0.0))
    room = 0.08 * ((high - low) or abs(high) or 1.0)
    edge_low, edge_high = own["low"].quantile(0.02), own["high"].quantile(0.98)
    bottom = min(low, max(edge_low, low - 0.6 * (high - low))) if edge_low is not None else low
    top = max(high, min(edge_high, high + 0.6 * (high - low))) if edge_high is not None else high
    return (max(bottom - room, 0.0) if low >= 0 else bottom - room), top + room


def _title(metric: str, top: float, look: Look) -> dict[str, Any]:
    return {
        "text": f"<b>{label(words.title(metric), _NAME_LENGTH)}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "top",
        "xshift": 4,
        "showarrow": False,
        "font": {"size": NOTE_SIZE, "color": scheme(dark=look.dark).text},
    }
