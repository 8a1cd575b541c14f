"""``/orders``: orders over time, their amounts, and how often customers order."""

from __future__ import annotations

from functools import partial

from dash_app.figures import orders as figures
from dash_app.figures.amounts import amounts, order_counts
from dash_app.figures.blank import without
from dash_app.figures.opening import X, by_name, each, opens
from dash_app.filters import Filters, OrderFilters
from dash_app.records import Card, Page
from dash_app.words import orders as words
from dash_app.words.dates import Grain

_NO_ORDERS = "There are no orders in this time."
_WIDE = 340


def _is_by(filters: Filters, grain: Grain) -> bool:
    return OrderFilters.of(filters).by == grain


ORDERS = Page(
    "/orders",
    (
        Card(
            id="orders-daily",
            report="daily_orders",
            title="Orders per day",
            reading=words.daily_orders,
            figure=figures.daily_orders,
            drill=each("orders", date=X),
            width="full",
            empty=_NO_ORDERS,
            is_empty=without("orders"),
            is_shown=partial(_is_by, grain="day"),
        ),
        Card(
            id="orders-weekly",
            report="weekly_orders",
            title="Orders per week",
            reading=partial(words.orders_by_period, grain="week"),
            figure=partial(figures.orders_by_period, grain="week"),
            drill=each("orders", date=X),
            width="full",
            empty=_NO_ORDERS,
            is_empty=without("orders"),
            is_shown=partial(_is_by, grain="week"),
        ),
        Card(
            id="orders-monthly",
            report="monthly_orders",
            title="Orders per month",
            reading=partial(words.orders_by_period, grain="month"),
            figure=partial(figures.orders_by_period, grain="month"),
            drill=each("orders", date=X),
            width="full",
            empty=_NO_ORDERS,
            is_empty=without("orders"),
            is_shown=partial(_is_by, grain="month"),
        ),
        Card(
            id="orders-hourly",
            report="hourly_orders",
            title="Orders by hour of day",
            reading=words.hourly_orders,
            figure=figures.hourly_orders,
            empty=_NO_ORDERS,
            is_empty=without("mean_orders"),
        ),
        Card(
            id="orders-mean-amount",
            report="weekly_average_payment_amount",
            title="Mean order amount",
            reading=words.mean_amount,
            figure=figures.mean_amount,
            drill=each("orders", week=X),
            empty=_NO_ORDERS,
            is_empty=without("mean_amount"),
        ),
        Card(
            id="orders-per-customer",
            report="weekly_average_order_per_user",
            title="Orders per ordering customer",
            reading=words.orders_per_customer,
            figure=figures.orders_per_customer,
            drill=each("customers", week=X),
            empty=_NO_ORDERS,
            is_empty=without("orders_per_customer"),
        ),
        Card(
            id="sessions-per-customer",
            report="weekly_average_session_per_user",
            title="Sessions per active customer",
            reading=words.sessions_per_customer,
            figure=figures.sessions_per_customer,
            drill=each("customers", week=X),
            empty="No session began in this time.",
            is_empty=without("sessions_per_customer"),
        ),
        Card(
            id="orders-amounts",
            report="purchase_amount_distribution",
            title="Order amounts",
            reading=words.amounts,
            figure=amounts,
            height=_WIDE,
            empty=_NO_ORDERS,
            is_empty=without("orders"),
        ),
        Card(
            id="orders-sequence",
            report="user_counts_per_order_seq",
            title="Customers by number of orders",
            reading=words.order_counts,
            figure=order_counts,
            drill=by_name({"exactly": opens("customers", orders=X), "at least": opens("customers_at_least", orders=X)}),
            height=_WIDE,
            empty="No customer has ordered yet.",
            is_empty=without("customers_at_least"),
        ),
    ),
    OrderFilters,
)
