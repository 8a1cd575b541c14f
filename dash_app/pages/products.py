"""``/products``: what is ordered, what is bought together, and what is bought again."""

from __future__ import annotations

from functools import partial

from dash_app.figures import products as figures
from dash_app.figures.blank import without
from dash_app.filters import ProductFilters
from dash_app.records import Card, Page
from dash_app.words import products as words

_NOTHING = "No product has been ordered yet."
_CATEGORIES = "product_kpis"

PRODUCTS = Page(
    "/products",
    (
        Card(
            id="products-top",
            report="most_ordered_products",
            title="Most ordered products",
            reading=partial(words.leader, name="product", noun="products"),
            listing=words.listed,
            kind="list",
            also=_CATEGORIES,
            rows=words.of_category,
            empty=_NOTHING,
            is_empty=without("orders"),
        ),
        Card(
            id="products-categories",
            report="most_ordered_categories",
            title="Categories",
            reading=partial(words.leader, name="category", noun="categories"),
            figure=figures.categories,
            height=360,
            empty=_NOTHING,
            is_empty=without("orders"),
        ),
        Card(
            id="products-daily",
            report="daily_products_of_sales",
            title="Sales of the leading products, daily",
            reading=words.by_day,
            figure=figures.by_day,
            height=figures.HEIGHT_OF_DAYS,
            width="full",
            also=_CATEGORIES,
            rows=words.of_category,
            empty="No product was ordered in this time.",
            is_empty=without("orders"),
        ),
        Card(
            id="products-kpis",
            report="product_kpis",
            title="Products and their customers",
            reading=words.again,
            listing=words.key_figures,
            kind="list",
            width="full",
            rows=words.of_category,
            empty=_NOTHING,
            is_empty=without("orders"),
        ),
    ),
    ProductFilters,
)
