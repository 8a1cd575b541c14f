"""The journey: a bar for each stage with its numbers above, its times one after the other, and what its order brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.frame import NOTE_SIZE, compared_note, figure, value_axis
from dash_app.figures.opening import opens, points
from dash_app.records import Figure, Look
from dash_app.words.formats import formats, plural
from dash_app.words.journey import end, hours, stage, ways

HEIGHT_OF_JOURNEY = 440
MAX_STAGES = 12
DETAILED_UP_TO = 6
"""With more stages there is no room for a second line; its numbers are in the hover and the table."""
_BAR = 0.34
_HOURS = 24
_FEWEST = 4


def reached(frame: pl.DataFrame, look: Look) -> Figure:
    """Customers who reach each order of the journey, as a part of those who reach the first."""
    rows = ways(frame).head(MAX_STAGES)
    counts, form = rows["customers"].to_list(), formats(look)
    shares = rows["customers"] / max(counts[0] if counts else 0, 1)
    numbers = [
        " · ".join([*([form.share(share)] if place else []), form.compact(count)])
        for place, (count, share) in enumerate(zip(counts, shares.to_list(), strict=True))
    ]
    names = [stage(row["stage"]) for row in rows.iter_rows(named=True)]
    hovers = [
        f"{name}: {form.count(count)} {plural(count, 'customer')}" for name, count in zip(names, counts, strict=True)
    ]
    before = _compared_shares(rows, look)
    widest = max([1.0, *(value for value in [*shares.to_list(), *before] if value is not None)])
    notes = ("share of the customers with a first order", *_cut(frame, rows), *_mark_note(before, look))
    ground = _bars(pl.Series([widest] * rows.height, dtype=pl.Float64), [], scheme(dark=look.dark).pale)
    data = [
        ground | {"hoverinfo": "skip", "hovertemplate": ""},
        _bars(shares, hovers, OKABE_ITO[0]) | _opens(rows),
        *_marks(before, "before: %{x:.1%}", look),
    ]
    axis = value_axis(look, share=True, range=[0, widest], tickvals=[0, 0.25, 0.5, 0.75, 1])
    below = [_way(row, look) for row in rows.iter_rows(named=True)]
    return _stages(_Texts(names, numbers, below), data, look, notes, axis)


def times(frame: pl.DataFrame, look: Look) -> Figure:
    """Each stage from where the one before ends in the mean, in days since the download."""
    rows = ways(frame).head(MAX_STAGES)
    lengths = rows["mean_hours"].fill_null(0.0) / _HOURS
    starts = ((rows["cumulative_mean_hours"].forward_fill().fill_null(0.0) / _HOURS) - lengths).clip(lower_bound=0.0)
    said = [_times(row) for row in rows.iter_rows(named=True)]
    names = [stage(row["stage"]) for row in rows.iter_rows(named=True)]
    texts = ["–" if row["mean_hours"] is None else hours(row["mean_hours"]) for row in rows.iter_rows(named=True)]
    hovers = [f"{name}: {text or 'nobody yet'}" for name, text in zip(names, said, strict=True)]
    bars = _bars(lengths, hovers, OKABE_ITO[2]) | _opens(rows) | {"base": starts.to_list()}
    middles = (starts + rows["median_hours"] / _HOURS).to_list()
    before = _compared(rows, look, "cumulative_mean_hours", _HOURS)
    ends = [*(starts + lengths).to_list(), *(value for value in [*middles, *before] if value is not None)]
    notes = (
        "days since the download, each stage after the one before",
        "bar: mean, diamond: median",
        *_cut(frame, rows),
        *_mark_note(before, look),
    )
    axis = value_axis(look, range=[0, (max(ends, default=0.0) or 1.0) * 1.04], nticks=6)
    data = [bars, *_diamonds(middles, look), *_marks(before, "before: up to day %{x:,.1f}", look)]
    return _stages(_Texts(names, texts, said), data, look, notes, axis)


def amounts(frame: pl.DataFrame, look: Look) -> Figure:
    """Mean amount of the order in which each stage ends."""
    rows = ways(frame).head(MAX_STAGES)
    form = formats(look)
    names = [end(row) for row in rows.iter_rows(named=True)]
    known = rows["mean_amount"].to_list()
    texts = ["–" if value is None else form.compact_money(value) for value in known]
    hovers = [
        f"{name}: {'nobody yet' if value is None else form.exact_money(value)}"
        for name, value in zip(names, known, strict=True)
    ]
    before = _compared(rows, look, "mean_amount", 1)
    highest = max((value for value in [*known, *before] if value is not None), default=0.0) or 1.0
    sign, after = form.affixes
    hover = f"before: {sign}%{{x:,.{form.minor_digits}f}}{after}"
    notes = ("mean amount of the order", *_cut(frame, rows), *_mark_note(before, look))
    axis = value_axis(look, money=True, range=[0, highest * 1.04], nticks=5)
    data = [
        _bars(rows["mean_amount"].fill_null(0.0), hovers, OKABE_ITO[3]) | _opens(rows),
        *_marks(before, hover, look),
    ]
    return _stages(_Texts(names, texts, [""] * rows.height), data, look, notes, axis)


@dataclass(frozen=True, slots=True)
class _Texts:
    """What stands around the bars: names and numbers above, what else there is to say below."""

    names: list[str]
    numbers: list[str]
    below: list[str]


def _bars(values: pl.Series, hovers: list[str], colour: Any) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": [-float(index) for index in range(values.len())],
        "x": encode.array(values),
        "width": _BAR,
        "marker": {"color": colour},
        "customdata": hovers,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _opens(rows: pl.DataFrame) -> dict[str, Any]:
    """Each bar opens the customers of its stage."""
    return opens("customers", stage=points(rows["stage"].to_list()))


def _diamonds(places: list[float | None], look: Look) -> list[dict[str, Any]]:
    known = [(x, -float(index)) for index, x in enumerate(places) if x is not None]
    line = {"color": scheme(dark=look.dark).ground, "width": 1}
    trace = {
        "type": "scatter",
        "mode": "markers",
        "name": "median",
        "x": [x for x, _ in known],
        "y": [y for _, y in known],
        "marker": {"symbol": "diamond", "size": 10, "color": OKABE_ITO[1], "line": line},
        "hoverinfo": "skip",
    }
    return [trace] if known else []


def _stages(
    texts: _Texts, data: list[dict[str, Any]], look: Look, notes: tuple[str, ...], axis: dict[str, Any]
) -> Figure:
    """Horizontal bars with their texts above and below: a phone is narrow."""
    is_detailed = len(texts.names) <= DETAILED_UP_TO and any(texts.below)
    small = {"font": {"size": NOTE_SIZE, "color": scheme(dark=look.dark).muted}}
    annotations: list[dict[str, Any]] = []
    for place, (name, number, below) in enumerate(zip(texts.names, texts.numbers, texts.below, strict=True)):
        common = {"yref": "y", "xref": "paper", "showarrow": False}
        above = common | {"y": _BAR / 2 - place, "yanchor": "bottom"}
        left = {"x": 0, "xanchor": "left", "xshift": -4}
        annotations.append(above | left | {"text": f"<b>{name}</b>"})
        annotations.append(above | {"x": 1, "xanchor": "right", "xshift": 2, "text": number})
        if is_detailed and below:
            under = {"y": -_BAR / 2 - place, "yanchor": "top", "text": below}
            annotations.append(common | left | under | small)
    # Few stages are no thicker than four.
    lowest = 1.0 - max(len(texts.names), _FEWEST)
    return figure(
        data,
        look,
        notes,
        barmode="overlay",
        hovermode="closest",
        left=8,
        margin={"r": 18, "b": 26},
        annotations=annotations,
        xaxis=axis,
        yaxis={"visible": False, "range": [lowest - (0.6 if is_detailed else 0.4), 0.6], "fixedrange": True},
    )


def _way(row: dict[str, Any], look: Look) -> str:
    """Time of the stage and what its order brings: 3.2 days (median), £45.00 on average."""
    parts = []
    if row["median_hours"] is not None:
        parts.append(f"{hours(row['median_hours'])} (median)")
    if row["mean_amount"] is not None:
        parts.append(f"{formats(look).money(row['mean_amount'])} on average")
    return ", ".join(parts)


def _times(row: dict[str, Any]) -> str:
    """Median of a stage and the running sum of the means."""
    if row["mean_hours"] is None:
        return ""
    return f"{hours(row['median_hours'])} (median), up to here {hours(row['cumulative_mean_hours'])}"


def _compared(rows: pl.DataFrame, look: Look, column: str, unit: int) -> list[float | None]:
    """A figure of the same stages as of the earlier day; empty without comparison."""
    if look.compare is None or look.compare.is_empty():
        return []
    joined = rows.select("stage").join(look.compare, on="stage", how="left", maintain_order="left")
    return (joined[column] / unit).to_list()


def _compared_shares(rows: pl.DataFrame, look: Look) -> list[float | None]:
    counts = _compared(rows, look, "customers", 1)
    first = counts[0] if counts else None
    return [None if count is None else count / first for count in counts] if first else []


def _marks(values: list[float | None], hover: str, look: Look) -> list[dict[str, Any]]:
    """The earlier day as an upright line across each bar."""
    known = [(value, -float(place)) for place, value in enumerate(values) if value is not None]
    if not known:
        return []
    ink = scheme(dark=look.dark).text
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "earlier",
            "x": [value for value, _ in known],
            "y": [place for _, place in known],
            "marker": {"symbol": "line-ns-open", "size": 16, "color": ink, "line": {"color": ink, "width": 2.5}},
            "hovertemplate": f"{hover}<extra></extra>",
        }
    ]


def _mark_note(values: list[float | None], look: Look) -> list[str]:
    return [compared_note(look).replace("dotted", "upright line")] if values else []


def _cut(frame: pl.DataFrame, rows: pl.DataFrame) -> list[str]:
    total = ways(frame).height
    return [f"first {rows.height} of {total} stages"] if rows.height < total else []
