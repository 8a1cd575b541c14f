"""``/retention``: who comes again, what that brings, and how the shop grows."""

from __future__ import annotations

from functools import partial

from dash_app.figures import curves, growth
from dash_app.figures.blank import without
from dash_app.figures.triangle import HEIGHT_OF_TRIANGLE, Triangle, triangle
from dash_app.records import Card, Page
from dash_app.words import growth as growth_words
from dash_app.words import retention as words
from dash_app.words.ages import FEWEST
from dash_app.words.dates import Grain

_NO_BUYERS = "No customer has ordered yet."
_TOO_FEW = f"Fewer than {FEWEST} customers can be followed after their first order yet."
_NO_ORDERS = "There are no orders in this time."
_SINCE = "the first order"
_AGAIN = "share of the cohort that orders"
_MONTHS = Triangle("rate", "month", _AGAIN, _SINCE, first=1)
# A year of columns: more rows would be more cells than a browser draws at once.
_WEEKS = Triangle("rate", "week", _AGAIN, _SINCE, first=1, rows=46)
_REVENUE = Triangle("cumulative_revenue_per_customer", "month", "revenue per customer so far", _SINCE, money=True)


def _customers(grain: Grain) -> Card:
    return Card(
        id=f"retention-customers-{grain}",
        report="growth",
        title=f"Who ordered, by {grain}",
        reading=partial(growth_words.customers, grain=grain),
        figure=partial(growth.customers, grain=grain),
        empty=_NO_ORDERS,
        is_empty=without("value"),
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
        height=360,
        empty=_NO_ORDERS,
        is_empty=without("value"),
    )


RETENTION = Page(
    "/retention",
    (
        Card(
            id="retention-monthly",
            report="monthly_retention",
            title="Retention, monthly",
            reading=partial(words.retention, grain="month"),
            figure=partial(triangle, kind=_MONTHS),
            height=HEIGHT_OF_TRIANGLE,
            empty=_NO_BUYERS,
            is_empty=without("cohort_size"),
        ),
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
        Card(
            id="retention-monthly-curves",
            report="monthly_retention",
            title="Retention by cohort, monthly",
            reading=partial(words.curves, grain="month"),
            figure=partial(curves.retention, grain="month"),
            empty=_TOO_FEW,
            is_empty=partial(curves.too_few, first=1),
        ),
        Card(
            id="retention-revenue-curves",
            report="cohort_revenue",
            title="Revenue per customer by cohort",
            reading=words.revenue_curves,
            figure=curves.revenue,
            empty=_TOO_FEW,
            is_empty=curves.too_few,
        ),
        Card(
            id="retention-weekly",
            report="weekly_retention",
            title="Retention, weekly",
            reading=partial(words.retention, grain="week"),
            figure=partial(triangle, kind=_WEEKS),
            height=HEIGHT_OF_TRIANGLE,
            width="full",
            empty=_NO_BUYERS,
            is_empty=without("cohort_size"),
        ),
        Card(
            id="retention-weekly-curves",
            report="weekly_retention",
            title="Retention by cohort, weekly",
            reading=partial(words.curves, grain="week"),
            figure=partial(curves.retention, grain="week"),
            width="full",
            empty=_TOO_FEW,
            is_empty=partial(curves.too_few, first=1),
        ),
        _customers("month"),
        _customers("week"),
        _measure("revenue", "month"),
        _measure("revenue", "week"),
        _measure("orders", "month"),
        _measure("orders", "week"),
    ),
)
