"""``/retention``: who comes again, what that brings, and how the shop grows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import polars as pl

from dash_app.figures import curves, growth
from dash_app.figures.blank import without
from dash_app.figures.opening import X, bars, by_name, opens
from dash_app.figures.triangle import HEIGHT_OF_TRIANGLE, Triangle, triangle
from dash_app.filters import Filters, RetentionFilters
from dash_app.records import Card, Figure, Look, Page
from dash_app.words import growth as growth_words
from dash_app.words import retention as words
from dash_app.words.ages import FEWEST
from dash_app.words.dates import Grain

_NO_BUYERS = "No customer has ordered yet."
_TOO_FEW = f"Fewer than {FEWEST} customers can be followed after their first order yet."
_NO_ORDERS = "There are no orders in this time."
_SINCE = "the first order"
_WORDS: dict[Grain, str] = {"month": "monthly", "week": "weekly"}
# A year of columns: with more rows there would be more cells than a browser draws at once.
_ROWS: dict[Grain, int] = {"month": 104, "week": 46}
_REVENUE = Triangle(
    "cumulative_revenue_per_customer", "month", "revenue per customer so far", _SINCE, unit="money", opens="orders"
)


def _retention(frame: pl.DataFrame, look: Look, grain: Grain) -> Figure:
    rows = _ROWS[grain]
    if RetentionFilters.of(look.filters).metric == "customers":
        what = "customers of the cohort who order"
        return triangle(frame, look, Triangle("customers", grain, what, _SINCE, first=1, unit="count", rows=rows))
    return triangle(frame, look, Triangle("rate", grain, "share of the cohort that orders", _SINCE, 1, rows=rows))


def _is_by(filters: Filters, grain: Grain) -> bool:
    return RetentionFilters.of(filters).by == grain


def _customers(grain: Grain) -> Card:
    return Card(
        id=f"retention-customers-{grain}",
        report="growth",
        title=f"Who ordered, by {grain}",
        reading=partial(growth_words.customers, grain=grain),
        figure=partial(growth.customers, grain=grain),
        drill=by_name(
            {
                name.partition("_")[0]: opens("value", period=grain, date=X, metric=name)
                for name in (*growth_words.PARTS, growth_words.GONE)
            }
        ),
        width="full",
        empty=_NO_ORDERS,
        is_empty=without("value"),
        is_shown=partial(_is_by, grain=grain),
    )


def _measure(name: growth_words.Measure, grain: Grain) -> Card:
    return Card(
        id=f"retention-{name}-{grain}",
        report="growth",
        title=f"{name.capitalize()} and their change, by {grain}"
        if name == "orders"
        else f"Revenue and its change, by {grain}",
        reading=partial(growth_words.measure, name=name, grain=grain),
        figure=partial(growth.measure, name=name, grain=grain),
        drill=bars("value", period=grain, date=X, metric="orders"),
        height=360,
        empty=_NO_ORDERS,
        is_empty=without("value"),
        is_shown=partial(_is_by, grain=grain),
    )


def _retained(grain: Grain) -> Iterator[Card]:
    """Who comes again: a year of weeks needs the whole width, and so do its curves."""
    name = _WORDS[grain]
    yield Card(
        id=f"retention-{name}",
        report=f"{name}_retention",
        title=f"Retention, {name}",
        reading=partial(words.retention, grain=grain),
        figure=partial(_retention, grain=grain),
        height=HEIGHT_OF_TRIANGLE,
        width="full" if grain == "week" else "half",
        empty=_NO_BUYERS,
        is_empty=without("cohort_size"),
        is_shown=partial(_is_by, grain=grain),
    )
    yield Card(
        id=f"retention-{name}-curves",
        report=f"{name}_retention",
        title=f"Retention by cohort, {name}",
        reading=partial(words.curves, grain=grain),
        figure=partial(curves.retention, grain=grain),
        width="full" if grain == "week" else "half",
        empty=_TOO_FEW,
        is_empty=partial(curves.too_few, first=1),
        is_shown=partial(_is_by, grain=grain),
    )


_MONTHLY, _MONTHLY_CURVES = _retained("month")
_GROWTH = tuple(
    card
    for grain in ("month", "week")
    for card in (_customers(grain), _measure("revenue", grain), _measure("orders", grain))
)

RETENTION = Page(
    "/retention",
    (
        _MONTHLY,
        *_retained("week"),
        Card(
            id="retention-revenue",
            report="cohort_revenue",
            title="Revenue per customer",
            reading=words.revenue,
            figure=partial(triangle, kind=_REVENUE),
            height=HEIGHT_OF_TRIANGLE,
            empty=_NO_BUYERS,
            is_empty=without("cohort_size"),
        ),
        _MONTHLY_CURVES,
        Card(
            id="retention-revenue-curves",
            report="cohort_revenue",
            title="Revenue per customer by cohort",
            reading=words.revenue_curves,
            figure=curves.revenue,
            empty=_TOO_FEW,
            is_empty=curves.too_few,
        ),
        *_GROWTH,
    ),
    RetentionFilters,
)
