"""``/anomalies``: days that stand out, what carries them, and how far such alarms can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dash_app.figures import anomaly_calendar, anomaly_course, anomaly_drivers
from dash_app.filters import Filters
from dash_app.flagged import AnomalyFilters, Family
from dash_app.records import LISTED, Card, Page, day_alone
from dash_app.words import anomalies as words
from dash_app.words import anomaly_customers as customers
from dash_app.words import anomaly_days as days
from dash_app.words import anomaly_detectors as detectors


@dataclass(frozen=True, slots=True)
class _Watched:
    """A family of figures.

    Attributes:
        report: that watches them.
        leads, called: address of the page that shows them on a day, and its name.
    """

    report: str
    leads: str
    called: str


_FAMILIES: dict[Family, _Watched] = {
    "funnel": _Watched("dfunnel_anomaly", "/funnels?date={day}", "Funnels"),
    "cohorts": _Watched("dcohort_anomaly", "/cohorts?date={day}&by=day", "Cohorts"),
    "shares": _Watched("dcohort_anomaly_2", "/cohorts?date={day}&by=day", "Cohorts"),
    "orders": _Watched("dorders_anomaly", "/orders?date={day}", "Orders"),
    "revenue": _Watched("revenue_anomaly", "/orders?date={day}", "Orders"),
}


def _is_chosen(filters: Filters, family: Family) -> bool:
    return AnomalyFilters.of(filters).family == family


def _cards(family: Family) -> tuple[Card, ...]:
    """Everything about a family: its figures over time, its flagged days, one of them, its scores, its detectors."""
    watched = _FAMILIES[family]
    report = watched.report
    is_shown = partial(_is_chosen, family=family)
    return (
        Card(
            id=f"anomalies-{family}",
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
            id=f"anomalies-{family}-flagged",
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
            id=f"anomalies-{family}-opened",
            report=report,
            title="One day: what carries it",
            reading=days.sentence,
            figure=anomaly_drivers.drivers,
            empty=words.NO_SCORE,
            is_empty=anomaly_drivers.without_distances,
            none_left=days.NOT_SCORED,
            is_shown=is_shown,
            rows=days.of_day,
        ),
        Card(
            id=f"anomalies-{family}-figures",
            report=report,
            title="One day: all figures",
            reading=days.counted,
            listing=partial(days.metrics, leads=watched.leads, called=watched.called),
            kind="list",
            height=LISTED,
            empty=words.NO_SCORE,
            is_empty=words.unscored,
            none_left=days.NOT_SCORED,
            is_shown=is_shown,
            rows=days.of_day,
        ),
        *(() if family in ("cohorts", "shares") else (_values(family, report),)),
        Card(
            id=f"anomalies-{family}-calendar",
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
            id=f"anomalies-{family}-detectors",
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


def _values(family: Family, report: str) -> Card:
    """The dimension values behind the opened day."""
    return Card(
        id=f"anomalies-{family}-values",
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
        is_shown=partial(_is_chosen, family=family),
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
        *(card for family in _FAMILIES for card in _cards(family)),
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
