"""Lifetime value: what customers are expected to bring within the horizon, and how good such forecasts were."""

from __future__ import annotations

from ca_platform.catalogue.columns import day, money, text
from ca_platform.catalogue.models import VALUE_SCORE_COLUMNS
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_SERVING = (
    "By the last model that was trained on or before the day, not more than six days ago, else one of the Monday of its "
    "week; the candidate that won its back-test serves, and what earlier forecasts missed in total puts its level right "
    "once a year of them is known and where that would have helped before. With less than eight weeks of orders, or fewer "
    "than ten customers who came again, the baseline does: everybody goes on at the rate of before. Unless "
    "reports.retail_year of the settings is false, the models expect the seasons of retail as a whole, most before "
    "Christmas, the less so, the more often customers come; and once a year has passed the shop's own, as far as they come "
    "again."
)

CLV = (
    ReportSpec(
        name="client_feature_predicted",
        family="clv",
        title="Lifetime value of customers",
        grain="customer",
        description=(
            "What each customer with an order is expected to order and to pay within the horizon, "
            f"reports.clv.horizon_weeks of the settings, from the end of the day on. {_SERVING}"
        ),
        columns=(
            text("client", "The customer."),
            Column("horizon_days", Kind.FLOAT, "The horizon.", "days"),
            Column(
                "expected_orders", Kind.FLOAT, "Expected number of orders, several on a day each counted.", "orders"
            ),
            money("expected_amount", "Expected amount of such an order."),
            money("expected_revenue", "Expected revenue."),
            money(
                "revenue_low",
                "Low end of the shortest interval of revenue that holds 80%, no order included; wider where the horizon "
                "is longer than the back-test's.",
            ),
            money("revenue_high", "Its high end; 0 where no order alone holds 80%."),
            Column(
                "probability_alive",
                Kind.FLOAT,
                "Probability that the customer has not left for good; null for all where it would be 99% or more of "
                "everybody, since the orders then do not show who has left.",
                "share",
                nullable=True,
            ),
            Column(
                "next_expected_purchase",
                Kind.DATE,
                "Day by which the next order has come with even chances, of a customer who has not left; null where that "
                "is more than ten years away.",
                "local day",
                nullable=True,
            ),
            text("model", "The candidate that serves, or naive, the baseline."),
            day("trained_on", "The last day that the model knows of."),
            text(
                "note",
                "What to beware of: why the baseline serves, or what the history lacks or does not show.",
                nullable=True,
            ),
        ),
        key=("client",),
        facts=("customer_orders", "client_numbers", "clv_models"),
        page="/clv",
        by_dimension=False,
        storage="lake",
    ),
    ReportSpec(
        name="clv_backtest",
        family="clv",
        title="Lifetime value, back-test",
        grain="origin × model × metric",
        description=(
            "How good the candidates for the lifetime value were at four or more earlier days, each trained with what was "
            "known then and held against the horizon that followed: of the model that serves on the day. The horizon is "
            "that of the settings, or a quarter of the history where that is shorter; all customers with an order by the "
            "origin are forecast, of more than 20,000 every so many-th. The highest mean of the normalized Gini "
            "coefficients of orders and revenue serves, less a tenth of the logarithm by which totals were missed and a "
            "tenth of the error by tenths of the customers; the mix has .02 ahead of the others. Forecasts are as the "
            "models make them, before any level is set. Without rows the history was too short to judge any."
        ),
        columns=(*VALUE_SCORE_COLUMNS, day("trained_on", "The last day that the model knows of.")),
        key=("origin", "model", "metric"),
        facts=("customer_orders", "clv_scores"),
        page="/clv",
        by_dimension=False,
    ),
)
