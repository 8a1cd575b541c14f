"""The fact tables: heavy reductions made once and shared by many reports.

Rows are prefix-stable: ``day`` is the day on which a row became true, and no later day changes it.
"""

from __future__ import annotations

from ca_platform.catalogue.columns import HOUR, STEP, count, instant, money, text
from ca_platform.catalogue.fact_columns import CUSTOMER, DIMENSION, NUMBER, SLICE, VALUE, fact
from ca_platform.catalogue.product_facts import PRODUCT_FACTS
from ca_platform.catalogue.spec import Column, Kind

_UNIT = text("unit", "day, week or month.")
_MICROSECONDS = Column("microseconds", Kind.INTEGER, "Time since the step before.", "microseconds")
_TAKING = count("sessions", "Sessions that carry both steps and took that long.")
_AMOUNT = money("amount", "Amount of an order.")
_ORDERS = count("orders", "Orders of that amount.")


SESSION_STEPS = fact(
    "session_steps",
    "Sessions by step",
    "Sessions, orders and money by day, slice and local hour of the start. steps.NAME counts the sessions that carry "
    "the step, closed.NAME those that carry every earlier one too.",
    (
        DIMENSION,
        VALUE,
        HOUR,
        count("sessions", "Sessions."),
        count("orders", "Orders."),
        money("revenue", "Sum of what was paid for the orders."),
        money("discount", "Sum of the orders' discounts."),
    ),
    key=("dimension", "value", "hour"),
    dynamic=("steps.*", "closed.*"),
)
STEP_TIMES = fact(
    "step_times",
    "Times between steps",
    "How many sessions of a day took how long from one step to the next. Steps without instants have no row.",
    (DIMENSION, VALUE, STEP, _MICROSECONDS, _TAKING),
    key=("dimension", "value", "step", "microseconds"),
)
ORDER_AMOUNTS = fact(
    "order_amounts",
    "Order amounts",
    "How many orders of a day had which amount.",
    (DIMENSION, VALUE, _AMOUNT, _ORDERS),
    key=("dimension", "value", "amount"),
)
ACTIVE_CUSTOMERS = fact(
    "active_customers",
    "Active customers",
    "Distinct customers with a session, or with an order, on a day, by the days since they last had one. The distinct "
    "customers of any window of up to seven days are the sum of those whose gap reaches back before the window.",
    (
        DIMENSION,
        VALUE,
        text("activity", "session or order."),
        Column("gap", Kind.INTEGER, "Days since the customer was last active; 7 for longer ago, or never.", "days"),
        count("customers", "Distinct customers."),
    ),
    key=("dimension", "value", "activity", "gap"),
)
DIMENSION_VALUES = fact(
    "dimension_values",
    "Dimension values",
    "Every value of every dimension on the day of its first session, with the number that other facts use for it.",
    (SLICE, DIMENSION, VALUE),
    key=("slice",),
)
CLIENT_NUMBERS = fact(
    "client_numbers",
    "Customers by number",
    "Every client on the day of the first session, with the number that other facts use for it.",
    (CUSTOMER, text("client", "The customer.")),
    key=("customer",),
)
FIRST_SESSIONS = fact(
    "first_sessions",
    "First sessions",
    "The first session of each customer in the whole shop and with each dimension value.",
    (SLICE, CUSTOMER, instant("at", "Start of the session.")),
    key=("slice", "customer"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
FIRST_PURCHASES = fact(
    "first_purchases",
    "First purchases",
    "The first order of each customer in the whole shop and with each dimension value.",
    (SLICE, CUSTOMER, instant("at", "Start of the session that ended in the order.")),
    key=("slice", "customer"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
NEW_CUSTOMERS = fact(
    "new_customers",
    "New customers",
    "How many customers had their first session, and their first order, in which local hour.",
    (SLICE, text("step", "first_session or first_purchase."), HOUR, count("customers", "Customers.")),
    key=("slice", "step", "hour"),
    inputs=("first_sessions", "first_purchases"),
)
CUSTOMER_ORDERS = fact(
    "customer_orders",
    "Orders of customers",
    "Every order with its number among the orders of its customer, and the order before it, in the whole shop and with "
    "each dimension value. Orders on the same instant follow order_id.",
    (
        SLICE,
        CUSTOMER,
        NUMBER,
        instant("at", "Start of the session that ended in the order."),
        instant("previous_at", "The same of the customer's order before; null for the first.", nullable=True),
        money("amount", "What was paid for the order."),
        money("revenue", "What the customer paid for this order and all before."),
    ),
    key=("slice", "customer", "number"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
ORDER_NUMBERS = fact(
    "order_numbers",
    "Orders by number",
    "How many customers had their first, second, third … order on a day.",
    (
        SLICE,
        NUMBER,
        count("customers", "Customers."),
        money("revenue", "Sum of what was paid for these orders."),
        Column(
            "microseconds", Kind.INTEGER, "Sum of the times since the orders before; 0 for the first.", "microseconds"
        ),
    ),
    key=("slice", "number"),
    inputs=("sessions", "customer_orders"),
)
NEXT_ORDERS = fact(
    "next_orders",
    "Next orders",
    "How many customers had their second, third or fourth order on a day, by the calendar days and weeks since the "
    "order before; up to 15 of them.",
    (
        SLICE,
        Column("number", Kind.INTEGER, "Number of the order before, 1 to 3.", "number"),
        _UNIT,
        Column("offset", Kind.INTEGER, "Days, or weeks, from the order before.", "of the unit"),
        count("customers", "Customers."),
    ),
    key=("slice", "number", "unit", "offset"),
    inputs=("sessions", "customer_orders"),
)
PERIOD_BUYERS = fact(
    "period_buyers",
    "Buyers of weeks and months",
    "Customers who had their first order of a week, and of a month, on a day, and all orders of the day, by the age of "
    "the customer: weeks, or months, since the first order of all. Distinct customers of a period are the sum of its "
    "days.",
    (
        SLICE,
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
CHURN_WEEKS = fact(
    "churn_weeks",
    "Churn by week",
    "Customers with an order, and those of them who are churned, at the end of each Sunday; other days have no rows. "
    "Follows reports.churn of the settings.",
    (
        SLICE,
        count("customers", "Customers with an order."),
        count("churned", "Those who are churned; null without a threshold.", nullable=True),
        Column("threshold_days", Kind.FLOAT, "The threshold, or the mean of those in use.", "days", nullable=True),
        count("newly_churned", "Churned now and not a week ago; null without a threshold then.", nullable=True),
        count("reactivated", "Churned a week ago and not now; null without a threshold then.", nullable=True),
    ),
    key=("slice",),
    inputs=("sessions", "customer_orders"),
)
CUSTOMER_DAYS = fact(
    "customer_days",
    "Days of customers",
    "What each customer with a session did on a day.",
    (
        CUSTOMER,
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
STEP_TIME_TOTALS = fact(
    "step_time_totals",
    "Times between steps, running totals",
    "step_times of all days up to the end of a month; other days have no rows.",
    (DIMENSION, VALUE, STEP, _MICROSECONDS, _TAKING),
    key=("dimension", "value", "step", "microseconds"),
    inputs=("step_times",),
)
ORDER_AMOUNT_TOTALS = fact(
    "order_amount_totals",
    "Order amounts, running totals",
    "order_amounts of all days up to the end of a month; other days have no rows.",
    (DIMENSION, VALUE, _AMOUNT, _ORDERS),
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
    *PRODUCT_FACTS,
    STEP_TIME_TOTALS,
    ORDER_AMOUNT_TOTALS,
)
