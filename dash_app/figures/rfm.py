"""Recency, frequency and amount: the room of all three, the three views of two, and the clusters of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import CIVIDIS, OKABE_ITO, scheme
from dash_app.figures.frame import NOTE_SIZE, count_axis, figure, plain_axis
from dash_app.figures.opening import numbers, opens, points
from dash_app.figures.segments import COLOURS, in_order
from dash_app.records import Figure, Look
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rfm import short

HEIGHT_OF_ROOM = 560
MOST_POINTS = 10_000
"""As many as a browser turns without jerking."""
_SMALLEST, _LARGEST = 4.0, 26.0
_PENNY = 0.01
"""Where amounts of nothing stand: a logarithmic axis has no place for them."""
_END = 30
"""Room for half of the last border."""
_SCORES = ("#8A8F98", "#D55E00", "#E69F00", "#56B4E9", "#0072B2")
"""Colours of the scores from 1 to 5."""


@dataclass(frozen=True, slots=True)
class Measure:
    """How one of the three measures is drawn.

    Attributes:
        column: in the views.
        is_log: whether its axis is logarithmic, as its scores are.
        of: what an hour, or an amount, is in the unit of the axis.
        write: a value in words.
    """

    column: str
    label: str
    is_log: bool
    of: float
    write: Callable[[float, Formats], str]


def _amount(value: float, form: Formats) -> str:
    return form.compact_money(value)


MEASURES = {
    "recency": Measure("recency_hours", "days since the last order", is_log=False, of=24.0, write=short),
    "frequency": Measure("frequency_hours", "mean days between orders", is_log=True, of=24.0, write=short),
    "monetary": Measure("monetary", "mean amount of an order", is_log=True, of=1.0, write=_amount),
}


def room(frame: pl.DataFrame, look: Look) -> Figure:
    """``rfm_bins``: a ball for each bin of the three measures and segment, by segment.

    Customers without a gap lie on the ground, where the mean gap is 0.
    """
    whole = frame.height
    rows = frame.sort("customers", "segment", descending=[True, False]).head(MOST_POINTS)
    form = formats(look)
    notes = (
        "customers by days since the last order, mean days between orders (0: none) and mean amount",
        f"the largest {form.count(rows.height)} of {form.count(whole)} bins" if rows.height < whole else "",
        _of_nothing(rows["monetary_end"], form),
        "a ball is a bin: click to see its customers",
    )
    largest = float(str(rows["customers"].max() or 1))
    data = [_balls(part, segment, largest, look) for segment, part in in_order(rows)]
    grey = scheme(dark=look.dark)
    axis = {"gridcolor": grey.grid, "zerolinecolor": grey.grid, "color": grey.muted, "showbackground": False}
    axes = {
        "xaxis": axis | {"title": {"text": "days since"}},
        "yaxis": axis | {"title": {"text": "days between"}},
        "zaxis": axis | {"title": {"text": ""}, "type": "log"} | _affixes(look) | _amounts(rows, form),
    }
    # So far away that the names of the axes are in the picture on a phone too.
    camera = {"eye": {"x": 1.85, "y": 1.7, "z": 0.95}, "center": {"x": 0, "y": 0, "z": -0.12}}
    scene = axes | {"camera": camera, "aspectmode": "cube", "dragmode": "orbit"}
    return figure(
        data,
        look,
        notes,
        left=4,
        hovermode="closest",
        scene=scene,
        showlegend=True,
        legend={"orientation": "h", "y": -0.02, "itemsizing": "constant", "font": {"size": NOTE_SIZE}},
        margin={"b": 4},
    )


def _of_nothing(amounts: pl.Series, form: Formats) -> str:
    """Where amounts of nothing stand on a logarithmic axis; empty where there are none."""
    return f"amounts of 0 stand at {form.round_money(_PENNY)}" if (amounts <= 0).any() else ""


def _amounts(rows: pl.DataFrame, form: Formats) -> dict[str, Any]:
    """Ticks at 1, 2, 5, 10 …: plotly would name every digit between."""
    amounts = _middle(rows, "monetary", MEASURES["monetary"]).drop_nulls()
    amounts = amounts.filter(amounts > 0)
    places = _log_places(amounts) if len(amounts) else []
    texts = [form.round_money(place) for place in places]
    return {"tickmode": "array", "tickvals": places, "ticktext": texts} if places else {}


def _affixes(look: Look) -> dict[str, Any]:
    before, after = formats(look).affixes
    return {"tickprefix": before, "ticksuffix": after}


def _balls(rows: pl.DataFrame, segment: str, largest: float, look: Look) -> dict[str, Any]:
    form = formats(look)
    middles = {name: _middle(rows, name, MEASURES[name]) for name in MEASURES}
    sizes = [_SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(count / largest) for count in rows["customers"].to_list()]
    key = {name: points(rows[name].to_list()) for name in ("recency_bin", "frequency_bin", "monetary_bin")}
    return {
        "type": "scatter3d",
        "mode": "markers",
        "name": segment,
        "x": encode.rough(middles["recency"]),
        "y": encode.rough(middles["frequency"]),
        "z": encode.rough(middles["monetary"]),
        "marker": {"size": sizes, "color": COLOURS[segment], "opacity": 0.75, "line": {"width": 0}},
        "customdata": [_ball(row, form) for row in rows.iter_rows(named=True)],
        "hovertemplate": f"{segment}: %{{customdata}}<extra></extra>",
        **opens("customers", segment=segment, **key),
    }


def _ball(row: dict[str, Any], form: Formats) -> str:
    count = row["customers"]
    gap = "no time between orders" if row["frequency_start"] is None else f"every {_span(row, 'frequency', form)} days"
    amount = f"{form.compact_money(row['monetary_start'])} to {form.compact_money(row['monetary_end'])}"
    said = f"{form.count(count)} {plural(count, 'customer')}"
    return f"{said}<br>last order {_span(row, 'recency', form)} days ago<br>{gap}<br>{amount} an order"


def _span(row: dict[str, Any], name: str, form: Formats) -> str:
    low, high = (form.mean(row[f"{name}_{end}"] / 24) for end in ("start", "end"))
    return low if low == high else f"{low} to {high}"


def _middle(rows: pl.DataFrame, name: str, measure: Measure) -> pl.Series:
    """Where the middle of a bin lies, 0 for those without a value; never 0 on a logarithmic axis of amounts."""
    low, high = (pl.col(f"{name}_{end}").fill_null(0.0) / measure.of for end in ("start", "end"))
    between = (((low + 1).log() + (high + 1).log()) / 2).exp() - 1 if measure.is_log else (low + high) / 2
    lowest = _PENNY if name == "monetary" else 0.0
    return rows.select(between.clip(lower_bound=lowest)).to_series()


def view(frame: pl.DataFrame, look: Look, across: str, up: str) -> Figure:
    """One of the three views: a point for each customer, or bins as squares, the darker the more customers."""
    form = formats(look)
    x, y = MEASURES[across], MEASURES[up]
    rows = frame.drop_nulls([x.column, y.column])
    is_binned = bool(rows["is_binned"].any())
    hidden = int(frame["customers"].sum()) - int(rows["customers"].sum())
    notes = (
        f"up: {y.label}, across: {x.label}",
        f"bins of {form.count(int(rows['customers'].sum()))} customers, by their number" if is_binned else "",
        f"without {form.count(hidden)} who have no time between orders" if hidden else "",
        _of_nothing(rows["monetary"], form) if "monetary" in (x.column, y.column) else "",
        f"click a {'bin' if is_binned else 'point'} to see its customers",
    )
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": encode.rough(_place(rows, x)),
        "y": encode.rough(_place(rows, y)),
        "marker": _squares(rows) if is_binned else {"color": OKABE_ITO[0], "size": 5, "opacity": 0.65},
        "customdata": encode.array(rows["customers"]),
        "hovertemplate": "%{x:,.4~g} · %{y:,.4~g}: %{customdata:,.0f} customers<extra></extra>",
        **opens("customers", is_binned=is_binned, **{one.column: numbers(rows[one.column]) for one in (x, y)}),
    }
    return figure(
        [trace],
        look,
        notes,
        hovermode="closest",
        xaxis=_view_axis(look, x, rows),
        yaxis=_view_axis(look, y, rows),
    )


def _place(rows: pl.DataFrame, measure: Measure) -> pl.Series:
    """The middle of a point or bin."""
    low, high = pl.col(measure.column), pl.col(f"{measure.column}_to")
    between = (((low + 1).log() + (high + 1).log()) / 2).exp() - 1 if measure.is_log else (low + high) / 2
    return rows.select(pl.when(low == high).then(low).otherwise(between).clip(_PENNY) / measure.of).to_series()


def _squares(rows: pl.DataFrame) -> dict[str, Any]:
    return {
        "symbol": "square",
        "size": 7,
        "color": encode.rough((rows["customers"].cast(pl.Float64) + 1).log()),
        "colorscale": [list(stop) for stop in reversed([(1 - at, colour) for at, colour in CIVIDIS])],
    }


def _view_axis(look: Look, measure: Measure, rows: pl.DataFrame) -> dict[str, Any]:
    grey = scheme(dark=look.dark)
    axis = plain_axis(look, fixedrange=True, showgrid=True, gridcolor=grey.grid, zeroline=False, nticks=6)
    if measure.is_log and rows.height:
        places = _log_places(_place(rows, measure))
        form = formats(look)
        write = form.round_money if measure.column == "monetary" else form.round_number
        texts = [write(place) for place in places]
        axis |= {"type": "log", "tickmode": "array", "tickvals": places, "ticktext": texts}
    return axis


def _log_places(values: pl.Series) -> list[float]:
    """1, 2, 5, 10, 20 …, or powers of ten where that would be too many, from around the values."""
    low, high = float(str(values.min())), float(str(values.max()))
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if len(powers) <= 3 else (1,)
    return [step * 10.0**power for power in powers for step in steps]


def without_bars(frame: pl.DataFrame) -> bool:
    """Whether no cluster has a bar: nobody has a value."""
    return frame.drop_nulls("bin_index").filter(pl.col("bin_customers") > 0).is_empty()


def clusters(frame: pl.DataFrame, look: Look, name: str) -> Figure:
    """A histogram of ten bars for each cluster, side by side from the smallest value to the largest.

    Bars of a cluster are equally wide; those of another may be wider.
    """
    measure, form = MEASURES[name], formats(look)
    rows = frame.drop_nulls("bin_index").sort("min", "bin_index").with_row_index("place")
    alone = frame.filter(pl.col("bin_index").is_null())
    parts = rows.partition_by("score", maintain_order=True)
    notes = (
        f"customers by {measure.label}",
        "a colour is a score, its ten bars a tenth of it each",
        f"without {form.count(int(alone['customers'].sum()))} who have no time between orders: score 1"
        if alone.height
        else "",
    )
    return figure(
        [_bars(part, measure, form) for part in parts],
        look,
        notes,
        bargap=0.08,
        barmode="overlay",
        hovermode="closest",
        showlegend=True,
        legend={"orientation": "h", "y": -0.16, "traceorder": "normal", "font": {"size": NOTE_SIZE}},
        margin={"b": 58, "r": _END},
        xaxis=_borders(parts, measure, form, look) | {"range": [-0.6, rows.height - 0.4]},
        yaxis=count_axis(look, [frame["bin_customers"]]),
    )


def _bars(rows: pl.DataFrame, measure: Measure, form: Formats) -> dict[str, Any]:
    score = int(rows["score"][0])
    spans = [
        f"{measure.write(low, form)} to {measure.write(high, form)}"
        for low, high in zip(rows["bin_start"].to_list(), rows["bin_end"].to_list(), strict=True)
    ]
    return {
        "type": "bar",
        "name": f"score {score}",
        "x": encode.array(rows["place"]),
        "y": encode.array(rows["bin_customers"]),
        "marker": {"color": _SCORES[score - 1]},
        "customdata": spans,
        "hovertemplate": f"score {score}: %{{y:,.0f}} customers, %{{customdata}}<extra></extra>",
        **opens("bin_customers", score=score, bin_index=points(rows["bin_index"].to_list())),
    }


def _borders(parts: Sequence[pl.DataFrame], measure: Measure, form: Formats, look: Look) -> dict[str, Any]:
    """Ticks where a cluster begins, and at the end of the last."""
    places = [float(part["place"][0]) - 0.5 for part in parts]
    values = [part["min"][0] for part in parts]
    if parts:
        places.append(float(parts[-1]["place"][-1]) + 0.5)
        values.append(parts[-1]["max"][0])
    texts = [measure.write(value, form) for value in values]
    return plain_axis(look, tickmode="array", tickvals=places, ticktext=texts, fixedrange=True)
