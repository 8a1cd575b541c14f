"""``/products``: what is ordered, what is bought together, and what is bought again."""

from __future__ import annotations

from functools import partial

from dash_app.figures import products as figures
from dash_app.figures.baskets import HEIGHT_OF_MATRIX, matrix
from dash_app.figures.blank import without
from dash_app.filters import ProductFilters
from dash_app.records import LISTED, Card, Page
from dash_app.words import baskets, recommended
from dash_app.words import products as words

_NOTHING = "No product has been ordered yet."
_NO_PAIRS = "No two products stand together in enough orders yet."
_CATEGORIES = "product_kpis"
"""The report that knows the category of each product."""

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
            height=LISTED,
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
            height=LISTED,
            width="full",
            rows=words.of_category,
            empty=_NOTHING,
            is_empty=without("orders"),
        ),
        Card(
            id="products-pairs",
            report="most_combined_products",
            title="Bought together",
            reading=baskets.pairs,
            listing=baskets.listed_pairs,
            kind="list",
            height=LISTED,
            width="full",
            also=_CATEGORIES,
            rows=words.of_category,
            empty=_NO_PAIRS,
            is_empty=without("orders"),
        ),
        Card(
            id="products-matrix",
            report="most_combined_products",
            title="How closely products go together",
            reading=baskets.closest,
            figure=matrix,
            height=HEIGHT_OF_MATRIX,
            also=_CATEGORIES,
            rows=words.of_category,
            empty=_NO_PAIRS,
            is_empty=without("orders"),
        ),
        Card(
            id="products-similar",
            report="similar_products",
            title="Similar products",
            reading=baskets.similar,
            listing=baskets.listed_similar,
            kind="list",
            height=LISTED,
            also=_CATEGORIES,
            rows=words.of_category,
            empty="No two products have two customers in common yet.",
            is_empty=without("score"),
        ),
        Card(
            id="products-rules",
            report="association_rules",
            title="Who buys these also buys",
            reading=baskets.rules,
            listing=baskets.listed_rules,
            kind="list",
            height=LISTED,
            width="full",
            also=_CATEGORIES,
            rows=words.of_category,
            empty="No products stand together in enough orders for a rule.",
            is_empty=without("orders"),
        ),
        Card(
            id="products-recommended",
            report="recommended_products",
            title="Recommended to customers",
            reading=recommended.leading,
            listing=recommended.listed,
            kind="list",
            height=LISTED,
            width="full",
            also=_CATEGORIES,
            rows=words.of_category,
            empty="There is nothing to recommend: no product was ordered in the last 90 days.",
            is_empty=without("lists"),
        ),
        Card(
            id="products-backtest",
            report="recommendation_backtest",
            title="How good recommendations were",
            reading=recommended.worth,
            listing=recommended.methods,
            kind="list",
            height=LISTED,
            width="full",
            empty=(
                "No list has been held against orders yet: it takes the end of a month, orders before it, and customers "
                "who order again in the 28 days after it. Until then recommendations use the usual weights."
            ),
        ),
    ),
    ProductFilters,
)
