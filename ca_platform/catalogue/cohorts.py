"""Cohorts, retention, growth and the customers' journey."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, money, share, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

LAST_OFFSET = 15
"""Last period in which a cohort is followed to its next order."""

_WORDS = {"daily": "day", "weekly": "week"}
_DOWNLOAD_FACTS = ("client_numbers", "first_sessions", "first_purchases", "dimension_values", "customers")
_NEXT_FACTS = ("next_orders", "order_numbers", "dimension_values")
_BUYER_FACTS = ("period_buyers", "dimension_values")
_CELL = (
    "A cell is one calendar period of the business time zone, and null when it begins after the report day. Periods "
    "without a starting event are there with 0."
)
_IS_PARTIAL = Column(
    "is_partial",
    Kind.FLAG,
    "The cell's period is not wholly inside the time from the start date to the end of the day; null with the cell.",
    nullable=True,
)
_COHORT_SIZE = count("cohort_size", "Customers of the cohort, those who never come included.")


def _offset(unit: str, since: str, last: int) -> Column:
    return Column("offset", Kind.INTEGER, f"Calendar {unit}s from the {unit} of {since}, 0 to {last}.", f"{unit}s")


def _cohorts(word: str, number: int) -> ReportSpec:
    unit = _WORDS[word]
    event = "the download" if number == 0 else f"order {number}"
    following = "the first order" if number == 0 else f"order {number + 1}"
    early = " An order before the download counts at offset 0." if number == 0 else ""
    return ReportSpec(
        name=f"{word}_cohort_downloads" if number == 0 else f"{word}_cohort_from_{number}_to_{number + 1}",
        family="cohorts",
        title=f"From {event} to {following}, {word}",
        grain=f"cohort {unit} × offset",
        description=(
            f"The customers with {event} in a {unit}, by the {unit} of {following}.{early} {_CELL}"
            + (" The table holds the last `reports.cohort_days` cohorts." if word == "daily" else "")
        ),
        columns=(
            day("cohort", f"The {unit} of {event}."),
            _offset(unit, event, LAST_OFFSET),
            count("customers", f"Distinct customers with {following} in the cell's {unit}.", nullable=True),
            _COHORT_SIZE,
            share("rate", "customers over cohort_size."),
            share("cumulative_rate", "Customers up to this offset over cohort_size."),
            _IS_PARTIAL,
        ),
        key=("cohort", "offset"),
        facts=_DOWNLOAD_FACTS if number == 0 else _NEXT_FACTS,
        window="cohorts" if word == "daily" else "all",
        page="/cohorts",
    )


def _retention(word: str, unit: str, last: int) -> ReportSpec:
    return ReportSpec(
        name=f"{word}_retention",
        family="cohorts",
        title=f"Retention, {word}",
        grain=f"cohort {unit} × offset",
        description=(
            f"The customers with their first order in a {unit}, and how many of them ordered in each {unit} since. "
            f"{_CELL}"
        ),
        columns=(
            day("cohort", f"The {unit} of the first order."),
            _offset(unit, "the first order", last),
            count("customers", f"Distinct customers with an order in the cell's {unit}.", nullable=True),
            _COHORT_SIZE,
            share("rate", "customers over cohort_size."),
            _IS_PARTIAL,
        ),
        key=("cohort", "offset"),
        facts=_BUYER_FACTS,
        page="/retention",
    )


_REVENUE = ReportSpec(
    name="cohort_revenue",
    family="cohorts",
    title="Revenue of cohorts",
    grain="cohort month × offset",
    description=f"Orders and revenue of the customers with their first order in a month, in each month since. {_CELL}",
    columns=(
        day("cohort", "The month of the first order."),
        _offset("month", "the first order", 24),
        _COHORT_SIZE,
        count("orders", "Orders of the cohort in the cell's month.", nullable=True),
        money("revenue", "Sum of what was paid for them.", nullable=True),
        money("mean_order_value", "revenue over orders; null without an order.", nullable=True),
        money(
            "cumulative_revenue_per_customer",
            "Revenue up to this offset over cohort_size; null for an empty cohort.",
            nullable=True,
        ),
        _IS_PARTIAL,
    ),
    key=("cohort", "offset"),
    facts=_BUYER_FACTS,
    page="/retention",
)

_GROWTH = ReportSpec(
    name="growth",
    family="cohorts",
    title="Growth",
    grain="period × metric",
    description=(
        "Revenue, orders, and customers who are new (first order in the period), returning (ordered in the period just "
        "before too), reactivated (ordered earlier, not in the period just before) or churned (ordered in the period "
        "just before, not in this one), by week and by month. So the customers of a period are new + returning + "
        "reactivated, and those of the period before + new + reactivated − churned. This is accounting by periods: "
        "another definition of churned than that of the report churn, which goes by the time since the last order."
    ),
    columns=(
        text("period", "week or month."),
        day("date", "The Monday, or the first of the month."),
        text(
            "metric",
            "revenue, orders, new_customers, returning_customers, reactivated_customers or churned_customers.",
        ),
        Column("value", Kind.FLOAT, "Value in the period.", "of the metric"),
        Column(
            "change_previous",
            Kind.FLOAT,
            "Value over that of the period before, less 1; null when that is 0 or unknown, or either is partial.",
            "share",
            nullable=True,
        ),
        Column(
            "change_year",
            Kind.FLOAT,
            "The same against the same month a year before, or the week 52 weeks before.",
            "share",
            nullable=True,
        ),
        Column(
            "is_partial",
            Kind.FLAG,
            "The period is not wholly inside the time from the start date to the end of the day.",
        ),
    ),
    key=("period", "date", "metric"),
    facts=_BUYER_FACTS,
    page="/retention",
)

_JOURNEY = ReportSpec(
    name="customer_journey",
    family="cohorts",
    title="Customer journey",
    grain="stage",
    description=(
        "The way from the download to the first order, from each order to the next, up to the mean number of orders "
        "per buyer (rounded half up, at least 1), and from the last order to now. A first order before the download "
        "took 0 hours. A stage that nobody reached stands with 0 customers and nulls."
    ),
    columns=(
        text("stage", "download_to_order_1, order_1_to_order_2, …, last_order_to_now."),
        count("stage_index", "Position of the stage, from 0."),
        count("customers", "Customers who went through the stage; of the last stage all with an order."),
        Column("mean_hours", Kind.FLOAT, "Mean length of the stage.", "hours", nullable=True),
        Column("median_hours", Kind.FLOAT, "Median length of the stage.", "hours", nullable=True),
        Column(
            "cumulative_mean_hours",
            Kind.FLOAT,
            "Sum of the mean lengths up to this stage.",
            "hours",
            nullable=True,
        ),
        money("mean_amount", "Mean amount of the order that the stage ends in; null in the last.", nullable=True),
    ),
    key=("stage_index",),
    facts=("order_numbers", "customer_orders", *_DOWNLOAD_FACTS),
    page="/journey",
)

COHORTS = (
    *(_cohorts(word, number) for word in _WORDS for number in range(4)),
    _retention("weekly", "week", 52),
    _retention("monthly", "month", 24),
    _REVENUE,
    _GROWTH,
    _JOURNEY,
)
