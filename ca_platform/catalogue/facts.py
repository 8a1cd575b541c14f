"""The fact tables: heavy reductions made once and shared by many reports.

Rows are prefix-stable: ``day`` is the day on which a row became true, and no later day changes it.
"""

from __future__ import annotations

from ca_platform.catalogue.columns import HOUR, STEP, count, day, instant, money, text
from ca_platform.catalogue.spec import Column, Kind, TableSpec

_DAY = day("day", "Local calendar day; the partition.")
_DIMENSION = text("dimension", "The dimension, or main for the whole shop.")
_VALUE = text("value", "Its value; null is a value, and is what main has.", nullable=True)
_SLICE = Column("slice", Kind.INTEGER, "0 for main, else the number of the dimension value.", "number")
_CUSTOMER = Column("customer", Kind.INTEGER, "Number of the customer.", "number")
_NUMBER = Column("number", Kind.INTEGER, "Number of the order, from 1.", "number")
_UNIT = text("unit", "day, week or month.")
_MICROSECONDS = Column("microseconds", Kind.INTEGER, "Time since the step before.", "microseconds")
_TAKING = count("sessions", "Sessions that carry both steps and took that long.")
_AMOUNT = money("amount", "Amount of an order.")
_ORDERS = count("orders", "Orders of that amount.")


def _fact(
    name: str,
    title: str,
    description: str,
    columns: tuple[Column, ...],
    *,
    key: tuple[str, ...],
    inputs: tuple[str, ...] = ("sessions",),
    dynamic: tuple[str, ...] = (),
) -> TableSpec:
    return TableSpec(
        name=name,
        layer="facts",
        title=title,
        description=description,
        columns=(_DAY, *columns),
        key=("day", *key),
        sort=key,
        inputs=inputs,
        dynamic=dynamic,
    )


SESSION_STEPS = _fact(
    "session_steps",
    "Sessions by step",
    "Sessions, orders and money by day, slice and local hour of the start. steps.NAME counts the sessions that carry "
    "the step, closed.NAME those that carry every earlier one too.",
    (
        _DIMENSION,
        _VALUE,
        HOUR,
        count("sessions", "Sessions."),
        count("orders", "Orders."),
        money("revenue", "Sum of what was paid for the orders."),
        money("discount", "Sum of the orders' discounts."),
    ),
    key=("dimension", "value", "hour"),
    dynamic=("steps.*", "closed.*"),
)
STEP_TIMES = _fact(
    "step_times",
    "Times between steps",
    "How many sessions of a day took how long from one step to the next. Steps without instants have no row.",
    (_DIMENSION, _VALUE, STEP, _MICROSECONDS, _TAKING),
    key=("dimension", "value", "step", "microseconds"),
)
ORDER_AMOUNTS = _fact(
    "order_amounts",
    "Order amounts",
    "How many orders of a day had which amount.",
    (_DIMENSION, _VALUE, _AMOUNT, _ORDERS),
    key=("dimension", "value", "amount"),
)
ACTIVE_CUSTOMERS = _fact(
    "active_customers",
    "Active customers",
    "Distinct customers with a session, or with an order, on a day, by the days since they last had one. The distinct "
    "customers of any window of up to seven days are the sum of those whose gap reaches back before the window.",
    (
        _DIMENSION,
        _VALUE,
        text("activity", "session or order."),
        Column("gap", Kind.INTEGER, "Days since the customer was last active; 7 for longer ago, or never.", "days"),
        count("customers", "Distinct customers."),
    ),
    key=("dimension", "value", "activity", "gap"),
)
DIMENSION_VALUES = _fact(
    "dimension_values",
    "Dimension values",
    "Every value of every dimension on the day of its first session, with the number that other facts use for it.",
    (_SLICE, _DIMENSION, _VALUE),
    key=("slice",),
)
CLIENT_NUMBERS = _fact(
    "client_numbers",
    "Customers by number",
    "Every client on the day of the first session, with the number that other facts use for it.",
    (_CUSTOMER, text("client", "The customer.")),
    key=("customer",),
)
FIRST_SESSIONS = _fact(
    "first_sessions",
    "First sessions",
    "The first session of each customer in the whole shop and with each dimension value.",
    (_SLICE, _CUSTOMER, instant("at", "Start of the session.")),
    key=("slice", "customer"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
FIRST_PURCHASES = _fact(
    "first_purchases",
    "First purchases",
    "The first order of each customer in the whole shop and with each dimension value.",
    (_SLICE, _CUSTOMER, instant("at", "Start of the session that ended in the order.")),
    key=("slice", "customer"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
NEW_CUSTOMERS = _fact(
    "new_customers",
    "New customers",
    "How many customers had their first session, and their first order, in which local hour.",
    (_SLICE, text("step", "first_session or first_purchase."), HOUR, count("customers", "Customers.")),
    key=("slice", "step", "hour"),
    inputs=("first_sessions", "first_purchases"),
)
CUSTOMER_ORDERS = _fact(
    "customer_orders",
    "Orders of customers",
    "Every order with its number among the orders of its customer, and the order before it, in the whole shop and with "
    "each dimension value. Orders on the same instant follow order_id.",
    (
        _SLICE,
        _CUSTOMER,
        _NUMBER,
        instant("at", "Start of the session that ended in the order."),
        instant("previous_at", "The same of the customer's order before; null for the first.", nullable=True),
        money("amount", "What was paid for the order."),
        money("revenue", "What the customer paid for this order and all before."),
    ),
    key=("slice", "customer", "number"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
ORDER_NUMBERS = _fact(
    "order_numbers",
    "Orders by number",
    "How many customers had their first, second, third … order on a day.",
    (
        _SLICE,
        _NUMBER,
        count("customers", "Customers."),
        money("revenue", "Sum of what was paid for these orders."),
        Column(
            "microseconds", Kind.INTEGER, "Sum of the times since the orders before; 0 for the first.", "microseconds"
        ),
    ),
    key=("slice", "number"),
    inputs=("sessions", "customer_orders"),
)
NEXT_ORDERS = _fact(
    "next_orders",
    "Next orders",
    "How many customers had their second, third or fourth order on a day, by the calendar days and weeks since the "
    "order before; up to 15 of them.",
    (
        _SLICE,
        Column("number", Kind.INTEGER, "Number of the order before, 1 to 3.", "number"),
        _UNIT,
        Column("offset", Kind.INTEGER, "Days, or weeks, from the order before.", "of the unit"),
        count("customers", "Customers."),
    ),
    key=("slice", "number", "unit", "offset"),
    inputs=("sessions", "customer_orders"),
)
PERIOD_BUYERS = _fact(
    "period_buyers",
    "Buyers of weeks and months",
    "Customers who had their first order of a week, and of a month, on a day, and all orders of the day, by the age of "
    "the customer: weeks, or months, since the first order of all. Distinct customers of a period are the sum of its "
    "days.",
    (
        _SLICE,
        _UNIT,
        Column(
            "offset", Kind.INTEGER, "Age; 53 stands for all above 52 weeks, 25 for all above 24 months.", "of the unit"
        ),
        count("customers", "Customers with their first order of the period on the day."),
        count("returning", "Those of them who also ordered in the period just before."),
        count("orders", "Orders of the day."),
        money("revenue", "Sum of what was paid for the orders."),
    ),
    key=("slice", "unit", "offset"),
    inputs=("sessions", "customer_orders"),
)
CHURN_WEEKS = _fact(
    "churn_weeks",
    "Churn by week",
    "Customers with an order, and those of them who are churned, at the end of each Sunday; other days have no rows. "
    "Follows reports.churn of the settings.",
    (
        _SLICE,
        count("customers", "Customers with an order."),
        count("churned", "Those who are churned; null without a threshold.", nullable=True),
        Column("threshold_days", Kind.FLOAT, "The threshold, or the mean of those in use.", "days", nullable=True),
        count("newly_churned", "Churned now and not a week ago; null without a threshold then.", nullable=True),
        count("reactivated", "Churned a week ago and not now; null without a threshold then.", nullable=True),
    ),
    key=("slice",),
    inputs=("sessions", "customer_orders"),
)
CUSTOMER_DAYS = _fact(
    "customer_days",
    "Days of customers",
    "What each customer with a session did on a day.",
    (
        _CUSTOMER,
        count("sessions", "Sessions."),
        count("orders", "Orders."),
        money("revenue", "Sum of what was paid for the orders."),
        money("discount", "Sum of the orders' discounts."),
        instant("first_order", "First order of the day.", nullable=True),
        instant("last_order", "Last order of the day.", nullable=True),
    ),
    key=("customer",),
    inputs=("sessions", "client_numbers"),
)
STEP_TIME_TOTALS = _fact(
    "step_time_totals",
    "Times between steps, running totals",
    "step_times of all days up to the end of a month; other days have no rows.",
    (_DIMENSION, _VALUE, STEP, _MICROSECONDS, _TAKING),
    key=("dimension", "value", "step", "microseconds"),
    inputs=("step_times",),
)
ORDER_AMOUNT_TOTALS = _fact(
    "order_amount_totals",
    "Order amounts, running totals",
    "order_amounts of all days up to the end of a month; other days have no rows.",
    (_DIMENSION, _VALUE, _AMOUNT, _ORDERS),
    key=("dimension", "value", "amount"),
    inputs=("order_amounts",),
)

FACTS = (
    SESSION_STEPS,
    STEP_TIMES,
    ORDER_AMOUNTS,
    ACTIVE_CUSTOMERS,
    DIMENSION_VALUES,
    CLIENT_NUMBERS,
    FIRST_SESSIONS,
    FIRST_PURCHASES,
    NEW_CUSTOMERS,
    CUSTOMER_ORDERS,
    ORDER_NUMBERS,
    NEXT_ORDERS,
    PERIOD_BUYERS,
    CHURN_WEEKS,
    CUSTOMER_DAYS,
    STEP_TIME_TOTALS,
    ORDER_AMOUNT_TOTALS,
)
