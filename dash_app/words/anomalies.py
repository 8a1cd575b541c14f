"""Days that stand out: names and amounts of their figures, which day is opened, how many there were.

What belongs here: what all cards of ``/anomalies`` say alike. What does not: one day by itself (``anomaly_days``), and
how good the alarms are (``anomaly_detectors``).
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from ca_platform.catalogue.anomalies import metric_in_words
from dash_app.flagged import AnomalyFilters
from dash_app.records import Look
from dash_app.words.dates import weekday
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rows import Row

Frame = pl.DataFrame
NO_DATA = "There is nothing to watch on these days."
NO_SCORE = "No day has a score yet: it takes eight weeks of history."
_MONEY = ("revenue", "mean_amount")
# Shares of what a usual day is made of: its hours, its products.
_WITHIN = ("hours_with_", "usual_products")
_FEW = 10
MOST_DAYS = 1_000
"""So many are drawn of a longer history."""
_LAST = {"90": 90, "180": 180, "all": MOST_DAYS}


def is_ratio(metric: str) -> bool:
    """Whether it is a share: of one step that gets to another, ``purchase/has_basket``, or of the hours or products of a day."""
    return "/" in metric or metric.startswith(_WITHIN)


def is_money(metric: str) -> bool:
    """Whether it is an amount."""
    return metric in _MONEY


title = metric_in_words
"""A metric in words."""


def written(value: float | None, metric: str, form: Formats) -> str:
    """A value of a metric; what was expected of a small count has its fraction."""
    if value is None:
        return "–"
    if metric.startswith(_WITHIN):
        # Over what chance lets expect, a day like others may come to 100.1 %: all of them are all.
        return form.share(min(value, 1.0))
    if is_ratio(metric):
        return form.share(value)
    if is_money(metric):
        return form.money(value)
    return form.mean(value) if abs(value) < _FEW and value != int(value) else form.count(value)


def change(row: Row) -> float | None:
    """How far it is from what was expected, as a part of that; None where nothing was expected."""
    actual, expected = row["actual"], row["expected"]
    if row["metric"].startswith(_WITHIN) and actual is not None and expected is not None:
        actual, expected = min(actual, 1.0), min(expected, 1.0)  # as they are written
    return None if actual is None or not expected else float(actual) / float(expected) - 1


def changed(row: Row, form: Formats) -> str:
    """The change with its sign, −38.0%; or the figure where nothing was expected."""
    found = change(row)
    return written(row["actual"], row["metric"], form) if found is None else form.change(found)


def few(count: float, form: Formats) -> str:
    """A number of alarms: 1, 0.93, 4.5."""
    return form.count(count) if count == int(count) else form.mean(count)


def rarity(p_value: float | None, form: Formats) -> str:
    """How seldom a day is so unusual.

    >>> [rarity(p, Formats()) for p in (0.002, 0.4, None)]
    ['one day in 500', 'four days in ten', 'not scored']
    """
    if p_value is None:
        return "not scored"
    if p_value >= 1 / 3:
        return f"{_TENTHS[min(round(10 * p_value), 10)]} days in ten"
    return "no day before" if p_value <= 0 else f"one day in {form.count(round(1 / p_value))}"


_TENTHS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def scored(frame: Frame) -> Frame:
    """The rows of days that have a score."""
    return frame.filter(pl.col("score").is_not_null())


def unscored(frame: Frame) -> bool:
    """Whether no day has a score above nothing."""
    return frame.filter(pl.col("score") > 0).is_empty()


def unflagged(frame: Frame) -> bool:
    """Whether no day was flagged."""
    return frame.filter(pl.col("is_anomaly")).is_empty()


def days(frame: Frame) -> list[date]:
    """The days that were flagged, ascending."""
    return frame.filter(pl.col("is_anomaly"))["date"].unique().sort().to_list()


def is_known_day() -> pl.Expr:
    """Whether a row is of a holiday, an event or a day like one a year before: it is explained, and not flagged."""
    return pl.col("explanation").is_not_null() & ~pl.col("is_anomaly").any().over("date")


def alarms(frame: Frame) -> int:
    """How many alarms that were: a run of flagged days is one."""
    return frame.filter(pl.col("is_alarm"))["date"].n_unique()


def span(frame: Frame, look: Look) -> Frame:
    """The rows of the days that are shown."""
    last = frame["date"].max()
    if not isinstance(last, date):
        return frame
    first = last - timedelta(days=_LAST[AnomalyFilters.of(look.filters).span] - 1)
    return frame.filter(pl.col("date") >= first)


def opened(frame: Frame, look: Look) -> date | None:
    """The day that is opened: the chosen one, else the newest that was flagged, else the newest that has a score."""
    chosen = AnomalyFilters.of(look.filters).opened
    if chosen is not None:
        return chosen
    found = days(frame) or scored(frame)["date"].unique().sort().to_list()
    return found[-1] if found else None


def ordered(frame: Frame) -> list[str]:
    """The metrics: counts as they come on the way to an order, amounts, then ratios."""
    known = frame["metric"].unique(maintain_order=True).to_list()
    return sorted(known, key=_place)


_PLACES = {"sessions": 0, "downloads": 0, "orders": 2, "revenue": 3, "mean_amount": 4}


def _place(metric: str) -> tuple[int, str]:
    if is_ratio(metric):
        return 5, metric
    return _PLACES.get(metric, 1), metric


def course(frame: Frame, look: Look) -> str:
    """How many days were flagged, and the last of them with what carried it."""
    form = formats(look)
    shown = span(frame, look)
    count = shown["date"].n_unique()
    flagged = days(shown)
    if unscored(shown):
        return NO_SCORE
    of = f"the last {form.count(count)} {plural(count, 'day')}"
    if not flagged:
        return f"No day of {of} stands out."
    raised = alarms(shown)
    told = f"{form.count(len(flagged))} of {of} {plural(len(flagged), 'stands', 'stand')} out"
    in_a_row = f" ({form.count(raised)} {plural(raised, 'alarm')})" if 0 < raised < len(flagged) else ""
    carried = ", ".join(carrier(row, form) for row in carrying(shown, flagged[-1]))
    return f"{told}{in_a_row}, the last on {weekday(flagged[-1])}: {carried}."


def carrying(frame: Frame, day: date) -> list[Row]:
    """The rows that a flagged day rests on, the farthest from what was expected first."""
    rows = frame.filter(pl.col("is_anomaly"), date=day).iter_rows(named=True)
    return sorted(rows, key=lambda row: (-abs(row["residual"] or 0.0), row["metric"]))


def carrier(row: Row, form: Formats) -> str:
    """A metric with its change: orders −42.0%."""
    return f"{title(row['metric'])} {changed(row, form)}"


def calendar(frame: Frame, look: Look) -> str:
    """The most unusual of the days that are shown."""
    form = formats(look)
    shown = scored(span(frame, look))
    if shown.is_empty():
        return NO_SCORE
    row = shown.sort("score", "date", descending=[True, False]).row(0, named=True)
    return f"The most unusual day was {weekday(row['date'])}, as {rarity(row['p_value'], form)} is."
