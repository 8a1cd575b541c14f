"""How much orders are worth, and how often customers order."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from dash_app.figures import encode
from dash_app.figures.bars import hatching
from dash_app.figures.colours import OKABE_ITO
from dash_app.figures.frame import compared_note, count_axis, figure, plain_axis, value_axis
from dash_app.figures.opening import opens, points
from dash_app.records import Figure, Look
from dash_app.words.formats import formats

_LOG_FROM = 100
_MANY = 40
_KEY = ("bin_index", "bin_start", "bin_end", "is_overflow")
_UPPER = [0.56, 1.0]
_LOWER = [0.0, 0.42]


def amounts(frame: pl.DataFrame, look: Look) -> Figure:
    """``purchase_amount_distribution``: orders above, customers by their mean amount below.

    Bins stand side by side whatever their width: the overflow bins reach far, and are hatched.
    """
    rows = frame.with_row_index("place")
    inner = rows.filter(~pl.col("is_overflow"))
    form = formats(look)
    tails = ""
    if inner.height and inner.height < rows.height:
        low, high = form.compact_money(inner["bin_start"][0]), form.compact_money(inner["bin_end"][-1])
        tails = f"hatched: under {low}, over {high}"
    notes = ("above: orders by amount", "below: customers by mean amount", tails)
    return figure(
        [_bins(rows, "orders", OKABE_ITO[0], "y", look), _bins(rows, "customers", OKABE_ITO[2], "y2", look)],
        look,
        notes,
        bargap=0.06,
        hovermode="closest",
        xaxis=_edges(inner, look) | {"anchor": "y2", "range": [-0.6, rows.height - 0.4]},
        yaxis=count_axis(look, [frame["orders"]], domain=_UPPER, nticks=4),
        yaxis2=count_axis(look, [frame["customers"]], domain=_LOWER, nticks=4, anchor="x"),
    )


def order_counts(frame: pl.DataFrame, look: Look) -> Figure:
    """``user_counts_per_order_seq``: exactly k orders as bars (points where there are many k), at least k as a line.

    Both axes are logarithmic where the numbers ask for it: few customers order very often.
    """
    is_long = frame.height > _MANY
    biggest = frame["customers_at_least"].max()
    is_steep = isinstance(biggest, int) and biggest >= _LOG_FROM
    exactly: dict[str, Any] = {
        "x": encode.array(frame["orders"]),
        "y": encode.array(frame["customers"]),
        "hovertemplate": "customers with exactly %{x}: %{y:,.0f}<extra></extra>",
        "name": "exactly",
    }
    if is_long:
        exactly |= {"type": "scatter", "mode": "markers", "marker": {"color": OKABE_ITO[0], "size": 6}}
    else:
        exactly |= {"type": "bar", "marker": {"color": OKABE_ITO[0]}}
    data = [exactly, _at_least(frame, {"color": OKABE_ITO[1], "width": 2}, "at least")]
    compared = look.compare is not None and not look.compare.is_empty()
    if compared and look.compare is not None:
        data.append(_at_least(look.compare, {"color": OKABE_ITO[1], "width": 1.5, "dash": "dot"}, "earlier"))
    notes = (
        f"customers with exactly k orders ({'points' if is_long else 'bars'}) and at least k (line)",
        "logarithmic" if is_steep else "",
        compared_note(look) if compared else "",
    )
    widest = max(
        [frame["orders"].max() or 1, *([look.compare["orders"].max() or 1] if look.compare is not None else [])]
    )
    return figure(
        data,
        look,
        notes,
        bargap=0.15,
        hovermode="closest" if is_long else "x unified",
        xaxis=_numbers(int(str(widest)), look, is_long=is_long),
        yaxis=value_axis(look, type="log", dtick=1, rangemode="normal", range=_decades(frame))
        if is_steep
        else count_axis(look, [frame["customers_at_least"]]),
    )


def _decades(frame: pl.DataFrame) -> list[float]:
    """From just below one customer to just above the most, so that a bar of one is still a bar."""
    return [-0.12, math.log10(max(frame["customers_at_least"].to_list())) + 0.1]


def _bins(rows: pl.DataFrame, measure: str, colour: str, axis: str, look: Look) -> dict[str, Any]:
    form = formats(look)
    flags = rows["is_overflow"].to_list()
    spans = [
        f"{form.exact_money(low)} to {form.exact_money(high)}"
        for low, high in zip(rows["bin_start"].to_list(), rows["bin_end"].to_list(), strict=True)
    ]
    return {
        "type": "bar",
        "x": encode.array(rows["place"]),
        "y": encode.array(rows[measure]),
        "yaxis": axis,
        "name": measure,
        "marker": {"color": colour, **hatching(flags, colour, look)},
        "customdata": spans,
        "hovertemplate": f"{measure}: %{{y:,.0f}}, %{{customdata}}<extra></extra>",
        **opens(measure, **{name: points(rows[name].to_list()) for name in _KEY}),
    }


def _edges(inner: pl.DataFrame, look: Look) -> dict[str, Any]:
    """Ticks at the edges between bins, at most six."""
    form = formats(look)
    places = [place - 0.5 for place in inner["place"].to_list()]
    values = inner["bin_start"].to_list()
    if inner.height:
        places.append(places[-1] + 1)
        values.append(inner["bin_end"][-1])
    step = max(-(-(len(places) - 1) // 5), 1)
    return plain_axis(
        look,
        tickmode="array",
        tickvals=places[::step],
        ticktext=[form.compact_money(value) for value in values[::step]],
        fixedrange=True,
    )


def _at_least(frame: pl.DataFrame, line: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if frame.height > _MANY else "lines+markers",
        "x": encode.array(frame["orders"]),
        "y": encode.array(frame["customers_at_least"]),
        "line": line,
        "marker": {"color": line["color"], "size": 5},
        "name": name,
        "hovertemplate": "with %{x} or more: %{y:,.0f}<extra></extra>"
        if name == "at least"
        else "before: %{y:,.0f}<extra></extra>",
    }


def _numbers(widest: int, look: Look, *, is_long: bool) -> dict[str, Any]:
    title = {"text": "orders of the customer", "standoff": 4, "font": {"size": 11}}
    if is_long:
        values = [value for value in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if value <= widest]
        return plain_axis(
            look, type="log", tickmode="array", tickvals=values, ticktext=[f"{value}" for value in values], title=title
        )
    return plain_axis(look, dtick=max(-(-widest // 8), 1), tick0=1, title=title, fixedrange=True)
