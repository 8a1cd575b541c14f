"""The ten funnel reports."""

from __future__ import annotations

from ca_platform.catalogue.columns import DAYS, HOUR, IS_PARTIAL, STEP, STEP_INDEX, count, day, flag, share
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

_STEPS = (
    "Steps are session_start, the declared session actions in their declared order, and purchase. The hour and day "
    "of a session are those of its start, for every step."
)
_MILESTONES = (
    "Milestones are download, signup (when mapped), the declared customer actions, first_session and first_purchase, "
    "each counted at its own instant."
)
_STEP_FACTS = ("session_steps", "dimension_values")
_MILESTONE_FACTS = (
    "client_numbers",
    "first_sessions",
    "first_purchases",
    "new_customers",
    "dimension_values",
    "customers",
)
_WORDS = {"daily": "day", "weekly": "week", "monthly": "month"}


def _sessions(word: str) -> ReportSpec:
    period = _WORDS[word]
    return ReportSpec(
        name=f"{word}_funnel",
        family="funnels",
        title=f"Sessions by step, {word}",
        grain=f"{period} × step",
        description=f"Sessions of each {period} that carry the step. {_STEPS}",
        columns=(
            day("date", f"The {period}."),
            STEP,
            STEP_INDEX,
            count("sessions", "Sessions that carry the step."),
            share("share_of_sessions", "Sessions of the step over all sessions of the period."),
            share("share_of_previous", "Sessions of the step over those of the step before; may exceed 1."),
            IS_PARTIAL,
        ),
        key=("date", "step_index"),
        facts=_STEP_FACTS,
        page="/funnels",
        window="days" if word == "daily" else "all",
    )


def _downloads(word: str) -> ReportSpec:
    period = _WORDS[word]
    return ReportSpec(
        name=f"{word}_funnel_downloads",
        family="funnels",
        title=f"Customers by milestone, {word}",
        grain=f"{period} × milestone",
        description=f"Distinct customers whose milestone lies in the {period}. {_MILESTONES}",
        columns=(
            day("date", f"The {period}."),
            STEP,
            STEP_INDEX,
            count("customers", "Customers who reached the milestone in the period."),
            IS_PARTIAL,
        ),
        key=("date", "step_index"),
        facts=_MILESTONE_FACTS,
        page="/funnels",
        window="days" if word == "daily" else "all",
    )


def _hourly(*, downloads: bool) -> ReportSpec:
    what, measure = ("customers", "mean_customers") if downloads else ("sessions", "mean_sessions")
    return ReportSpec(
        name="hourly_funnel_downloads" if downloads else "hourly_funnel",
        family="funnels",
        title=f"{what.capitalize()} by hour of day",
        grain="hour of day × milestone" if downloads else "hour of day × step",
        description=(
            f"{what.capitalize()} of the {'milestone' if downloads else 'step'} in that local hour of the day, as a "
            f"mean over all calendar days. {_MILESTONES if downloads else _STEPS}"
        ),
        columns=(
            HOUR,
            STEP,
            STEP_INDEX,
            Column(measure, Kind.FLOAT, f"Mean {what} per calendar day.", f"{what} per day"),
            DAYS,
        ),
        key=("hour", "step_index"),
        facts=_MILESTONE_FACTS if downloads else _STEP_FACTS,
        page="/funnels",
    )


_SESSION_CONVERSION = ReportSpec(
    name="session_funnel_conversion",
    family="funnels",
    title="Conversion of sessions",
    grain="step",
    description=(
        "Conversion over all sessions up to the day. Open counts the sessions that carry a step; closed those that "
        "carry it and every step before. Both conversions are of the closed counts. The median time is over sessions "
        "with an instant for this step and the one before; it is null where actions are plain flags, and for purchase."
    ),
    columns=(
        STEP,
        STEP_INDEX,
        count("sessions_open", "Sessions that carry the step."),
        count("sessions_closed", "Sessions that carry the step and every step before it."),
        share("conversion_from_start", "sessions_closed over all sessions."),
        share("conversion_from_previous", "sessions_closed over that of the step before."),
        Column(
            "median_minutes_from_previous",
            Kind.FLOAT,
            "Median time since the step before.",
            "minutes",
            nullable=True,
        ),
    ),
    key=("step_index",),
    facts=(*_STEP_FACTS, "step_times", "step_time_totals"),
    page="/funnels",
)

_CUSTOMER_CONVERSION = ReportSpec(
    name="customer_funnel_conversion",
    family="funnels",
    title="Conversion of download cohorts",
    grain="download week × milestone",
    description=(
        "The customers of each download week, followed from the download to each later milestone: within 7 days, "
        "within 30 days (elapsed time) and ever. A milestone before the download counts as 0 days. Counts and rates "
        "whose time has not passed for the whole cohort are censored (null)."
    ),
    columns=(
        day("cohort", "Monday of the download week."),
        STEP,
        count("step_index", "Position of the milestone; the download has 0, and no row here."),
        count("cohort_size", "Customers who downloaded in the week."),
        count("customers_7d", "Customers with the milestone within 7 days.", nullable=True),
        count("customers_30d", "Customers with the milestone within 30 days.", nullable=True),
        count("customers_ever", "Customers with the milestone up to the day."),
        share("rate_7d", "customers_7d over cohort_size."),
        share("rate_30d", "customers_30d over cohort_size."),
        share("rate_ever", "customers_ever over cohort_size."),
        flag("is_censored_7d", "7 days have not passed for the whole cohort."),
        flag("is_censored_30d", "30 days have not passed for the whole cohort."),
    ),
    key=("cohort", "step_index"),
    facts=_MILESTONE_FACTS,
    page="/funnels",
)

FUNNELS = (
    *map(_sessions, _WORDS),
    _hourly(downloads=False),
    *map(_downloads, _WORDS),
    _hourly(downloads=True),
    _SESSION_CONVERSION,
    _CUSTOMER_CONVERSION,
)
