"""Churn by one definition: the time since the last order."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, share, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_DEFINITION = (
    "A customer with an order is churned when the last order is longer ago than the threshold. The threshold follows "
    "reports.churn of the settings: by default the mean time between consecutive orders of all customers (global); or "
    "each customer's own mean time times a factor, for one-time buyers the global one as it is (customer); or a number "
    "of days (fixed). It is made of what was known at that time. Without any gap between orders there is none but a "
    "fixed one, and everything but customers and method is null."
)
_COLUMNS = (
    count("customers", "Customers with at least one order."),
    count("engaged", "Those who are not churned.", nullable=True),
    count("churned", "Those who are churned.", nullable=True),
    share("churn_rate", "churned over customers."),
    share("engaged_rate", "engaged over customers."),
    Column(
        "threshold_days", Kind.FLOAT, "The threshold; by customer, the mean of those in use.", "days", nullable=True
    ),
    text("method", "global, customer or fixed."),
)

CHURN = (
    ReportSpec(
        name="churn",
        family="churn",
        title="Churn",
        grain="the shop",
        description=f"Churned and engaged customers at the end of the day. {_DEFINITION}",
        columns=_COLUMNS,
        key=("method",),
        facts=("customer_orders", "dimension_values"),
        page="/churn",
    ),
    ReportSpec(
        name="churn_weekly",
        family="churn",
        title="Churn, weekly",
        grain="week",
        description=(
            "The same at each Monday 00:00 after the start date, and who has changed since the Monday before, so that "
            "churned = churned of the Monday before + newly_churned − reactivated; both are null at the first Monday "
            f"with a threshold. {_DEFINITION}"
        ),
        columns=(
            day("week", "The Monday."),
            *_COLUMNS,
            count("newly_churned", "Churned now and not the Monday before.", nullable=True),
            count("reactivated", "Churned the Monday before and not now.", nullable=True),
        ),
        key=("week",),
        facts=("churn_weeks", "dimension_values"),
        page="/churn",
    ),
)
