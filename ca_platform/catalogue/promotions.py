"""Promotions: orders that carry one (promoted) and orders that carry none (organic)."""

from __future__ import annotations

from ca_platform.catalogue.columns import DAYS, HOUR, count, day, instant, money, share, text
from ca_platform.catalogue.fact_columns import CUSTOMER, DIMENSION, NUMBER, SLICE, VALUE, fact
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_ORDER_FACTS = ("promotion_orders", "dimension_values")
_CUSTOMER_FACTS = ("promotion_customers", "dimension_values")
_NEEDS = ("sessions.promotion_id",)
_DATE = day("date", "The day.")
_PROMOTION = text("promotion_id", "The promotion.")
_OR_ALL = text("promotion_id", "The promotion; null: all promotions together.", nullable=True)
_ORDERS = count("orders", "Orders that carry the promotion.")
_CUSTOMERS = count("customers", "Distinct customers with an order that carries the promotion.")
_GROSS = money("gross_revenue", "Revenue and discount of these orders: their amount before the discount.")
_ORGANIC = "An order without a promotion_id (null or empty) is organic; a session without purchase is no order."
_ONLY_PAIRS = "Only days on which the promotion was used have a row."

PROMOTION_FACTS = (
    fact(
        "promotion_orders",
        "Orders by promotion",
        "Orders and money by day, slice, promotion and local hour of the session's start. promotion_id is null for the "
        "orders that carry none.",
        (
            DIMENSION,
            VALUE,
            text("promotion_id", "The promotion; null for organic orders.", nullable=True),
            HOUR,
            count("orders", "Orders."),
            money("revenue", "Sum of what was paid for them."),
            money("discount", "Sum of their discounts."),
        ),
        key=("dimension", "value", "promotion_id", "hour"),
    ),
    fact(
        "promotion_firsts",
        "First orders with a promotion",
        "The first order of each customer with each promotion, in the whole shop and with each dimension value.",
        (
            SLICE,
            CUSTOMER,
            _PROMOTION,
            NUMBER,
            instant("at", "Start of the session that ended in the order."),
        ),
        key=("slice", "customer", "promotion_id"),
        inputs=("sessions", "customer_orders"),
    ),
    fact(
        "promotion_customers",
        "Customers by promotion",
        "What became true on a day of how many customers of a promotion.",
        (
            SLICE,
            _PROMOTION,
            count("customers", "Customers with their first order with the promotion."),
            count("new_customers", "Those of them for whom it is the first order of all."),
            count(
                "repeat_customers",
                "Customers with the next order within 30 days after their first order with the promotion: the day is "
                "that of the next order.",
            ),
        ),
        key=("slice", "promotion_id"),
        inputs=("sessions", "customer_orders", "promotion_firsts"),
    ),
    fact(
        "promotion_spending",
        "Spending with promotions",
        "What each customer ordered with each promotion on a day, in the whole shop and with each dimension value.",
        (
            SLICE,
            CUSTOMER,
            _PROMOTION,
            _ORDERS,
            money("amount", "Sum of what was paid for them."),
        ),
        key=("slice", "customer", "promotion_id"),
        inputs=("sessions", "customer_orders"),
    ),
)


def _report(
    name: str,
    title: str,
    grain: str,
    description: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    facts: tuple[str, ...] = _ORDER_FACTS,
) -> ReportSpec:
    return ReportSpec(
        name=name,
        family="promotions",
        title=title,
        grain=grain,
        description=description,
        columns=columns,
        key=key,
        facts=facts,
        page="/promotions",
        window="days" if "date" in key else "all",
        requires=_NEEDS,
    )


def _ratio(word: str, period: Column, where: str, description: str) -> ReportSpec:
    return _report(
        f"{word}_inorganic_ratio",
        f"Share of promoted orders by {where}",
        f"{where} × promotion",
        f"Which share of the orders carried a promotion, {description} One row stands for all promotions together "
        "(promotion_id is null), in every period; each promotion has one besides where it was used.",
        (
            period,
            _OR_ALL,
            count("orders", "All orders of the period."),
            count("promoted_orders", "Those that carry the promotion, or any."),
            share("ratio", "promoted_orders over orders."),
        ),
        (period.name, "promotion_id"),
    )


def _money(what: str, meaning: str) -> ReportSpec:
    return _report(
        f"daily_promotion_{what}",
        f"{what.capitalize()} by promotion and day",
        "day × promotion",
        f"{meaning} {_ONLY_PAIRS}",
        (_DATE, _PROMOTION, money(what, meaning), _GROSS),
        ("date", "promotion_id"),
    )


PROMOTIONS = (
    _report(
        "inorganic_orders_per_promotion_per_day",
        "Promoted orders by promotion and day",
        "day × promotion",
        f"Orders that carry each promotion, by day. {_ONLY_PAIRS}",
        (_DATE, _PROMOTION, _ORDERS),
        ("date", "promotion_id"),
    ),
    _report(
        "daily_organic_orders",
        "Organic orders by day",
        "day",
        f"Orders of each day that carry no promotion, quiet days included. {_ORGANIC}",
        (_DATE, count("orders", "Organic orders of the day.")),
        ("date",),
    ),
    _report(
        "hourly_organic_orders",
        "Organic orders by hour of day",
        "hour of day",
        "Orders without a promotion in that local hour of the day, as a mean over all calendar days.",
        (
            HOUR,
            Column("mean_orders", Kind.FLOAT, "Mean organic orders per calendar day.", "orders per day"),
            DAYS,
        ),
        ("hour",),
    ),
    _ratio("daily", _DATE, "day", "by day."),
    _ratio("hourly", HOUR, "hour of day", "by local hour of the day, over all days since the start date."),
    _money("revenue", "Sum of what was paid for the orders that carry the promotion."),
    _money("discount", "Sum of the discounts of the orders that carry the promotion."),
    _report(
        "avg_order_count_per_promo_per_cust",
        "Orders per customer of a promotion",
        "promotion",
        "How often a customer of a promotion has used it: its orders over the distinct customers who have one.",
        (
            _PROMOTION,
            Column(
                "mean_orders_per_customer",
                Kind.FLOAT,
                "Mean number of orders that carry the promotion.",
                "orders per customer",
            ),
        ),
        ("promotion_id",),
        (*_ORDER_FACTS, "promotion_customers"),
    ),
    _report(
        "promotion_number_of_customer",
        "Customers of a promotion",
        "promotion",
        "Distinct customers with an order that carries the promotion.",
        (_PROMOTION, _CUSTOMERS),
        ("promotion_id",),
        _CUSTOMER_FACTS,
    ),
    _report(
        "promotion_kpis",
        "Key figures of promotions",
        "promotion",
        "Orders, money and customers of every promotion since the start date. A customer is new with a promotion whose "
        "first order of all carries it, and came again with the next order, whatever it carries, at most 30 × 24 hours "
        "after the first with the promotion.",
        (
            _PROMOTION,
            _ORDERS,
            money("revenue", "Sum of what was paid for them."),
            money("discount", "Sum of their discounts."),
            _CUSTOMERS,
            Column("active_days", Kind.INTEGER, "Local days from the first to the last use, both included.", "days"),
            Column("orders_per_day", Kind.FLOAT, "orders over active_days.", "orders per day"),
            money("revenue_per_day", "revenue over active_days."),
            money("discount_per_day", "discount over active_days."),
            count("new_customers", "Customers whose first order of all carries the promotion."),
            count(
                "repeat_customers_30d",
                "Customers with any further order within 30 days after their first order with the promotion, as known "
                "at the end of the day.",
            ),
        ),
        ("promotion_id",),
        (*_ORDER_FACTS, "promotion_customers"),
    ),
)
