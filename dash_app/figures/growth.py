"""Growth: of whom the customers of each period are made, and revenue and orders with their changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.bars import bars, dotted
from dash_app.figures.colours import OKABE_ITO, OTHER, scheme
from dash_app.figures.frame import LEFT as LEFT_OF_COUNTS
from dash_app.figures.frame import compared_note, figure, money_left, period_axis, value_axis
from dash_app.figures.periods import moved
from dash_app.figures.stacks import Stack, stacks
from dash_app.records import Figure, Look
from dash_app.words.dates import Grain
from dash_app.words.formats import formats
from dash_app.words.growth import GONE, PARTS, Measure, metric

_COLOURS = {
    "returning_customers": OKABE_ITO[0],
    "new_customers": OKABE_ITO[2],
    "reactivated_customers": OKABE_ITO[4],
    GONE: OKABE_ITO[1],
}
_UPPER = [0.44, 1.0]
_LOWER = [0.0, 0.3]
_STEEP = 3.0


def customers(frame: pl.DataFrame, look: Look, grain: Grain) -> Figure:
    """Customers of each period as returning, new and reactivated; those who did not come back below zero."""
    parts = [
        Stack(name.partition("_")[0], rows, "value", _COLOURS[name], is_below=name == GONE)
        for name in (*PARTS, GONE)
        if (rows := metric(frame, name, grain)).height
    ]
    notes = [f"customers who ordered in the {grain}", f"below: of the {grain} before, who did not"]
    before = _moved(frame, look, PARTS, grain)
    over = []
    if before is not None:
        active = before.group_by("date", "was").agg(pl.col("value").sum()).sort("date")
        over.append(dotted(active, "date", "value", "all who ordered: %{y:,.0f}", look))
        notes.append(compared_note(look))
    return stacks(parts, "date", grain, look, notes, over)


def measure(frame: pl.DataFrame, look: Look, name: Measure, grain: Grain) -> Figure:
    """Revenue or orders of each period, and below their change on the period and on the year before."""
    form, rows = formats(look), metric(frame, name, grain)
    is_money = name == "revenue"
    before, after = form.affixes if is_money else ("", "")
    hover = f"{name}: {before}%{{y:,.{form.minor_digits if is_money else 0}f}}{after}"
    data = [bars(rows, "date", "value", hover, look, grain=grain)]
    earlier = _moved(frame, look, (name,), grain)
    if earlier is not None:
        data.append(dotted(earlier, "date", "value", hover, look))
    data += [_change(rows, "change_previous", f"on the {grain} before", OTHER, {"width": 1.5})]
    has_year = rows["change_year"].drop_nulls().len() > 0
    if has_year:
        data.append(_change(rows, "change_year", "on the year before", OKABE_ITO[1], {"width": 2}))
    year = ", orange diamonds: on the year before" if has_year else ""
    notes = (
        f"{name} per {grain}",
        "hatched: unfinished" if rows["is_partial"].any() else "",
        compared_note(look) if earlier is not None else "",
        f"below, grey: change on the {grain} before{year}",
    )
    axis = period_axis(look, grain, encode.days(rows["date"])) | {"anchor": "y2"}
    return figure(
        data,
        look,
        notes,
        left=money_left(look) if is_money else LEFT_OF_COUNTS,
        bargap=0.2,
        xaxis=axis,
        yaxis=value_axis(look, money=is_money, domain=_UPPER, nticks=4),
        yaxis2=_changes(rows, look),
    )


def _moved(frame: pl.DataFrame, look: Look, names: tuple[str, ...], grain: Grain) -> pl.DataFrame | None:
    """Some metrics of the earlier report, moved under the shown ones."""
    if look.compare is None:
        return None
    wanted = (pl.col("period") == grain) & pl.col("metric").is_in(names)
    return moved(frame.filter(wanted), replace(look, compare=look.compare.filter(wanted)), "date", grain)


def _change(rows: pl.DataFrame, column: str, words: str, colour: str, line: dict[str, Any]) -> dict[str, Any]:
    known = rows.drop_nulls(column)
    symbol = "diamond" if column == "change_year" else "circle"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": words,
        **encode.along(known["date"]),
        "y": encode.array(known[column]),
        "yaxis": "y2",
        "line": {"color": colour} | line,
        "marker": {"color": colour, "size": 6 if symbol == "diamond" else 4, "symbol": symbol},
        "hovertemplate": f"%{{y:+.1%}} {words}<extra></extra>",
    }


def _changes(rows: pl.DataFrame, look: Look) -> dict[str, Any]:
    """The lower axis. A shop's first weeks grow manifold: what is beyond threefold leaves the chart, not the hover."""
    known = [value for name in ("change_previous", "change_year") for value in rows[name].drop_nulls().to_list()]
    low, high = min([*known, 0.0]), min(max([*known, 0.0]), _STEEP)
    room = (high - low or 1.0) * 0.12
    axis = value_axis(look, domain=_LOWER, nticks=4, anchor="x", tickformat="+.0%", rangemode="normal")
    axis["labelalias"] = {"+0%": "0%"}
    line = {"zeroline": True, "zerolinecolor": scheme(dark=look.dark).muted, "zerolinewidth": 1}
    return axis | line | {"range": [low - room, high + room]}
