"""Customers who do not do as they used to."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, flag, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

WINDOW_DAYS = 56
"""The days of a customer that are compared."""

RARE = 0.001
"""Customers are flagged when at most this share of customers of the window before were as odd."""

LEAST_CUSTOMERS = 100
"""With fewer customers in the window before, there is no probability and no flag."""

METRICS = {
    "frequency": "orders",
    "monetary": "mean amount of an order, in currency; absent without an order",
    "recency": "days since the last order, at the end of the day",
}
"""What is compared, with its unit, all within the window."""

_COLUMNS = (
    text("client", "The customer."),
    day("date", "The report day, the last of the window."),
    text("metric", f"{'; '.join(f'{name}: {meaning}' for name, meaning in METRICS.items())}."),
    Column("actual", Kind.FLOAT, "What came.", "by metric"),
    Column("expected", Kind.FLOAT, "What was foreseen, in the same unit.", "by metric", nullable=True),
    Column("low", Kind.FLOAT, "Low end of what would not be flagged; null where nothing would.", "by metric", True),
    Column("high", Kind.FLOAT, "Its high end; null where nothing would be flagged.", "by metric", nullable=True),
    Column(
        "residual",
        Kind.FLOAT,
        "Natural logarithm of actual over expected, half an order, a hundredth of currency or an hour added to both.",
        "log",
        nullable=True,
    ),
    Column(
        "score",
        Kind.FLOAT,
        "How odd that is: minus the decimal logarithm of its probability by simple laws, before calibration.",
        "log10",
        nullable=True,
    ),
    Column(
        "p_value",
        Kind.FLOAT,
        f"Share of customers of the {WINDOW_DAYS} days before who were at least as odd; null with fewer than "
        f"{LEAST_CUSTOMERS} of them.",
        "probability",
        nullable=True,
    ),
    flag("is_anomaly", f"At most {RARE:.1%} of them were."),
    text("direction", "increase or decrease where is_anomaly; null elsewhere.", nullable=True),
    text("explanation", "What came and what was foreseen, in words, where is_anomaly; null elsewhere.", nullable=True),
)
_HOW = (
    f"The model of lifetime value that serves the day foresees orders, their chance and their amount for the last "
    f"{WINDOW_DAYS} days, from what was known of each customer when they began. What all customers did alike, as before a "
    "feast, is taken out. Customers whose first order lies before these days have a row for each figure. A silence is odd "
    "when it is long, a number of orders or an amount either way. By chance one customer in a thousand is flagged in each "
    "figure: this is about single customers, not about the shop, and raises no alarm."
)
_FACTS = ("customer_orders", "client_numbers", "clv_models")

CUSTOMER_ANOMALIES = (
    ReportSpec(
        name="clvrfm_anomaly",
        family="anomalies",
        title="Anomalies of customers",
        grain="customer × metric",
        description=f"How recently, how often and for how much each customer ordered, against what was foreseen. {_HOW}",
        columns=_COLUMNS,
        key=("client", "metric"),
        facts=_FACTS,
        page="/anomalies",
        by_dimension=False,
        storage="lake",
    ),
    ReportSpec(
        name="clvrfm_anomaly_flagged",
        family="anomalies",
        title="Customers who stand out",
        grain="customer × metric",
        description=f"The rows of clvrfm_anomaly that are flagged, the oddest first. {_HOW}",
        columns=(
            count("rank", "Place by p_value, then by score and client, from 1."),
            *_COLUMNS,
            count("customers", "Customers who have this figure."),
        ),
        key=("rank",),
        facts=_FACTS,
        page="/anomalies",
        by_dimension=False,
    ),
)
