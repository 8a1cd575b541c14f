"""Products and categories: what is ordered, by whom, and what it brings."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, money, share, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_LINES = (
    "The revenue of a line is price × quantity − line discount − its share of the order's discount, which is spread in "
    "proportion to price × quantity − line discount (by quantity where these add up to 0), exactly: the parts add up "
    "to the whole. Negative line revenue is not clipped. Only lines of orders count."
)
_RANKED = "Ranks follow orders, then revenue, then name (null last), without ties."
_PRODUCT = text("product", "The product.")
_ORDERS = count("orders", "Orders that contain it; twice in one order counts once.")
_UNITS = Column("units", Kind.FLOAT, "Sum of the quantities.", "units")
_REVENUE = money("revenue", "Sum of the revenue of its lines.")
_CUSTOMERS = count("customers", "Distinct customers with an order that contains it.")
_RANK = Column("rank", Kind.INTEGER, "1 for the most ordered.", "rank")

PRODUCTS = (
    ReportSpec(
        name="most_ordered_products",
        family="products",
        title="Most ordered products",
        grain="product",
        description=f"All products by the number of orders that contain them. {_RANKED} {_LINES}",
        columns=(_PRODUCT, _ORDERS, _UNITS, _REVENUE, _CUSTOMERS, _RANK),
        key=("rank",),
        facts=("product_numbers", "product_days", "product_totals", "dimension_values"),
        page="/products",
        requires=("lines",),
    ),
    ReportSpec(
        name="most_ordered_categories",
        family="products",
        title="Most ordered categories",
        grain="category",
        description=(
            "All categories by the number of orders that contain them; lines without a category are a category of "
            f"their own (null). {_RANKED} {_LINES}"
        ),
        columns=(
            text("category", "The category; null: lines without one.", nullable=True),
            _ORDERS,
            _UNITS,
            _REVENUE,
            _CUSTOMERS,
            _RANK,
        ),
        key=("rank",),
        facts=("category_days", "category_totals", "dimension_values"),
        page="/products",
        requires=("lines", "lines.category"),
    ),
    ReportSpec(
        name="daily_products_of_sales",
        family="products",
        title="Products sold by day",
        grain="day × product",
        description=(
            "What was sold of each product on each day; products without an order on a day have no row. The part of a "
            f"day in the lake holds the rows of that day; reading joins the days of the window. {_LINES}"
        ),
        columns=(day("date", "The day."), _PRODUCT, _ORDERS, _UNITS, _REVENUE),
        key=("date", "product"),
        facts=("product_numbers", "product_days", "dimension_values"),
        page="/products",
        storage="lake",
        parts="day",
        window="days",
        requires=("lines",),
    ),
    ReportSpec(
        name="product_kpis",
        family="products",
        title="Key figures of products",
        grain="product",
        description=f"What is known of each product. {_LINES}",
        columns=(
            _PRODUCT,
            text("category", "Category of its newest line.", nullable=True),
            _ORDERS,
            _UNITS,
            _REVENUE,
            money(
                "discount",
                "Line discounts and shares of the orders' discounts, so that price × quantity − discount = revenue.",
            ),
            _CUSTOMERS,
            Column("units_per_customer", Kind.FLOAT, "units over customers.", "units"),
            share("repeat_rate", "Share of its customers with two or more orders that contain it."),
        ),
        key=("product",),
        facts=("product_numbers", "product_days", "product_totals", "dimension_values"),
        page="/products",
        requires=("lines",),
    ),
)
