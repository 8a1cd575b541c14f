"""The fact tables of baskets: what every order is made of, and what was sold by day."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, instant, money, text
from ca_platform.catalogue.fact_columns import CUSTOMER, SLICE, fact
from ca_platform.catalogue.spec import Column, Kind

_ITEM = Column("item", Kind.INTEGER, "Number of the product.", "number")
_ORDERS = count("orders", "Orders that contain it.")
# Exact, as the quantities of lines are: not money, but of the same kind inside.
_UNITS = Column("units", Kind.MONEY, "Units, exact.", "units")
_REVENUE = money(
    "revenue",
    "price × quantity − line discount − share of the order's discount, exact to eight digits; negative ones count.",
)
_DISCOUNT = money("discount", "Line discounts and the shares of the orders' discounts.")
_CATEGORY = text("category", "Category of the newest line; null is a value.", nullable=True)
_GROUP = text("category", "The category; null is a value.", nullable=True)
_BUYERS = count("customers", "Customers with their first order that contains it.")
_INPUTS = ("sessions", "lines", "dimension_values", "client_numbers")
_SALES = (
    SLICE,
    _ITEM,
    _ORDERS,
    _UNITS,
    _REVENUE,
    _DISCOUNT,
    _BUYERS,
    count("repeaters", "Customers with their second order that contains it."),
    _CATEGORY,
)
_GROUP_SALES = (SLICE, _GROUP, _ORDERS, _UNITS, _REVENUE, _BUYERS)

PRODUCT_FACTS = (
    fact(
        "product_numbers",
        "Products by number",
        "Every product on the day of the first order that contains it, with the number that other facts use for it.",
        (_ITEM, text("product", "The product.")),
        key=("item",),
        inputs=("sessions", "lines"),
    ),
    fact(
        "order_products",
        "Products of orders",
        "Every order with each of its products once. slices.NAME is the slice of the order's value of a dimension; "
        "number counts the customer's orders that contain the product, numbers.NAME those within that slice. Orders "
        "are numbered by start and order_id; those without a line are not here.",
        (
            Column("order", Kind.INTEGER, "Number of the order.", "number"),
            CUSTOMER,
            _ITEM,
            count("number", "The customer's orders with the product up to this one."),
            instant("at", "Start of the session that ended in the order."),
            _UNITS,
            _REVENUE,
            _DISCOUNT,
            _CATEGORY,
        ),
        key=("order", "item"),
        inputs=(*_INPUTS, "product_numbers"),
        dynamic=("slices.*", "numbers.*"),
    ),
    fact(
        "product_days",
        "Sales of products",
        "What was sold of each product on a day.",
        _SALES,
        key=("slice", "item"),
        inputs=("order_products",),
    ),
    fact(
        "product_totals",
        "Sales of products, running totals",
        "product_days of all days up to the end of a month; other days have no rows.",
        _SALES,
        key=("slice", "item"),
        inputs=("product_days",),
    ),
    fact(
        "category_buyers",
        "First orders in categories",
        "Customers on the day of their first order that contains the category.",
        (SLICE, CUSTOMER, _GROUP),
        key=("slice", "customer", "category"),
        inputs=_INPUTS,
    ),
    fact(
        "category_days",
        "Sales of categories",
        "What was sold of each category on a day.",
        _GROUP_SALES,
        key=("slice", "category"),
        inputs=(*_INPUTS, "category_buyers"),
    ),
    fact(
        "category_totals",
        "Sales of categories, running totals",
        "category_days of all days up to the end of a month; other days have no rows.",
        _GROUP_SALES,
        key=("slice", "category"),
        inputs=("category_days",),
    ),
)
