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

SCORE_KEY = ("origin", "model", "metric")
_MODEL_KEY = ("model", "parameter", "place")


def score_columns(model: str, metric: str, customers: str, horizon: str) -> tuple[Column, ...]:
    """The columns of a back-test, in the words of what is forecast."""
    return (
        day("origin", "The last day that was known when the forecast was made."),
        text("model", model),
        text("metric", metric),
        Column("value", Kind.FLOAT, "The figure; null where it has none.", "by metric", nullable=True),
        count("customers", f"Customers with an order by then, who were forecast; {customers}"),
        Column("horizon_days", Kind.FLOAT, horizon, "days"),
        flag("is_served", "Whether this candidate serves."),
    )


def scores_table(name: str, what: str, columns: tuple[Column, ...]) -> TableSpec:
    """What is kept of the back-tests of one kind of model."""
    return TableSpec(
        name=name,
        layer="models",
        title=f"Back-tests of {what}",
        description="How good each candidate was at rolling origins before the training day.",
        columns=columns,
        key=SCORE_KEY,
        sort=SCORE_KEY,
        inputs=("customer_orders",),
    )


def models_table(name: str, what: str, whole: str, contents: str, *, with_texts: bool = False) -> TableSpec:
    """What is kept of the models of one kind.

    Args:
        whole: in the column ``model``, what holds for all candidates.
        contents: what the numbers are, after a colon.
        with_texts: whether texts are kept, too, and numbers that are not known.
    """
    value = Column("value", Kind.FLOAT, "The number.", "by parameter")
    parameter = "Name of the number."
    if with_texts:
        value = Column("value", Kind.FLOAT, "The number; null where it is not known.", "by parameter", nullable=True)
        parameter = "Name of the number or text; NAME.error is the standard error of NAME."
    return TableSpec(
        name=name,
        layer="models",
        title=f"Models of {what}",
        description=(
            f"All numbers of the models that were trained with what was known at the end of a day: {contents}"
        ),
        columns=(
            text("model", f"The candidate, or {whole} for what holds for all."),
            text("parameter", parameter),
            Column("place", Kind.INTEGER, "Place among the numbers of the same name, from 0.", "place"),
            value,
            *((text("text", "The text; null where a number is kept.", nullable=True),) if with_texts else ()),
        ),
        key=_MODEL_KEY,
        sort=_MODEL_KEY,
        inputs=("customer_orders",),
    )


SCORE_COLUMNS = score_columns(
    "The candidate; waiting_times is the baseline.",
    "auc, brier, decile_gap, chance_gap (the decile gap that true probabilities would have by chance), "
    "mean_probability, share_without_order; of the served one also forecast_decile_N and observed_decile_N.",
    "of a decile those in it.",
    "Days after the origin without an order, of which the chance is told.",
)

VALUE_SCORE_COLUMNS = score_columns(
    "The candidate; naive is the baseline.",
    "orders_ and revenue_ mae, rmse, spearman, gini (normalized), decile_error, total_error (a share of what came); "
    "coverage (share of all customers whose revenue lay in the 80% interval) and coverage_of_likely (of those whose "
    "interval is more than 0); of the served one also orders_ and revenue_ forecast_decile_N and observed_decile_N, and "
    "level, where one serves: what its forecast would have been multiplied by with what was known then.",
    "of a decile those in it.",
    "Days after the origin that were forecast.",
)

MODEL_TABLES = (
    models_table(
        "churn_models",
        "churn risk",
        "churn_risk",
        "the candidates, which of them serves, the horizon, the level learnt from earlier origins.",
    ),
    scores_table("churn_scores", "churn risk", SCORE_COLUMNS),
    models_table(
        "clv_models",
        "lifetime value",
        "lifetime_value",
        "every candidate, which of them serves, what totals are multiplied by and how far they were off.",
        with_texts=True,
    ),
    scores_table("clv_scores", "lifetime value", VALUE_SCORE_COLUMNS),
)
