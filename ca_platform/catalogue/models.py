"""What is kept of fitted models: their numbers and their back-tests, by training day."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, flag, text
from ca_platform.catalogue.spec import Column, Kind, TableSpec

CHURN_CANDIDATES = {
    "recency": "days since the last order",
    "bg_nbd": "orders expected by BG/NBD",
    "mbg_nbd": "orders expected by MBG/NBD",
    "mbg_cnbd_k": "orders expected by MBG/CNBD-k",
    "pareto_nbd": "orders expected by Pareto/NBD",
    "logistic": "logistic regression",
    "trees": "gradient-boosted trees",
    "blend": "logistic regression and trees together",
}
"""What can serve churn risk, in words, in the order in which the simpler one wins a tie."""

CHURN_BASELINE = "waiting_times"
CHURN_TITLES = {**CHURN_CANDIDATES, CHURN_BASELINE: "share of the waiting times that last so long"}

LEAST_DAYS, LEAST_CUSTOMERS = 56, 20
"""With a shorter history, or fewer customers who came again, or did not, the baseline serves."""

VALUE_BASELINE = "naive"
VALUE_TITLES = {
    VALUE_BASELINE: "same rate as before",
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "mbg_cnbd_k": "MBG/CNBD-k",
    "boosted": "MBG/CNBD-k, ranks corrected by trees",
    "stacked": "mix of MBG/CNBD-k, Pareto/NBD, a regression and trees",
    "lstm": "recurrent network (LSTM)",
    "conv": "convolutional network",
}
"""What can serve the lifetime value, in words, the baseline first; amounts are by Gamma–Gamma."""

VALUE_LEAST_DAYS, VALUE_LEAST_CUSTOMERS = 56, 10
"""With a shorter history, or fewer customers who ordered on a second day, the baseline serves."""

_SCORE_KEY = ("origin", "model", "metric")

SCORE_COLUMNS = (
    day("origin", "The last day that was known when the forecast was made."),
    text("model", "The candidate; waiting_times is the baseline."),
    text(
        "metric",
        "auc, brier, decile_gap, chance_gap (the decile gap that true probabilities would have by chance), "
        "mean_probability, share_without_order; of the served one also forecast_decile_N and observed_decile_N.",
    ),
    Column("value", Kind.FLOAT, "The figure; null where it has none.", "by metric", nullable=True),
    count("customers", "Customers with an order by then, who were forecast; of a decile those in it."),
    Column("horizon_days", Kind.FLOAT, "Days after the origin without an order, of which the chance is told.", "days"),
    flag("is_served", "Whether this candidate serves."),
)

VALUE_SCORE_COLUMNS = (
    day("origin", "The last day that was known when the forecast was made."),
    text("model", "The candidate; naive is the baseline."),
    text(
        "metric",
        "orders_ and revenue_ mae, rmse, spearman, gini (normalized), decile_error, total_error (a share of what came); "
        "coverage (share of all customers whose revenue lay in the 80 % interval) and coverage_of_likely (of those whose "
        "interval is more than 0); of the served one also orders_ and revenue_ forecast_decile_N and observed_decile_N.",
    ),
    Column("value", Kind.FLOAT, "The figure; null where it has none.", "by metric", nullable=True),
    count("customers", "Customers with an order by then, who were forecast; of a decile those in it."),
    Column("horizon_days", Kind.FLOAT, "Days after the origin that were forecast.", "days"),
    flag("is_served", "Whether this candidate serves."),
)

MODEL_TABLES = (
    TableSpec(
        name="churn_models",
        layer="models",
        title="Models of churn risk",
        description=(
            "All numbers of the models that were trained with what was known at the end of a day: the candidates, which "
            "of them serves, the horizon, the level learnt from earlier origins."
        ),
        columns=(
            text("model", "The candidate, or churn_risk for what holds for all."),
            text("parameter", "Name of the number."),
            Column("place", Kind.INTEGER, "Place among the numbers of the same name, from 0.", "place"),
            Column("value", Kind.FLOAT, "The number.", "by parameter"),
        ),
        key=("model", "parameter", "place"),
        sort=("model", "parameter", "place"),
        inputs=("customer_orders",),
    ),
    TableSpec(
        name="churn_scores",
        layer="models",
        title="Back-tests of churn risk",
        description="How good each candidate was at rolling origins before the training day.",
        columns=SCORE_COLUMNS,
        key=_SCORE_KEY,
        sort=_SCORE_KEY,
        inputs=("customer_orders",),
    ),
    TableSpec(
        name="clv_models",
        layer="models",
        title="Models of lifetime value",
        description=(
            "All numbers of the models that were trained with what was known at the end of a day: every candidate, which "
            "of them serves, what totals are multiplied by and how far they were off."
        ),
        columns=(
            text("model", "The candidate, or lifetime_value for what holds for all."),
            text("parameter", "Name of the number or text; NAME.error is the standard error of NAME."),
            Column("place", Kind.INTEGER, "Place among the numbers of the same name, from 0.", "place"),
            Column("value", Kind.FLOAT, "The number; null where it is not known.", "by parameter", nullable=True),
            text("text", "The text; null where a number is kept.", nullable=True),
        ),
        key=("model", "parameter", "place"),
        sort=("model", "parameter", "place"),
        inputs=("customer_orders",),
    ),
    TableSpec(
        name="clv_scores",
        layer="models",
        title="Back-tests of lifetime value",
        description="How good each candidate was at rolling origins before the training day.",
        columns=VALUE_SCORE_COLUMNS,
        key=_SCORE_KEY,
        sort=_SCORE_KEY,
        inputs=("customer_orders",),
    ),
)
