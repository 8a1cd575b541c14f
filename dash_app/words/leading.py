"""Who leads a table: in all, or in the last seven days of a table by day."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from dash_app.records import Look
from dash_app.words.dates import day
from dash_app.words.formats import formats
from dash_app.words.names import quoted
from dash_app.words.rows import earlier
from dash_app.words.versus import clause, more_or_less

DAYS = 7
"""How long the last days are."""


def totals(frame: pl.DataFrame, name: str, measure: str) -> pl.DataFrame:
    """``name`` and the sum of the measure over all days, the most first."""
    return ranked(frame.group_by(name).agg(pl.col(measure).sum()), name, measure)


def ranked(frame: pl.DataFrame, name: str, measure: str) -> pl.DataFrame:
    """The rows, the most first; of equal ones in the order of their names."""
    return frame.sort(measure, name, descending=[True, False], nulls_last=True)


def span(rows: pl.DataFrame, last: date) -> pl.DataFrame:
    """The rows of the seven days up to one."""
    return rows.filter(pl.col("date").is_between(last - timedelta(days=DAYS - 1), last))


def last_day(rows: pl.DataFrame, look: Look) -> date:
    """The day of the report, or else the last that has a row."""
    return look.day or max(rows["date"].to_list())


def of_the_last_days(frame: pl.DataFrame, look: Look, name: str, measure: str, did: str, noun: str) -> str:
    """The name with the most in the last seven days, against the seven days before.

    Args:
        did: what it did with the measure: brought the most revenue.
        noun: what the names are.
    """
    form = formats(look)
    last = last_day(frame, look)
    recent = totals(span(frame, last), name, measure)
    if recent.is_empty():
        return f"In the last seven days there was nothing; the last time was {day(max(frame['date'].to_list()))}."
    first, value = recent.row(0)
    count = frame[name].n_unique()
    of = f" of {form.count(count)} {noun}" if count > 1 else ""
    before = span(frame, last - timedelta(days=DAYS)).filter(pl.col(name) == first)[measure].sum()
    is_money = measure in ("revenue", "discount")
    then = more_or_less(value, float(before), form, countable=not is_money)
    written = form.money(value) if is_money else form.count(value)
    against = clause(then, "in the seven days before")
    return f"In the last seven days {quoted(first)} {did}{of}: {written}{against}."


def as_of_then(row: dict[str, object], name: str, measure: str, look: Look, *, countable: bool = True) -> str:
    """How the number was as of the earlier day; empty without comparison."""
    compare, now = earlier(look), row[measure]
    if compare is None or look.compare_day is None or not isinstance(now, int | float):
        return ""
    found = compare.filter(pl.col(name).eq_missing(row[name]))[measure].to_list()
    if not found or found[0] is None:
        return ""
    form = formats(look)
    then = form.count(found[0]) if countable else form.money(found[0])
    return clause(more_or_less(now, found[0], form, countable=countable), f"as of {day(look.compare_day)} ({then})")
