"""The first names of a report by one measure, as level bars with their values beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, scheme
from dash_app.figures.frame import compared_note, figure, plain_axis, value_axis
from dash_app.figures.labels import escape, shorten_all, width
from dash_app.figures.opening import opens, points
from dash_app.figures.values import highest
from dash_app.records import Figure, Look
from dash_app.words.names import value

_NAME_LENGTH = 20
_PHONE = 190
_FEWEST = 6
_SPACE = 2 * "\u00a0"
"""Between a bar and its text, for the line of the earlier day."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What is ranked.

    Attributes:
        name, measure: columns of the report.
        unit: the measure in words, above the chart.
        write: how a value stands beside its bar; ``exact`` how it stands in the hover.
        top: so many bars.
        noun: what the names are.
        after: what stands behind a value in the hover.
        opens: whether the values count customers or orders that can be opened.
    """

    name: str
    measure: str
    unit: str
    write: Callable[[float], str]
    top: int
    noun: str = "names"
    exact: Callable[[float], str] | None = None
    after: str = ""
    colour: str = OKABE_ITO[0]
    money: bool = False
    opens: bool = False


def ranking(frame: pl.DataFrame, look: Look, kind: Ranking) -> Figure:
    """A bar for each name, the most first; of equal ones in the order of their names."""
    ranked = frame.drop_nulls(kind.measure).sort(kind.measure, kind.name, descending=[True, False], nulls_last=True)
    rows = ranked.head(kind.top)
    names = [value(name) for name in rows[kind.name].to_list()]
    short = shorten_all(names, _NAME_LENGTH)
    places = [-float(index) for index in range(rows.height)]
    marks = _marks(rows, look, kind)
    notes = (
        kind.unit,
        f"{rows.height} of {ranked.height} {kind.noun}" if rows.height < ranked.height else "",
        compared_note(look).replace("dotted", "upright line") if marks else "",
    )
    texts = [f"{_SPACE}{kind.write(count)}" for count in rows[kind.measure].to_list()]
    longest = max([highest(rows[kind.measure]), *(mark["x_max"] for mark in marks)], default=0.0) or 1.0
    room = 1 / (1 - min(width(texts) / _PHONE, 0.6))
    for mark in marks:
        del mark["x_max"]
    height = max(rows.height, 1)
    return figure(
        [_bars(rows, names, places, texts, look, kind), *marks],
        look,
        notes,
        hovermode="closest",
        left=int(width(short)) + 14,
        bargap=0.28,
        xaxis=value_axis(look, money=kind.money, range=[0, longest * room], nticks=4),
        yaxis=plain_axis(
            look,
            tickmode="array",
            tickvals=places,
            ticktext=[escape(name) for name in short],
            range=[0.4 - height, 0.6],
            # Few bars are no thicker than these, and the amounts stand below the last of them.
            domain=[1 - min(height / _FEWEST, 1), 1],
            showline=False,
            ticks="",
            fixedrange=True,
        ),
    )


def _bars(
    rows: pl.DataFrame, names: list[str], places: list[float], texts: list[str], look: Look, kind: Ranking
) -> dict[str, Any]:
    exact = kind.exact or kind.write
    values = rows[kind.measure].to_list()
    opened = opens(kind.measure, **{kind.name: points(rows[kind.name].to_list())}) if kind.opens else {}
    return opened | {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "x": encode.array(rows[kind.measure]),
        "marker": {"color": kind.colour},
        "text": texts,
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "constraintext": "none",
        "textfont": {"color": scheme(dark=look.dark).text, "size": 11},
        "customdata": [
            f"{escape(name)}: {exact(count)}{kind.after}" for name, count in zip(names, values, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _marks(rows: pl.DataFrame, look: Look, kind: Ranking) -> list[dict[str, Any]]:
    """The same names as of the earlier day, an upright line each."""
    if look.compare is None or look.compare.is_empty():
        return []
    before = look.compare.select(kind.name, before=kind.measure)
    joined = rows.with_row_index("place").join(
        before, on=kind.name, how="inner", maintain_order="left", nulls_equal=True
    )
    joined = joined.drop_nulls("before")
    if joined.is_empty():
        return []
    ink, exact = scheme(dark=look.dark).text, kind.exact or kind.write
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "earlier",
            "y": [-float(place) for place in joined["place"].to_list()],
            "x": encode.array(joined["before"]),
            "marker": {"symbol": "line-ns-open", "size": 12, "color": ink, "line": {"color": ink, "width": 2.5}},
            "customdata": [exact(count) for count in joined["before"].to_list()],
            "hovertemplate": "before: %{customdata}<extra></extra>",
            "x_max": highest(joined["before"]),
        }
    ]
