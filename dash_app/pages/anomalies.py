"""``/anomalies``: days that stand out, what carries them, and how far such alarms can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dash_app.figures import anomaly_calendar, anomaly_course, anomaly_drivers
from dash_app.filters import Filters
from dash_app.flagged import AnomalyFilters, Watching
from dash_app.records import LISTED, Card, Page, day_alone
from dash_app.words import anomalies as words
from dash_app.words import anomaly_customers as customers
from dash_app.words import anomaly_days as days
from dash_app.words import anomaly_detectors as detectors


@dataclass(frozen=True, slots=True)
class _Watched:
    """Figures that are watched together.

    Attributes:
        name: in the ids of their cards.
        leads, called: address of the page that shows them on a day, and its name.
        has_values: whether they are told of dimension values, too.
    """

    name: str
    leads: str
    called: str
    has_values: bool = True


_WATCHED: dict[Watching, _Watched] = {
    "dfunnel_anomaly": _Watched("funnel", "/funnels?date={day}", "Funnels"),
    "dcohort_anomaly": _Watched("cohorts", "/cohorts?date={day}&by=day", "Cohorts", has_values=False),
    "dcohort_anomaly_2": _Watched("shares", "/cohorts?date={day}&by=day", "Cohorts", has_values=False),
    "dorders_anomaly": _Watched("orders", "/orders?date={day}", "Orders"),
    "revenue_anomaly": _Watched("revenue", "/orders?date={day}", "Orders"),
}


def _is_chosen(filters: Filters, report: Watching) -> bool:
    return AnomalyFilters.of(filters).report == report


def _cards(report: Watching) -> tuple[Card, ...]:
    """Everything of a report: its figures over time, its flagged days, one of them, its scores, its detectors."""
    watched = _WATCHED[report]
    prefix = f"anomalies-{watched.name}"
    is_shown = partial(_is_chosen, report=report)
    return (
        Card(
            id=prefix,
            report=report,
            title=f"{detectors.WATCHED[report]}: day by day",
            reading=words.course,
            figure=anomaly_course.course,
            height=anomaly_course.HEIGHT_OF_COURSE,
            width="full",
            empty=words.NO_DATA,
            is_empty=anomaly_course.without_figures,
            is_shown=is_shown,
        ),
        Card(
            id=f"{prefix}-flagged",
            report=report,
            title="Days that stand out",
            reading=days.flagged,
            listing=partial(days.listed, leads=watched.leads, called=watched.called),
            kind="list",
            height=LISTED,
            width="full",
            also=report,
            empty=days.NO_FLAG,
            is_empty=words.unflagged,
            none_left=days.NONE_SHOWN,
            is_shown=is_shown,
            rows=days.flagged_rows,
        ),
        Card(
            id=f"{prefix}-opened",
            report=report,
            title="One day: what carries it",
            reading=days.sentence,
            figure=anomaly_drivers.drivers,
            width="full",
            empty=words.NO_SCORE,
            is_empty=anomaly_drivers.without_distances,
            none_left=days.NOT_SCORED,
            is_shown=is_shown,
            rows=days.of_day,
        ),
        Card(
            id=f"{prefix}-figures",
            report=report,
            title="One day: all figures",
            reading=days.counted,
            listing=partial(days.metrics, leads=watched.leads, called=watched.called),
            kind="list",
            height=LISTED,
            width="full",
            empty=words.NO_SCORE,
            is_empty=words.unscored,
            none_left=days.NOT_SCORED,
            is_shown=is_shown,
            rows=days.of_day,
        ),
        *((_values(report),) if watched.has_values else ()),
        Card(
            id=f"{prefix}-calendar",
            report=report,
            title="Calendar of scores",
            reading=words.calendar,
            figure=anomaly_calendar.calendar,
            height=anomaly_calendar.HEIGHT_OF_CALENDAR,
            width="full",
            empty=words.NO_SCORE,
            is_empty=words.unscored,
            is_shown=is_shown,
        ),
        Card(
            id=f"{prefix}-detectors",
            report="anomaly_backtest",
            title="Detectors",
            reading=detectors.served,
            listing=detectors.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=detectors.TOO_SHORT,
            is_empty=partial(detectors.without_report, report=report),
            is_shown=is_shown,
            rows=partial(detectors.of_report, report=report),
        ),
    )


def _values(report: Watching) -> Card:
    """The dimension values behind the opened day."""
    return Card(
        id=f"anomalies-{_WATCHED[report].name}-values",
        report="dimension_anomaly",
        title="One day: dimension values behind it",
        reading=days.behind,
        listing=days.values,
        kind="list",
        height=LISTED,
        width="full",
        also=report,
        empty=days.NO_VALUES,
        none_left=days.NOT_BEHIND,
        is_shown=partial(_is_chosen, report=report),
        rows=days.values_of_day,
    )


ANOMALIES = Page(
    "/anomalies",
    (
        Card(
            id="anomalies-budget",
            report="anomaly_backtest",
            title="How far the alarms can be trusted",
            reading=detectors.in_all,
            tiles=detectors.tiles,
            kind="tiles",
            height=96,
            width="full",
            empty=detectors.TOO_SHORT,
            is_empty=detectors.without_tests,
        ),
        *(card for report in _WATCHED for card in _cards(report)),
        Card(
            id="anomalies-customers",
            report="clvrfm_anomaly_flagged",
            title="Customers who do not do as they used to",
            reading=customers.reading,
            listing=customers.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=customers.NO_CUSTOMER,
        ),
    ),
    AnomalyFilters,
    day_alone,
)
