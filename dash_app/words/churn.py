"""Churn in words: its definition, key figures, and how it moves from week to week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from dash_app.records import Look, Tile, Trend
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rows import Row, earlier
from dash_app.words.versus import clause, more_or_less, points_more_or_less

HISTORY = 30
_WEEK = 7


@dataclass(frozen=True, slots=True)
class _Figure:
    """A key figure of the report ``churn``: how it is written, and whether more of it is good (None: neither)."""

    column: str
    label: str
    unit: str
    more_is_good: bool | None


_FIGURES = (
    _Figure("churn_rate", "Churn rate", "share", more_is_good=False),
    _Figure("churned", "Churned customers", "count", more_is_good=False),
    _Figure("engaged", "Engaged customers", "count", more_is_good=True),
    _Figure("customers", "Customers with an order", "count", more_is_good=True),
    _Figure("threshold_days", "Threshold", "days", more_is_good=None),
)


def days(value: float, form: Formats) -> str:
    """A threshold: 42.3 days."""
    return f"{form.number(value, 1)} {plural(value, 'day')}"


def definition(row: Row, form: Formats) -> str:
    """Who counts as churned, with the threshold that is in use."""
    method = row["method"]
    if row["threshold_days"] is None:
        return "nobody has ordered twice yet, so there is no time after which a customer counts as churned"
    threshold = days(row["threshold_days"], form)
    if method == "customer":
        return f"longer than a multiple of their own mean time between orders ({threshold} on average)"
    if method == "fixed":
        return f"more than {threshold}, as the settings say"
    return f"more than {threshold}, the mean time between two orders of all customers"


def reading(frame: pl.DataFrame, look: Look) -> str:
    """Which part has gone quiet, and by which definition."""
    form = formats(look)
    row = frame.row(0, named=True)
    count = f"{form.count(row['customers'])} {plural(row['customers'], 'customer')}"
    if row["churn_rate"] is None:
        said = definition(row, form)
        return f"Of {count} {said}." if row["threshold_days"] is None else "No customer has ordered yet."
    return f"{form.share(row['churn_rate'])} of {count} have not ordered for {definition(row, form)}: they count as churned."


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """A tile for each figure, against the earlier day, or the report of a week before where it is computed."""
    row = frame.row(0, named=True)
    then, when = _then(look)
    return tuple(_tile(figure, row, then, when, look) for figure in _FIGURES)


def weekly_rate(frame: pl.DataFrame, look: Look) -> str:
    """The churn rate at the last Monday, against a month before it."""
    form = formats(look)
    rows = frame.sort("week").drop_nulls("churn_rate")
    if rows.is_empty():
        return "At no Monday is there a threshold yet."
    last = rows.row(-1, named=True)
    said = f"On {_monday(last)}, {form.share(last['churn_rate'])} of {form.count(last['customers'])} customers were churned"
    then = ""
    if before := _at(rows, last["week"] - timedelta(weeks=4)):
        words = points_more_or_less(last["churn_rate"], before["churn_rate"], form)
        then = clause(words, f"four weeks before ({form.share(before['churn_rate'])})")
    return f"{said}{then}."


def weekly_customers(frame: pl.DataFrame, look: Look) -> str:
    """Engaged and churned customers at the last Monday."""
    form = formats(look)
    rows = frame.sort("week").drop_nulls("engaged")
    if rows.is_empty():
        return "At no Monday is there a threshold yet."
    last = rows.row(-1, named=True)
    said = f"On {_monday(last)} there were {form.count(last['engaged'])} engaged and {form.count(last['churned'])} churned customers"
    then = ""
    if before := _at(rows, last["week"] - timedelta(weeks=4)):
        words = more_or_less(last["engaged"], before["engaged"], form)
        then = f"; the engaged are {words} four weeks before ({form.count(before['engaged'])})" if words else ""
    return f"{said}{then}."


def weekly_moves(frame: pl.DataFrame, look: Look) -> str:
    """Who went and who came back in the week before the last Monday, against the mean of the weeks before."""
    form = formats(look)
    rows = frame.sort("week").drop_nulls("newly_churned")
    if rows.is_empty():
        return "There are no two Mondays with a threshold yet."
    last = rows.row(-1, named=True)
    went, back = last["newly_churned"], last["reactivated"]
    net = went - back
    balance = (
        f"{form.count(abs(net))} {'more' if net > 0 else 'fewer'} {plural(abs(net), 'is', 'are')} churned than on the Monday before"
        if net
        else "as many are churned as on the Monday before"
    )
    return f"In the week up to {_monday(last)}, {form.count(went)} {plural(went, 'customer')} churned and {form.count(back)} came back: {balance}."


def weekly_threshold(frame: pl.DataFrame, look: Look) -> str:
    """The threshold at the last Monday, and what it was half a year before."""
    form = formats(look)
    rows = frame.sort("week").drop_nulls("threshold_days")
    if rows.is_empty():
        return "At no Monday is there a threshold yet."
    last = rows.row(-1, named=True)
    said = f"On {_monday(last)} a customer counted as churned who had not ordered for {definition(last, form)}"
    before = _at(rows, last["week"] - timedelta(weeks=26))
    then = f"; half a year before it was {days(before['threshold_days'], form)}" if before else ""
    return f"{said}{then}."


def _monday(row: Row) -> str:
    week: date = row["week"]
    return f"Monday {day(week)}"


def _at(rows: pl.DataFrame, week: date) -> Row | None:
    found = rows.filter(pl.col("week") == week).to_dicts()
    return found[0] if found else None


def _then(look: Look) -> tuple[Row | None, str]:
    """The earlier figures and when they were."""
    compare = earlier(look)
    if compare is not None and look.compare_day is not None:
        return compare.row(0, named=True), day(look.compare_day)
    if look.history is None or look.day is None or look.history.is_empty():
        return None, ""
    before = look.day - timedelta(days=_WEEK)
    rows = look.history.filter(pl.col("report_date") == before).to_dicts()
    return (rows[0], day(before)) if rows else (None, "")


def _tile(figure: _Figure, row: Row, before: Row | None, when: str, look: Look) -> Tile:
    form = formats(look)
    now, then = row[figure.column], before[figure.column] if before else None
    if now is None:
        return Tile(label=figure.label, value="–", change="no customer has ordered twice yet")
    return Tile(
        label=figure.label,
        value=_writer(figure.unit, form)(now),
        change=_change(now, then, figure.unit, when, form),
        trend=_trend(now, then),
        is_good=None
        if then is None or now == then or figure.more_is_good is None
        else (now > then) == figure.more_is_good,
        spark=_spark(figure.column, look),
        title=f"{form.count(now)}" if figure.unit == "count" else "",
        opens=(figure.column, {}) if figure.unit == "count" and now else None,
    )


def _writer(unit: str, form: Formats) -> Callable[[float], str]:
    if unit == "share":
        return form.share
    return form.compact if unit == "count" else lambda value: days(value, form)


def _change(now: float, then: float | None, unit: str, when: str, form: Formats) -> str:
    if then is None:
        return "nothing to compare with yet"
    if unit == "share":
        return f"{form.points(now - then)} since {when}"
    if unit == "days" or then == 0:
        return f"{_writer(unit, form)(then)} on {when}"
    return f"{form.change(now / then - 1)} since {when}"


def _trend(now: float, then: float | None) -> Trend:
    if then is None:
        return ""
    return "up" if now > then else "down" if now < then else "flat"


def _spark(column: str, look: Look) -> tuple[float | None, ...]:
    if look.history is None or look.history.is_empty():
        return ()
    return tuple(look.history.sort("report_date")[column].to_list())
