"""Scores as a calendar: a square for each day, weeks across and weekdays down."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import polars as pl

from dash_app.figures.colours import cividis, ink
from dash_app.figures.frame import NOTE_LINE, as_tall, figure, plain_axis, tick_stops
from dash_app.figures.labels import escape
from dash_app.figures.maps import colour_axis, label_axis
from dash_app.flagged import OPENED
from dash_app.records import Figure, Look
from dash_app.words import anomalies as words
from dash_app.words.dates import WEEKDAYS, weekday
from dash_app.words.formats import Formats, formats

HEIGHT_OF_CALENDAR = 230
_RAREST = 3
"""The scale ends at one day in a thousand: 10³."""
_BAR, _END = 46, 32
_BELOW = 92
"""Pixels of the months and the scale of colours, with its numbers."""


def calendar(frame: pl.DataFrame, look: Look) -> Figure:
    """A report of anomalies: how unusual each day was, from its score's p-value; a click on a day opens it."""
    days = _days(words.span(frame, look))
    weeks = sorted({_monday(one) for one in days["date"].to_list()})
    form = formats(look)
    heat = {
        "type": "heatmap",
        "name": "score",
        "x": [str(week) for week in weeks],
        "y": list(range(7)),
        "z": _grid(days, weeks, "rarity"),
        "customdata": _grid(days.with_columns(said=pl.Series(_said(days, form), dtype=pl.String)), weeks, "said"),
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
        "coloraxis": "coloraxis",
        "meta": {"chooses": {"name": OPENED, "values": [[str(week + timedelta(days=n)) for week in weeks] for n in range(7)]}},
    }  # fmt: skip
    flagged, known = days.filter("is_flagged"), days.filter(~pl.col("is_flagged"), pl.col("explanation").is_not_null())
    notes = (
        "how unusual each day was, by its score",
        "diamond: flagged" if flagged.height else "",
        "circle: a public holiday or known event, never flagged" if known.height else "",
        "click a day to open it",
    )
    made = figure(
        [heat, *_marks(flagged, "flagged", "diamond-open", 8), *_marks(known, "known day", "circle-open", 7)],
        look,
        notes,
        hovermode="closest",
        margin={"b": _BAR, "r": _END},
        xaxis=plain_axis(
            look,
            type="date",
            side="bottom",
            tickformatstops=tick_stops(),
            nticks=6,
            tickangle=0,
            showline=False,
            ticks="",
            fixedrange=True,
        ),
        yaxis=label_axis(look, range(7), WEEKDAYS, range=[6.5, -0.5]),
        coloraxis=_colours(look),
    )
    # Weekdays have a line each, however many notes stand above them.
    return as_tall(made, 7 * NOTE_LINE + _BELOW, HEIGHT_OF_CALENDAR)


def _days(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each day with a score: ``score``, ``p_value``, ``rarity`` (0 for any day, 3 for one in a thousand)."""
    scored = words.scored(rows).group_by("date", maintain_order=True)
    days = scored.agg(pl.col("score", "p_value", "explanation").first(), is_flagged=pl.col("is_anomaly").any()).sort(
        "date"
    )
    p_values = days["p_value"].to_list()
    rarity = [None if p is None else min(-math.log10(max(p, 10.0**-_RAREST)), float(_RAREST)) for p in p_values]
    return days.with_columns(rarity=pl.Series(rarity, dtype=pl.Float64))


def _grid(days: pl.DataFrame, weeks: list[date], column: str) -> list[list[Any]]:
    found = dict(days.select("date", column).iter_rows())
    return [[found.get(week + timedelta(days=place)) for week in weeks] for place in range(7)]


def _said(days: pl.DataFrame, form: Formats) -> list[str]:
    return [
        "<br>".join(
            filter(
                None,
                (
                    f"{weekday(row['date'])}: {'flagged, ' if row['is_flagged'] else ''}score {form.mean(row['score'])}",
                    f"so unusual: {words.rarity(row['p_value'], form)}",
                    escape(row["explanation"] or ""),
                ),
            )
        )
        for row in days.iter_rows(named=True)
    ]


def _marks(marked: pl.DataFrame, name: str, symbol: str, size: int) -> list[dict[str, Any]]:
    if marked.is_empty():
        return []
    days = marked["date"].to_list()
    inks = [ink(cividis((rarity or 0.0) / _RAREST)) for rarity in marked["rarity"].to_list()]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [str(_monday(one)) for one in days],
            "y": [one.weekday() for one in days],
            "marker": {
                "symbol": symbol,
                "size": size,
                "color": inks,
                "line": {"color": inks, "width": 1.75},
            },
            "hoverinfo": "skip",
            "meta": {},
        }
    ]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _colours(look: Look) -> dict[str, Any]:
    ticks = list(range(_RAREST + 1))
    form = formats(look)
    bar = {
        "y": 0,
        "yanchor": "top",
        "ypad": 30,
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": ["any day", *(f"1 in {form.count(10**place)}" for place in ticks[1:])],
    }
    return colour_axis(_RAREST, look, bar)
