"""Orders over time, averages, distributions and key figures."""

from __future__ import annotations

from ca_platform.catalogue.columns import DAYS, HOUR, IS_PARTIAL, count, day, flag, instant, money, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_WORDS = {"daily": "day", "weekly": "week", "monthly": "month"}
_STEP_FACTS = ("session_steps", "dimension_values")
_ACTIVE_FACTS = (*_STEP_FACTS, "active_customers")
_WEEK = day("week", "Monday of the week.")


def _orders(word: str) -> ReportSpec:
    period = _WORDS[word]
    return ReportSpec(
        name=f"{word}_orders",
        family="orders",
        title=f"Orders, {word}",
        grain=period,
        description=f"Orders of each {period}, quiet ones included.",
        columns=(day("date", f"The {period}."), count("orders", f"Orders of the {period}."), IS_PARTIAL),
        key=("date",),
        facts=_STEP_FACTS,
        page="/orders",
        window="days" if word == "daily" else "all",
    )


def _weekly(
    name: str, title: str, description: str, measure: Column, base: Column, facts: tuple[str, ...]
) -> ReportSpec:
    return ReportSpec(
        name=name,
        family="orders",
        title=title,
        grain="week",
        description=description,
        columns=(_WEEK, measure, base),
        key=("week",),
        facts=facts,
        page="/orders",
    )


def _per_customer(name: str, what: str) -> Column:
    return Column(name, Kind.FLOAT, f"Mean {what} per customer.", f"{what} per customer", nullable=True)


_MEASURES = (
    count("sessions", "Sessions."),
    count("orders", "Orders."),
    money("revenue", "Sum of what was paid for the orders."),
    money("discount", "Sum of the orders' discounts."),
    count("customers", "Distinct customers with a session."),
)

ORDERS = (
    *map(_orders, _WORDS),
    ReportSpec(
        name="hourly_orders",
        family="orders",
        title="Orders by hour of day",
        grain="hour of day",
        description="Orders in that local hour of the day, as a mean over all calendar days.",
        columns=(HOUR, Column("mean_orders", Kind.FLOAT, "Mean orders per calendar day.", "orders per day"), DAYS),
        key=("hour",),
        facts=_STEP_FACTS,
        page="/orders",
    ),
    _weekly(
        "weekly_average_session_per_user",
        "Sessions per active customer",
        "Mean number of sessions over the customers who had one in that week.",
        _per_customer("sessions_per_customer", "sessions"),
        count("customers", "Customers with a session in the week."),
        _ACTIVE_FACTS,
    ),
    _weekly(
        "weekly_average_order_per_user",
        "Orders per ordering customer",
        "Mean number of orders over the customers who ordered in that week.",
        _per_customer("orders_per_customer", "orders"),
        count("customers", "Customers with an order in the week."),
        _ACTIVE_FACTS,
    ),
    _weekly(
        "weekly_average_payment_amount",
        "Mean order amount",
        "Mean amount per order of the week.",
        money("mean_amount", "Mean amount per order.", nullable=True),
        count("orders", "Orders of the week."),
        _STEP_FACTS,
    ),
    ReportSpec(
        name="purchase_amount_distribution",
        family="orders",
        title="Order amounts",
        grain="bin",
        description=(
            "Histogram of the orders' amounts and of the customers' mean amounts: 20 bins between the 1st and the 99th "
            "percentile of the order amounts (linear interpolation), the last one closed, and an overflow bin on each "
            "side. Equal percentiles give one inner bin."
        ),
        columns=(
            money("bin_start", "Lower edge, included."),
            money("bin_end", "Upper edge, not included but in the last inner and the last overflow bin."),
            count("orders", "Orders whose amount lies in the bin."),
            count("customers", "Customers whose mean amount lies in the bin."),
            flag("is_overflow", "Below the 1st or above the 99th percentile."),
            Column("bin_index", Kind.INTEGER, "Place of the bin by amount, from 0, the lower overflow bin.", "number"),
        ),
        # Edges may coincide, also by rounding where a bin is narrower than the minor unit of the currency.
        key=("bin_index",),
        facts=("order_amounts", "order_amount_totals", "customer_orders", "dimension_values"),
        page="/orders",
    ),
    ReportSpec(
        name="user_counts_per_order_seq",
        family="orders",
        title="Customers by number of orders",
        grain="number of orders",
        description="Customers with exactly k orders and with at least k, for every k from 1 to the largest.",
        columns=(
            count("orders", "Number of orders, k."),
            count("customers", "Customers with exactly k orders."),
            count("customers_at_least", "Customers with k orders or more."),
        ),
        key=("orders",),
        facts=("order_numbers", "dimension_values"),
        page="/orders",
    ),
    ReportSpec(
        name="kpis",
        family="orders",
        title="Key figures",
        grain="metric",
        description=(
            "The shop's key figures in total, on the last seven local days and on the seven before: orders, revenue, "
            "visitors (distinct customers with a session), discount, mean_order_value, conversion_rate (orders over "
            "sessions) and new_customers (first order in the window). Windows that begin before the start date are null."
        ),
        columns=(
            text("metric", "Name of the figure."),
            Column("value", Kind.FLOAT, "From the start date to the day.", "of the metric", nullable=True),
            Column("value_last_7d", Kind.FLOAT, "On the last seven days.", "of the metric", nullable=True),
            Column("value_previous_7d", Kind.FLOAT, "On the seven days before those.", "of the metric", nullable=True),
            Column("change_abs", Kind.FLOAT, "value_last_7d − value_previous_7d.", "of the metric", nullable=True),
            Column("change_rel", Kind.FLOAT, "change_abs over value_previous_7d.", "share", nullable=True),
        ),
        key=("metric",),
        facts=(*_ACTIVE_FACTS, "new_customers"),
        page="/",
    ),
    ReportSpec(
        name="client_kpis",
        family="orders",
        title="Customers",
        grain="customer",
        description=(
            "Every customer with a session or a download up to the day: sessions, orders, revenue, recency, mean gap "
            "between consecutive orders. Figures that an order or a second one would need are null without it."
        ),
        columns=(
            text("client", "The customer."),
            count("sessions", "Sessions."),
            count("orders", "Orders."),
            money("revenue", "Sum of what was paid."),
            money("discount", "Sum of the orders' discounts."),
            Column("recency_days", Kind.FLOAT, "From the last order to the end of the day.", "days", nullable=True),
            Column("mean_gap_hours", Kind.FLOAT, "Mean time between consecutive orders.", "hours", nullable=True),
            money("mean_amount", "Mean amount per order.", nullable=True),
            instant("first_order", "First order.", nullable=True),
            instant("last_order", "Last order.", nullable=True),
            instant("download_date", "Download, or the first session where the customers source has no row."),
        ),
        key=("client",),
        facts=("customer_days", "client_numbers", "first_sessions", "customers"),
        page="/customers",
        by_dimension=False,
        storage="lake",
    ),
    ReportSpec(
        name="dimension_kpis",
        family="orders",
        title="Key figures by dimension value",
        grain="dimension × value",
        description="Sessions, orders, revenue, discount and customers of every value of every declared dimension.",
        columns=(
            text("dimension", "The dimension."),
            text("value", "Its value; null is a value.", nullable=True),
            *_MEASURES,
        ),
        key=("dimension", "value"),
        facts=(*_STEP_FACTS, "new_customers"),
        page="/",
        by_dimension=False,
        requires=("sessions.dimensions",),
    ),
    ReportSpec(
        name="daily_dimension_values",
        family="orders",
        title="Daily figures by dimension value",
        grain="dimension × value × day",
        description="The same for each day; the table holds all values known up to the day.",
        columns=(
            text("dimension", "The dimension."),
            text("value", "Its value; null is a value.", nullable=True),
            day("date", "The day."),
            *_MEASURES,
        ),
        key=("dimension", "value", "date"),
        facts=_ACTIVE_FACTS,
        page="/",
        by_dimension=False,
        window="days",
        requires=("sessions.dimensions",),
    ),
)
