"""Value classes: whether the revenue of a customer within the next horizon will be low, middling or high."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, text
from ca_platform.catalogue.models import SCORE_KEY, models_table, score_columns, scores_table
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

VALUE_CLASSES = ("low", "mid", "high")
CLASS_CANDIDATES = {
    "forecast": "revenue expected by MBG/NBD and Gamma–Gamma",
    "logistic": "logistic regression",
    "trees": "gradient-boosted trees",
    "blend": "logistic regression and trees together",
}
"""What can serve, in words, in the order in which the simpler one wins a tie."""

CLASS_BASELINES = {"last_spend": "class of the spend in the horizon before", "most_frequent": "most frequent class"}
CLASS_TITLES = {**CLASS_CANDIDATES, **CLASS_BASELINES}

_SCORE_COLUMNS = score_columns(
    "The candidate; last_spend and most_frequent are baselines.",
    "accuracy, macro_f1 (mean F-score of the classes), log_loss (of the probabilities), recall_CLASS; of the served "
    "one also forecast_CLASS (mean probability), observed_CLASS (share of the customers) and, of those who came to be "
    "in a class, the share of whom another was said: CLASS_said_OTHER.",
    "of recall and CLASS_said those of the class.",
    "Days after the origin whose revenue is classed.",
)

CLASS_TABLES = (
    models_table(
        "value_class_models",
        "value classes",
        "value_classes",
        "the borders of the classes, the horizon, the candidates, and which of them serves.",
    ),
    scores_table("value_class_scores", "value classes", _SCORE_COLUMNS),
)

_SERVING = (
    Column("low_border", Kind.FLOAT, "Revenue within the horizon up to which the class is low.", "currency"),
    Column("high_border", Kind.FLOAT, "Revenue within the horizon above which the class is high.", "currency"),
    Column("horizon_days", Kind.FLOAT, "The horizon.", "days"),
    text("model", "The candidate that serves, or a baseline: last_spend, most_frequent."),
    day("trained_on", "The last day that the model knows of."),
)
_DEFINITION = (
    "The horizon is reports.clv.horizon_weeks of the settings or, where that is shorter, a quarter of the history in "
    "whole weeks. Borders are learnt from the revenue of customers in up to four horizons that have ended: low is the "
    "lower third of the customers or, where more brought nothing, those who brought nothing; of the others the upper "
    "third is high; both are rounded to two digits. By the last model that was trained on or before the day, not more "
    "than six days ago, else one of the Monday of its week; the candidate that won its back-test serves. With fewer than "
    "20 customers in one of the classes the baseline last_spend does; with less than eight weeks of orders, or without any revenue in "
    "an earlier horizon, there are no rows."
)

CLASS_REPORTS = (
    ReportSpec(
        name="clv_segments",
        family="clv",
        title="Value classes",
        grain="customer",
        description=(
            "Whether the revenue of each customer with an order will be low, mid or high within the horizon. The class "
            "told is the likeliest in proportion to the root of its share, so that rare classes are told, too; by the "
            f"baseline last_spend it is the class of what was spent in as many days before. {_DEFINITION}"
        ),
        columns=(
            text("client", "The customer."),
            text("value_class", "low, mid or high."),
            Column("probability", Kind.FLOAT, "Probability of this class.", "share"),
            *(Column(f"probability_{name}", Kind.FLOAT, f"Probability of {name}.", "share") for name in VALUE_CLASSES),
            *_SERVING,
        ),
        key=("client",),
        facts=("customer_orders", "client_numbers", "value_class_models"),
        page="/clv",
        by_dimension=False,
        storage="lake",
    ),
    ReportSpec(
        name="clv_segments_distribution",
        family="clv",
        title="Value classes, distribution",
        grain="value class",
        description=(
            "How many customers are in each class of clv_segments, and how many are expected in it by all probabilities. "
            "All three rows as soon as there is a customer."
        ),
        columns=(
            Column("class_index", Kind.INTEGER, "Place of the class: 0 for low, 1 for mid, 2 for high.", "place"),
            text("value_class", "low, mid or high."),
            count("customers", "Customers of whom this class is told."),
            Column(
                "expected_customers",
                Kind.FLOAT,
                "Sum of the probabilities of this class over all customers.",
                "customers",
            ),
            *_SERVING,
        ),
        key=("class_index",),
        facts=("customer_orders", "client_numbers", "value_class_models"),
        page="/clv",
        by_dimension=False,
    ),
    ReportSpec(
        name="clv_segments_backtest",
        family="clv",
        title="Value classes, back-test",
        grain="origin × model × metric",
        description=(
            "How good the candidates for value classes were at up to four earlier days, each with borders and models "
            "learnt from what was known then, held against the horizon that followed, of all customers with an order by "
            "the day: of the model that serves on the day. The lowest mean log loss serves. Without rows the history was "
            "too short to judge any."
        ),
        columns=(*_SCORE_COLUMNS, day("trained_on", "The last day that the model knows of.")),
        key=SCORE_KEY,
        facts=("customer_orders", "value_class_scores"),
        page="/clv",
        by_dimension=False,
    ),
)
