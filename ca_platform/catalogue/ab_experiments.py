"""Declared randomised experiments: who saw which variant first, and the report of what came of it."""

from __future__ import annotations

from ca_platform.catalogue.ab_calibration import CALIBRATED_BY
from ca_platform.catalogue.ab_tests import A_B, INSUFFICIENT, WITHHELD, comparison_columns, figure
from ca_platform.catalogue.columns import count, day, instant, text
from ca_platform.catalogue.fact_columns import CUSTOMER, SLICE, fact
from ca_platform.catalogue.spec import Column, ReportSpec

MISMATCH = "sample ratio mismatch"
"""Note of an experiment whose variants have other sizes than planned: nothing about it can be trusted."""

GOAL, GUARD, OTHER = "goal", "guard", "other"
"""What a metric is for: it decides, it must not get worse, or it is only told."""

EXPERIMENT_VARIANTS = fact(
    "experiment_variants",
    "Variants of experiments",
    "The first session of each customer with each variant of each experiment that is a column of the sessions, in the "
    "whole shop and with each dimension value.",
    (
        SLICE,
        CUSTOMER,
        text("experiment", "The experiment."),
        text("variant", "The variant."),
        instant("at", "Start of the session."),
    ),
    key=("slice", "customer", "experiment", "variant"),
    inputs=("sessions", "dimension_values", "client_numbers"),
)
EXPERIMENT_FACTS = (EXPERIMENT_VARIANTS,)

_SHARED = {column.name: column for column in comparison_columns(sides=A_B)}
_TEXTS = {
    "p_value": "Two-sided p-value of the difference, for somebody who looks once, at the planned end (CUPED).",
    "p_adjusted": "p_value_sequential corrected for all metrics and variants of the experiment but guards, which each stand "
    "for themselves.",
    "note": f"Why there is no verdict: {MISMATCH}, {INSUFFICIENT} or {WITHHELD}; null: there is one.",
}


def _shared(*names: str) -> tuple[Column, ...]:
    """Columns that all comparisons have, with what is particular to experiments."""
    return tuple(_with(_SHARED[name], _TEXTS.get(name)) for name in names)


def _with(column: Column, description: str | None) -> Column:
    own = description or column.description
    return Column(column.name, column.kind, own, column.unit, nullable=column.nullable)


EXPERIMENTS = ReportSpec(
    name="experiments",
    family="ab_tests",
    title="Experiments",
    grain="experiment × variant × metric",
    description=(
        "Declared randomised experiments: each variant against the control. Everybody who was assigned counts, with the "
        "first variant, those without an order with 0; outcomes from the assignment up to the report day, or to the last "
        "day of the experiment. Differences are adjusted for up to 26 weeks before the assignment (CUPED). Verdicts may "
        "be looked at on every day. Variants of other sizes than planned (p < .001) leave no verdict. Sessions and "
        "discounts count by whole days, that of the assignment included. With reports.ab_test.by_dimension also for "
        "dimension values, of those who had a session with the value by then, without sessions and discounts."
    ),
    columns=(
        text("experiment", "The experiment."),
        text("variant", "The variant: side B."),
        text("control", "What it is held against: side A."),
        text(
            "metric",
            "revenue_per_customer, orders_per_customer, conversion (customers with an order), "
            "capped_revenue_per_customer (what a customer spent above the cap is left out), and guards: "
            "sessions_per_customer, discount_per_customer.",
        ),
        count("customers_a", "Customers with the control."),
        count("customers_b", "Customers with the variant."),
        *_shared("mean_a", "mean_b", "difference", "ci_low", "ci_high", "p_value"),
        figure("p_value_sequential", "The same for somebody who looks on every day.", "probability"),
        *_shared("p_adjusted", "significant"),
        figure(
            "srm_p_value", "How likely chance makes the sizes of all variants differ so from the plan.", "probability"
        ),
        figure("variance_reduction", "Share of the variance that the adjustment takes off.", "share"),
        *_shared("note"),
        text("role", f"{GOAL}: it decides; {GUARD}: it must not get worse; {OTHER}."),
        text("decision", "What to do with the variant, in words; the same on all of its rows."),
        *_shared("relative_difference", "raw_difference", "raw_p_value"),
        figure("ci_low_sequential", "Low end of the interval that holds on all days at once."),
        figure("ci_high_sequential", "High end of it."),
        *_shared("test", "statistic", "direction", "power"),
        day("begun_on", "Day of the first assignment."),
        day("planned_until", "Last day of the plan, on which the sequential interval is narrowest."),
        count("switched_customers", "Customers of both sides who saw another variant later."),
        figure(
            "cap",
            "Up to what a customer's revenue counts: of the .90, .95, .98 and .99 quantile of all who spent anything, "
            "whatever their variant, the one under which a change of all in proportion stands out most; null: all counts.",
        ),
        *_shared("false_positive_rate", "false_positive_low", "false_positive_high"),
    ),
    key=("experiment", "variant", "metric"),
    facts=(
        "experiment_variants",
        "client_numbers",
        "assignments",
        *CALIBRATED_BY,
    ),
    page="/ab-tests/experiments",
    requires=("sessions.experiments or assignments",),
)
AB_EXPERIMENTS = (EXPERIMENTS,)
