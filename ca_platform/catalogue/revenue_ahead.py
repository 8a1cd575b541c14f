"""Revenue to come: of the known customers and of those who have not come yet, by day and by segment."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, day, money, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_FACTS = ("session_steps", "order_numbers", "customer_orders", "dimension_values", "clv_models", "clv_scores")
_FORECAST = (
    "The horizon is reports.clv.horizon_weeks of the settings. Known customers are forecast by the model that serves the "
    "day, as in client_feature_predicted. Those who have not come yet are forecast from the history of first orders "
    "alone: how many come, by the way of counting on them that missed least at earlier days, and what those who came "
    "lately have spent since, by age. Forecasts are made of the whole shop: of a customer's forecast a dimension value "
    "gets the part of the customer's orders that have carried it, of newcomers what it has of the orders of those who "
    "came within as long a time before, so that the values of a dimension sum to main. Intervals hold 80%: they are as "
    "wide as forecasts at earlier days of the shop's own history have missed, and by chance in addition; without at "
    "least two such forecasts there are none, and the note says so."
)
_NOTE = text(
    "note", "What should be known of the forecast, such as why the baseline serves; null: nothing.", nullable=True
)

REVENUE_AHEAD = (
    ReportSpec(
        name="daily_clv",
        family="clv",
        title="Revenue, past and expected",
        grain="day",
        description=(
            "Revenue of each day up to the report's, of so many last days as tables by day hold, and what is expected on "
            "each day of the horizon after it. Totals at a few points of the horizon are spread over the days by a smooth "
            "course and the weekdays' shares of lately. Each report day keeps its own forecast, so that an earlier one can "
            f"be laid over what then came. {_FORECAST}"
        ),
        columns=(
            day("date", "The day."),
            text("data_type", "actual up to the day of the report, predicted after it."),
            money("amount", "What was paid for the orders of the day, or is expected to be."),
            money("low", "Low end of the interval of the day; null in the past.", nullable=True),
            money("high", "High end of the interval of the day; null in the past.", nullable=True),
            money("customers_part", "Of it from known customers; in the past from customers who had ordered before."),
            money(
                "newcomers_part",
                "Of it from customers whose first order comes after the day of the report; in the past what was paid for "
                "first orders.",
            ),
            money("sum_amount", "Sum of what is expected up to this day; null in the past.", nullable=True),
            money("sum_low", "Low end of the interval of the sum; null in the past.", nullable=True),
            money("sum_high", "High end of the interval of the sum; null in the past.", nullable=True),
            text("model", "The model that serves; null in the past.", nullable=True),
            Column(
                "trained_on", Kind.DATE, "The last day that it knows of; null in the past.", "local day", nullable=True
            ),
            text("note", "What should be known of the forecast; null in the past and where nothing is.", nullable=True),
        ),
        key=("date",),
        facts=_FACTS,
        page="/clv",
        window="days",
    ),
    ReportSpec(
        name="clvsegments_amount",
        family="clv",
        title="Expected revenue by segment",
        grain="segment",
        description=(
            "Revenue that is expected within the horizon of the customers of each segment, as segmentation has them on the "
            "day, also of segments that nobody is in, and of customers who are still to come. The amounts sum to what "
            "daily_clv expects; the ends of intervals do not, as segments are not off together. "
            f"{_FORECAST}"
        ),
        columns=(
            text("segment", "Name of the segment; still to come: customers who have not ordered yet."),
            count("customers", "Customers of the segment; of those still to come how many are expected, rounded."),
            money("amount", "Revenue that is expected of them."),
            money("low", "Low end of its interval.", nullable=True),
            money("high", "High end of its interval.", nullable=True),
            Column("horizon_days", Kind.INTEGER, "The horizon.", "days"),
            _NOTE,
        ),
        key=("segment",),
        facts=(*_FACTS, "client_numbers"),
        page="/clv",
    ),
    ReportSpec(
        name="clvsegments_weekly",
        family="clv",
        title="Expected revenue by segment and week",
        grain="segment × week",
        description=(
            "How what clvsegments_amount expects comes in: the seven days after the report's are week 1. Of each segment "
            "the totals at a few points of the horizon are joined by a smooth course; at these points, and at the end, the "
            f"sums of all segments are those of daily_clv, between them they may differ a little. {_FORECAST}"
        ),
        columns=(
            text("segment", "Name of the segment; still to come: customers who have not ordered yet."),
            Column("week", Kind.INTEGER, "Number of the week, from 1.", "weeks"),
            day("first_day", "First day of the week."),
            day("last_day", "Last day of the week; the last week may be shorter."),
            money("amount", "Revenue that is expected in the week of the customers who are in the segment today."),
            money("sum_amount", "Revenue that is expected of them up to the end of the week."),
        ),
        key=("segment", "week"),
        facts=(*_FACTS, "client_numbers"),
        page="/clv",
    ),
)
