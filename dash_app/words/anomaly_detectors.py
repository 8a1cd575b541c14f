"""How good the alarms are: every detector on incidents put into the shop's own past, and the budget of them all."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ca_platform.catalogue.anomalies import DAY_REPORTS, DETECTORS
from dash_app.records import Cell, Head, Listing, Look, Tile
from dash_app.words.anomalies import Frame, few
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING, told
from dash_app.words.names import capital
from dash_app.words.rows import Row

TOO_SHORT = "The history is too short for a back-test of detectors: until it is long enough, the first of them serves."

WATCHED = {
    "dfunnel_anomaly": "Funnel",
    "dcohort_anomaly": "Download cohorts",
    "dcohort_anomaly_2": "Shares of cohorts",
    "dorders_anomaly": "Orders",
    "revenue_anomaly": "Revenue",
}
"""What each report watches."""

_RECALL, _FALSE, _DELAY, _CAUSE = "recall", "false_alarms_per_30_days", "delay_days", "cause_right"
_KIND = "recall_"
_KINDS = {
    "outage": "Half-day outage",
    "price": "Price error",
    "bots": "Orders of bots",
    "tracking": "Lost action",
    "catalogue": "Lost products",
    "drop": "Drop by a quarter",
    "conversion": "Conversion of a value",
    "decay": "Slow decay",
}
"""Kinds of incidents, as heads of the table."""


def of_report(frame: Frame, _: Look, report: str) -> Frame:
    """The rows about one report."""
    return frame.filter(report=report)


def without_report(frame: Frame, report: str) -> bool:
    """Whether nothing was measured of a report."""
    return frame.filter(pl.col("report") == report, pl.col("incidents") > 0).is_empty()


def without_tests(frame: Frame) -> bool:
    """Whether nothing was measured at all."""
    return frame.filter(pl.col("incidents") > 0).is_empty()


def by_detector(frame: Frame) -> Frame:
    """A row for each detector of one report: its figures, the one that serves first, then by recall."""
    figures = [
        pl.col("value").filter(pl.col("metric") == metric).first().alias(metric)
        for metric in (_RECALL, _FALSE, _DELAY, _CAUSE)
    ]
    incidents = pl.col("incidents").filter(pl.col("metric") == _RECALL).first()
    rows = frame.group_by("report", "detector").agg(*figures, incidents, pl.col("is_served").any())
    return rows.sort("report", "is_served", _RECALL, "detector", descending=[False, True, True, False], nulls_last=True)


def in_all(frame: Frame, look: Look) -> str:
    """The sum of the budgets of all reports, and what they were measured to raise."""
    form = formats(look)
    reports = len(DAY_REPORTS)
    budget = (
        f"Each of {reports} reports may raise {_alarms(look.budget, form)} in 30 days where nothing happens, together "
        f"{few(reports * look.budget, form)}"
    )
    measured = by_detector(frame).filter("is_served").drop_nulls(_FALSE)
    if measured.is_empty():
        return f"{budget}."
    return f"{budget}; on quiet days {few(float(measured[_FALSE].sum()), form)} were measured, in {_reports(measured.height)}."


def tiles(frame: Frame, look: Look) -> tuple[Tile, ...]:
    """The budget in all, and of each report how much its detector finds and how often it is wrong."""
    form = formats(look)
    whole = Tile(
        "Budget in all",
        few(len(DAY_REPORTS) * look.budget, form),
        f"false alarms in 30 days, {few(look.budget, form)} a report",
    )
    served = by_detector(frame).filter("is_served")
    known = {row["report"]: row for row in served.iter_rows(named=True)}
    return (whole, *(_tile(report, known[report], form) for report in DAY_REPORTS if report in known))


def _tile(report: str, row: Row, form: Formats) -> Tile:
    found = NOTHING if row[_RECALL] is None else f"{form.share(row[_RECALL], 0)} found"
    wrong = "false alarms not measured" if row[_FALSE] is None else f"{_alarms(row[_FALSE], form)} in 30 days"
    return Tile(WATCHED[report], found, wrong)


def _alarms(count: float, form: Formats) -> str:
    return f"{few(count, form)} false {plural(count, 'alarm')}"


def _reports(count: int) -> str:
    return f"{count} {plural(count, 'report')}"


_NAMES = {
    "weighed": "Odds of all causes",
    "matched": "Likeliest cause",
    "mahalanobis": "Mahalanobis distance",
    "deviation": "Same-weekday deviation",
    "autoencoder": "Autoencoder",
}


def _name(detector: str) -> str:
    return _NAMES.get(detector, capital(detector.replace("_", " ")))


def _share(form: Formats) -> Callable[[float], str]:
    return lambda value: form.share(value, 0)


def served(frame: Frame, look: Look) -> str:
    """Which detector serves the report, and by what."""
    form = formats(look)
    row = by_detector(frame).row(0, named=True)
    if row[_RECALL] is None:
        return f"{_name(row['detector'])} serves; no incident could be put into so short a past."
    since = f" with what was known on {day(frame['trained_on'][0])}" if frame["trained_on"][0] else ""
    cause = "" if row[_CAUSE] is None else f", and named the cause of {form.share(row[_CAUSE], 0)} of these rightly"
    return (
        f"{_name(row['detector'])} serves: it found {form.share(row[_RECALL], 0)} of {form.count(row['incidents'])} sudden "
        f"incidents put into the shop's own past{cause}, judged{since}."
    )


def listed(frame: Frame, look: Look) -> Listing:
    """Every detector of a report with its figures."""
    form = formats(look)
    known = frame["metric"].unique(maintain_order=True).to_list()
    kinds = [name for kind in _KINDS if (name := f"{_KIND}{kind}") in known]
    heads = (
        Head("Detector", is_number=False),
        Head("Found"),
        Head("False alarms in 30 days"),
        Head("Delay in days"),
        Head("Cause right"),
        *(Head(_KINDS[kind.removeprefix(_KIND)]) for kind in kinds),
    )
    of_kind = {
        (row["detector"], row["metric"]): row["value"]
        for row in frame.filter(pl.col("metric").is_in(kinds)).iter_rows(named=True)
    }
    rows = tuple(
        (
            Cell(
                f"{_name(row['detector'])}{' (serves)' if row['is_served'] else ''}",
                title=DETECTORS.get(row["detector"], ""),
            ),
            told(row[_RECALL], _share(form)),
            told(row[_FALSE], form.mean),
            told(row[_DELAY], form.mean),
            told(row[_CAUSE], _share(form)),
            *(told(of_kind.get((row["detector"], kind)), _share(form)) for kind in kinds),
        )
        for row in by_detector(frame).iter_rows(named=True)
    )
    return Listing(
        heads, rows, f"at a budget of {_alarms(look.budget, form)} in 30 days; to the right by kind of incident"
    )
