"""Products and categories: which lead, and how they sell day by day."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dash_app.figures.colours import OKABE_ITO
from dash_app.figures.dailies import Daily, dailies
from dash_app.figures.ranking import Ranking, ranking
from dash_app.filters import ProductFilters
from dash_app.records import Figure, Look
from dash_app.words.formats import formats

HEIGHT_OF_DAYS = 440
_PANELS = {"10": 6, "20": 9, "50": 12}
"""Little charts take more room than rows of a table."""


def by_day(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_products_of_sales``: a panel for each of the products that lead by what is chosen."""
    chosen = ProductFilters.of(look.filters)
    is_orders, is_money = chosen.metric == "orders", chosen.metric == "revenue"
    kind = Daily("product", chosen.metric, "products", _PANELS[chosen.top], money=is_money, opens=is_orders)
    return dailies(frame, look, kind)


def categories(frame: pl.DataFrame, look: Look) -> Figure:
    """``most_ordered_categories``: the categories that lead by what is chosen."""
    form, chosen = formats(look), ProductFilters.of(look.filters)
    kind = Ranking(
        "category",
        chosen.metric,
        f"{chosen.metric} by category",
        form.compact,
        min(int(chosen.top), 12),
        noun="categories",
        exact=form.count,
        after=f" {chosen.metric}",
        colour=OKABE_ITO[2],
        opens=chosen.metric == "orders",
    )
    if chosen.metric == "revenue":
        kind = replace(kind, write=form.compact_money, exact=form.exact_money, after="", money=True)
    return ranking(frame, look, kind)
