"""``/funnels``: how sessions and customers advance from step to step."""

from __future__ import annotations

from functools import partial

from dash_app.figures.blank import without
from dash_app.figures.cohorts import HEIGHT_OF_COHORTS, cohorts
from dash_app.figures.conversion import HEIGHT_OF_CONVERSION, conversion
from dash_app.figures.steps import by_hour, customers_by_milestone, sessions_by_step, shares_by_step
from dash_app.records import Card, Page
from dash_app.words import steps

_NO_SESSIONS = "No session began in this time."
_NO_CUSTOMERS = "No customer reached a milestone in this time."
_NO_COHORTS = "No customer downloaded in this time."

FUNNELS = Page(
    "/funnels",
    (
        Card(
            id="funnels-conversion",
            report="session_funnel_conversion",
            title="From session to purchase",
            reading=steps.conversion,
            figure=conversion,
            height=HEIGHT_OF_CONVERSION,
            empty=_NO_SESSIONS,
            is_empty=without("sessions_closed"),
        ),
        Card(
            id="funnels-hourly",
            report="hourly_funnel",
            title="Sessions by hour of day",
            reading=partial(steps.by_hour, what="sessions"),
            figure=partial(by_hour, what="sessions"),
            height=HEIGHT_OF_CONVERSION,
            empty=_NO_SESSIONS,
            is_empty=without("mean_sessions"),
        ),
        Card(
            id="funnels-daily",
            report="daily_funnel",
            title="Sessions by step, daily",
            reading=partial(steps.sessions_by_step, grain="day"),
            figure=partial(sessions_by_step, grain="day"),
            width="full",
            empty=_NO_SESSIONS,
            is_empty=without("sessions"),
        ),
        Card(
            id="funnels-weekly",
            report="weekly_funnel",
            title="Sessions by step, weekly",
            reading=partial(steps.sessions_by_step, grain="week"),
            figure=partial(sessions_by_step, grain="week"),
            width="third",
            empty=_NO_SESSIONS,
            is_empty=without("sessions"),
        ),
        Card(
            id="funnels-shares",
            report="weekly_funnel",
            title="Share of sessions by step, weekly",
            reading=partial(steps.shares_by_step, grain="week"),
            figure=partial(shares_by_step, grain="week"),
            width="third",
            empty=_NO_SESSIONS,
            is_empty=without("sessions"),
        ),
        Card(
            id="funnels-monthly",
            report="monthly_funnel",
            title="Sessions by step, monthly",
            reading=partial(steps.sessions_by_step, grain="month"),
            figure=partial(sessions_by_step, grain="month"),
            width="third",
            empty=_NO_SESSIONS,
            is_empty=without("sessions"),
        ),
        Card(
            id="funnels-cohorts",
            report="customer_funnel_conversion",
            title="Customers within 30 days of the download",
            reading=partial(steps.cohorts, within="30d"),
            figure=partial(cohorts, within="30d"),
            height=HEIGHT_OF_COHORTS,
            empty=_NO_COHORTS,
            is_empty=without("cohort_size"),
        ),
        Card(
            id="funnels-cohorts-7d",
            report="customer_funnel_conversion",
            title="Customers within 7 days of the download",
            reading=partial(steps.cohorts, within="7d"),
            figure=partial(cohorts, within="7d"),
            height=HEIGHT_OF_COHORTS,
            empty=_NO_COHORTS,
            is_empty=without("cohort_size"),
        ),
        Card(
            id="funnels-downloads-daily",
            report="daily_funnel_downloads",
            title="Customers by milestone, daily",
            reading=partial(steps.customers_by_milestone, grain="day"),
            figure=partial(customers_by_milestone, grain="day"),
            width="full",
            empty=_NO_CUSTOMERS,
            is_empty=without("customers"),
        ),
        Card(
            id="funnels-downloads-weekly",
            report="weekly_funnel_downloads",
            title="Customers by milestone, weekly",
            reading=partial(steps.customers_by_milestone, grain="week"),
            figure=partial(customers_by_milestone, grain="week"),
            width="third",
            empty=_NO_CUSTOMERS,
            is_empty=without("customers"),
        ),
        Card(
            id="funnels-downloads-monthly",
            report="monthly_funnel_downloads",
            title="Customers by milestone, monthly",
            reading=partial(steps.customers_by_milestone, grain="month"),
            figure=partial(customers_by_milestone, grain="month"),
            width="third",
            empty=_NO_CUSTOMERS,
            is_empty=without("customers"),
        ),
        Card(
            id="funnels-downloads-hourly",
            report="hourly_funnel_downloads",
            title="Customers by hour of day",
            reading=partial(steps.by_hour, what="customers"),
            figure=partial(by_hour, what="customers"),
            width="third",
            empty=_NO_CUSTOMERS,
            is_empty=without("mean_customers"),
        ),
    ),
)
