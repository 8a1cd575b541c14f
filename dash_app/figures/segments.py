"""Segments of customers: how large they are, what they bring, and who changes between them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import polars as pl

from ca_platform.settings.segments import SEGMENTS
from dash_app.figures import encode
from dash_app.figures.colours import OKABE_ITO, OTHER, clear, ink
from dash_app.figures.frame import NOTE_SIZE, figure, plain_axis, value_axis
from dash_app.figures.labels import width
from dash_app.figures.opening import opens, points
from dash_app.records import Figure, Look
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rows import earlier

HEIGHT_OF_TREE, HEIGHT_OF_FLOW = 420, 620
_BEST, _NEW, _FADING, _LEAVING, _GONE = OKABE_ITO[2], OKABE_ITO[0], OKABE_ITO[4], OKABE_ITO[1], OTHER
COLOURS: dict[str, str] = {
    "champions": _BEST,
    "loyal customers": _BEST,
    "potential loyalist": _BEST,
    "newcomers": _NEW,
    "promising": _NEW,
    "need attention": _FADING,
    "about to sleep": _FADING,
    "at risk": _LEAVING,
    "can't lose them": _LEAVING,
    "hibernating": _GONE,
    "lost": _GONE,
}
"""Five groups: eleven colours could not be told apart."""
NOBODY = "no order yet"
"""Where those come from who had not ordered then."""
_NARROW = 10


def in_order(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each segment, the best segment first."""
    for segment in SEGMENTS:
        own = rows.filter(segment=segment)
        if own.height:
            yield segment, own


def tree(frame: pl.DataFrame, look: Look) -> Figure:
    """``segmentation``: a tile for each segment that anybody is in, as large as its number of customers."""
    rows = pl.concat(part for _, part in in_order(frame.filter(pl.col("customers") > 0)))
    form, before = formats(look), _before(look)
    names = rows["segment"].to_list()
    texts = [_tile(row, before, form) for row in rows.iter_rows(named=True)]
    trace = {
        "type": "treemap",
        "labels": names,
        "parents": [""] * rows.height,
        "values": encode.array(rows["customers"].cast(pl.Float64)),
        "text": texts,
        "texttemplate": "<b>%{customdata[1]}</b><br>%{text}",
        "customdata": [[_said(row, before, look), _broken(row["segment"])] for row in rows.iter_rows(named=True)],
        "hovertemplate": "%{label}: %{customdata[0]}<extra></extra>",
        "marker": {"colors": [COLOURS[name] for name in names], "line": {"width": 1}},
        "textfont": {"color": [ink(COLOURS[name]) for name in names]},
        "tiling": {"pad": 2},
        "pathbar": {"visible": False},
        "sort": False,
        **opens("customers", segment=points(names)),
    }
    compared = f"change: since {day(look.compare_day)}" if before and look.compare_day else ""
    return figure(
        [trace],
        look,
        ("customers by segment, and their share", compared, "click a tile to see its customers"),
        left=2,
        margin={"r": 2, "b": 4},
    )


def _broken(name: str) -> str:
    """A name in short lines: so it fits into narrow boxes."""
    return "<br>".join(textwrap.wrap(name, _NARROW, break_long_words=False))


def _before(look: Look) -> dict[str, int]:
    then = earlier(look)
    return {} if then is None else dict(then.select("segment", "customers").iter_rows())


def _tile(row: dict[str, Any], before: dict[str, int], form: Formats) -> str:
    count = row["customers"]
    share = "" if row["share"] is None else f" · {form.share(row['share'])}"
    then = before.get(row["segment"])
    change = f"<br>{form.change(count / then - 1)}" if then else ""
    return f"{form.count(count)}{share}{change}"


def _said(row: dict[str, Any], before: dict[str, int], look: Look) -> str:
    """The tile in words."""
    form, count, then = formats(look), row["customers"], before.get(row["segment"])
    share = "" if row["share"] is None else f", {form.share(row['share'])} of all"
    change = f"<br>{form.change(count / then - 1)} since {day(look.compare_day)}" if then and look.compare_day else ""
    customers = f"{form.count(count)} {plural(count, 'customer')}{share}"
    return f"{customers}{change}<br>who have paid {form.exact_money(row['revenue'])} so far"


def revenue(frame: pl.DataFrame, look: Look) -> Figure:
    """``segmentation``: the share of customers and the share of revenue of each segment, one below the other."""
    form = formats(look)
    rows = pl.concat(part for _, part in in_order(frame)).with_row_index("place")
    names = rows["segment"].to_list()
    customers, money = (rows[name].fill_null(0.0) for name in ("share", "revenue_share"))
    own = opens("customers", segment=points(names))
    data = [
        _level(rows, customers, "share of customers", OKABE_ITO[5], -0.19)
        | {"customdata": [f"{form.count(n)} {plural(n, 'customer')}" for n in rows["customers"].to_list()]}
        | own,
        _level(rows, money, "share of revenue", OKABE_ITO[0], 0.19)
        | {"customdata": [form.exact_money(amount) for amount in rows["revenue"].to_list()]}
        | own,
    ]
    places = [-float(place) for place in rows["place"].to_list()]
    return figure(
        data,
        look,
        ("share of customers (pale) and of all revenue (dark) by segment", "click a bar to see its customers"),
        left=int(width(names)) + 12,
        hovermode="closest",
        bargap=0.2,
        xaxis=value_axis(look, share=True),
        yaxis=plain_axis(
            look,
            tickmode="array",
            tickvals=places,
            ticktext=names,
            range=[-rows.height + 0.4, 0.6],
            showline=False,
            ticks="",
            fixedrange=True,
        ),
    )


def _level(rows: pl.DataFrame, shares: pl.Series, name: str, colour: str, shift: float) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [-float(place) - shift for place in rows["place"].to_list()],
        "x": encode.array(shares),
        "width": 0.36,
        "marker": {"color": colour},
        "hovertemplate": "%{customdata}: %{x:.1%} of all<extra></extra>",
    }


def flow(frame: pl.DataFrame, look: Look) -> Figure:
    """``segment_transitions``: a band for each change, as wide as its customers; left 30 days before, right now."""
    form = formats(look)
    lefts = [name for name in (None, *SEGMENTS) if frame["segment_before"].eq_missing(name).any()]
    rights = [name for name in SEGMENTS if (frame["segment"] == name).any()]
    rows = frame.sort("customers", descending=True)
    before, now = rows["segment_before"].to_list(), rows["segment"].to_list()
    trace = {
        "type": "sankey",
        "arrangement": "snap",
        "node": {
            "label": [name or NOBODY for name in lefts] + rights,
            "color": [COLOURS.get(name or "", OTHER) for name in lefts] + [COLOURS[name] for name in rights],
            "pad": 10,
            "thickness": 12,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:,.0f} customers<extra></extra>",
        },
        "link": {
            "source": [lefts.index(name) for name in before],
            "target": [len(lefts) + rights.index(name) for name in now],
            "value": rows["customers"].cast(pl.Float64).to_list(),
            "color": [clear(COLOURS[name], 0.35) for name in now],
            "customdata": [form.share(part) if part is not None else "" for part in rows["share_of_before"].to_list()],
            "hovertemplate": (
                "%{source.label} → %{target.label}: %{value:,.0f} customers, "
                "%{customdata} of those on the left<extra></extra>"
            ),
        },
        "textfont": {"size": NOTE_SIZE + 1},
        **opens("customers", segment_before=points(before), segment=points(now)),
    }
    notes = ("customers by segment 30 days before (left) and now (right)", "click a band to see them")
    return figure([trace], look, notes, left=4, margin={"r": 4, "b": 8})
