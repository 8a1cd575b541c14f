"""Churn risk in words: how many are at risk, how good the forecasts were, and which model makes them."""

from __future__ import annotations

import polars as pl

from ca_platform.catalogue.models import CHURN_BASELINE, CHURN_TITLES, LEAST_CUSTOMERS, LEAST_DAYS
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import backtests
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rows import Row, earlier
from dash_app.words.value_course import beware
from dash_app.words.versus import clause, points_more_or_less

TOO_SHORT = (
    f"The history is too short for a back-test: it takes {LEAST_DAYS // 7} weeks of orders, and at least "
    f"{LEAST_CUSTOMERS} customers who came again and {LEAST_CUSTOMERS} who did not. Until then the risk is the share of "
    "earlier waiting times that lasted so much longer."
)
_UNTESTED = f"the history is too short to test that; it takes {LEAST_DAYS // 7} weeks of orders"
NO_RISK = "Nobody has ordered twice yet, so there is no time within which an order could be missed."

_METRICS = ("auc", "brier", "decile_gap", "chance_gap")


def likely(frame: pl.DataFrame, look: Look) -> str:
    """How many customers are likelier than not to place no order."""
    form = formats(look)
    if frame.is_empty():
        return NO_RISK
    row = frame.row(0, named=True)
    count, silent = _at_risk(frame)
    said = (
        f"{form.count(silent)} of {form.count(count)} {plural(count, 'customer')} ({form.share(silent / count)}) "
        f"{plural(silent, 'is', 'are')} likelier than not to place no order within {backtests.horizon(row, form)}"
    )
    then = ""
    before = earlier(look)
    if before is not None and look.compare_day is not None:
        all_then, silent_then = _at_risk(before)
        share = silent_then / all_then
        words = points_more_or_less(silent / count, share, form)
        then = clause(words, f"as of {day(look.compare_day)} ({form.share(share)})")
    untested = f"Beware: {_UNTESTED}." if look.also is not None and look.also.is_empty() else ""
    return " ".join(filter(None, [f"{said}{then}; {_by(row)}.", untested, beware(frame)]))


def calibration(frame: pl.DataFrame, look: Look) -> str:
    """How far forecast and outcome were apart at the newest origin, and how far chance would have put them."""
    form = formats(look)
    rows = backtests.newest(frame)
    found = {row["metric"]: row for row in rows.iter_rows(named=True)}
    if "decile_gap" not in found:
        return "There is no back-test yet."
    gap, chance = found["decile_gap"], found["chance_gap"]["value"]
    return (
        f"At the newest test, on {day(gap['origin'])}, forecast and outcome were {form.points(gap['value']).lstrip('+')} "
        f"apart in the mean of ten groups, where chance alone gives {form.points(chance).lstrip('+')}"
        f"; {form.count(gap['customers'])} {plural(gap['customers'], 'customer was', 'customers were')} tested."
    )


def models(frame: pl.DataFrame, look: Look) -> str:
    """Which model serves, and by what."""
    form = formats(look)
    means = by_model(frame)
    if means.is_empty():
        return "There is no back-test yet."
    served = means.filter(pl.col("is_served")).row(0, named=True)
    origins = frame["origin"].n_unique()
    row = frame.row(0, named=True)
    ranked = "" if served["auc"] is None else f" and ranks {form.share(served['auc'])} of all pairs rightly"
    return (
        f"Of {means.height} {plural(means.height, 'model')}, {CHURN_TITLES[served['model']]} had the lowest Brier score "
        f"({form.number(served['brier'], 4)}) over {origins} {plural(origins, 'test')} of {backtests.horizon(row, form)}{ranked}."
    )


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """Every model with the mean of its figures over all origins, the best first."""
    form = formats(look)
    means = by_model(frame)
    heads = (
        Head("Model", is_number=False),
        Head("AUC"),
        Head("Brier score"),
        Head("Gap of tenths"),
        Head("Gap by chance"),
    )
    rows = tuple(
        (
            Cell(f"{CHURN_TITLES[row['model']]}{' (serves)' if row['is_served'] else ''}"),
            *(Cell("–" if row[metric] is None else _figure(row[metric], metric, form)) for metric in _METRICS),
        )
        for row in means.iter_rows(named=True)
    )
    row = frame.row(0, named=True)
    note = (
        f"Means over {frame['origin'].n_unique()} tests of {backtests.horizon(row, form)} each, all customers with an order. AUC: "
        "higher is better; Brier score and gap: lower is better."
    )
    return Listing(heads, rows, note)


def _figure(value: float, metric: str, form: Formats) -> str:
    """Gaps of shares are told in percentage points, as in sentences."""
    return form.points(value).lstrip("+") if metric.endswith("_gap") else form.number(value, 4)


def by_model(frame: pl.DataFrame) -> pl.DataFrame:
    """``model``, ``is_served`` and the mean of each metric over the origins, the lowest Brier score first."""
    means = (backtests.mean(metric).alias(metric) for metric in _METRICS)
    return backtests.by_model(frame, means).sort("brier", "model", nulls_last=True)


def _at_risk(frame: pl.DataFrame) -> tuple[int, int]:
    """All customers, and those likelier than not to stay away."""
    return int(frame["customers"].sum()), int(frame.filter(pl.col("bin_start") >= 0.5)["customers"].sum())


def _by(row: Row) -> str:
    if row["model"] == CHURN_BASELINE:
        return "by how long customers have waited before"
    return f"by {CHURN_TITLES[row['model']]}, trained on {day(row['trained_on'])}"
