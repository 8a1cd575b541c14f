"""Churn by one definition: the time since the last order."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, share, text
from ca_platform.catalogue.models import SCORE_COLUMNS
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
    Column(
        "factor",
        Kind.FLOAT,
        "By what a customer's own mean time is multiplied; null for other methods.",
        "times",
        nullable=True,
    ),
)

_SERVING = (
    Column("horizon_days", Kind.FLOAT, "The horizon.", "days"),
    text("model", "The candidate that serves, or waiting_times, the baseline."),
    day("trained_on", "The last day that the model knows of."),
    text(
        "note", "What to beware of: what the orders by then look like, such as one customer with most.", nullable=True
    ),
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
    ReportSpec(
        name="churn_risk",
        family="churn",
        title="Churn risk",
        grain="customer",
        description=(
            "How likely each customer with an order is not to order within the horizon: reports.churn_risk.horizon_days "
            "of the settings, else twice the median time between consecutive orders. By the last model that was trained "
            "on or before the day, not more than six days ago, else one of the Monday of its week; the candidate that won "
            "its back-test serves. With less than eight weeks of orders, or "
            "too few who came again, the baseline does: the share of earlier waiting times that lasted so much longer. "
            "Unless reports.retail_year of the settings is false, the models of orders expect the seasons of retail, and the "
            "shop's own once whole years have told them."
        ),
        columns=(
            text("client", "The customer."),
            Column("churn_probability", Kind.FLOAT, "Probability of no order within the horizon.", "share"),
            *_SERVING,
        ),
        key=("client",),
        facts=("customer_orders", "client_numbers", "churn_models"),
        page="/churn",
        by_dimension=False,
        storage="lake",
    ),
    ReportSpec(
        name="churn_risk_distribution",
        family="churn",
        title="Churn risk, distribution",
        grain="tenth of the probability",
        description=(
            "How many customers have a churn_risk between 0 and 10%, 10 and 20% … 90 and 100%, and how many of them "
            "are expected not to order within the horizon. All ten rows as soon as there is a customer."
        ),
        columns=(
            Column("bin_start", Kind.FLOAT, "Lowest probability of the tenth, included.", "share"),
            Column("bin_end", Kind.FLOAT, "Highest, not included but for 1.", "share"),
            count("customers", "Customers."),
            Column("expected_silent", Kind.FLOAT, "Sum of their probabilities of no order.", "customers"),
            *_SERVING,
        ),
        key=("bin_start",),
        facts=("customer_orders", "client_numbers", "churn_models"),
        page="/churn",
        by_dimension=False,
    ),
    ReportSpec(
        name="churn_backtest",
        family="churn",
        title="Churn risk, back-test",
        grain="origin × model × metric",
        description=(
            "How good the candidates for churn risk were at four earlier days, each trained with what was known then and "
            "held against the horizon that followed: of the model that serves on the day. The horizon is that of "
            "churn_risk, or a quarter of the history where that is shorter; all customers with an order by the origin "
            "are forecast. The lowest mean Brier score serves. Without rows the history was too short to judge any."
        ),
        columns=(*SCORE_COLUMNS, day("trained_on", "The last day that the model knows of.")),
        key=("origin", "model", "metric"),
        facts=("customer_orders", "churn_scores"),
        page="/churn",
        by_dimension=False,
    ),
)
