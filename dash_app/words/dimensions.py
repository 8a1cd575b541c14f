"""Sentences about the values of the declared dimensions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from dash_app.records import Look
from dash_app.words import names
from dash_app.words.formats import formats
from dash_app.words.versus import clause, more_or_less

MAX_DIMENSIONS = 3
_DAYS = 7


def revenue_by_value(frame: pl.DataFrame, look: Look) -> str:
    """The value with the most revenue of each dimension, of three at most."""
    form = formats(look)
    parts = []
    for dimension, rows in _by_dimension(frame):
        total, best = rows["revenue"].sum(), _best(rows)
        if total > 0:
            share = form.share(best["revenue"] / total)
            amount = form.compact_money(best["revenue"])
            parts.append(f"from {_orders_of(best['value'], dimension)} ({share}, {amount})")
    if not parts:
        return "No value of a dimension has revenue yet."
    *first, last = parts
    return f"The most revenue comes {' and '.join(filter(None, (', '.join(first), last)))}."


def daily_revenue_by_value(frame: pl.DataFrame, look: Look) -> str:
    """The first dimension's value with the most revenue in the last seven days, against the seven days before."""
    form = formats(look)
    dimension, rows = _by_dimension(frame)[0]
    last: date = rows["date"].sort()[-1]
    covered = rows["date"].n_unique()
    days = min(covered, _DAYS)
    recent = _sums(rows, last, days)
    best, total = _best(recent), float(recent["revenue"].sum())
    span = (
        "In the last seven days" if days == _DAYS else f"In the first {days} days" if days > 1 else "On the first day"
    )
    if total <= 0:
        return f"{span} there was no revenue."
    part, a_day = form.share(best["revenue"] / total), form.compact_money(best["revenue"] / days)
    said = f"{span} {_orders_of(best['value'], dimension)} brought {a_day} a day, {part} of all"
    if covered < 2 * _DAYS:
        return f"{said}."
    before = _sums(rows, last - timedelta(days=_DAYS), _DAYS).filter(pl.col("value").eq_missing(best["value"]))
    then = more_or_less(best["revenue"], float(before["revenue"].sum()), form, countable=False)
    return f"{said}{clause(then, 'in the seven days before')}."


def _orders_of(value: str | None, dimension: str) -> str:
    said = names.of_dimension(value, dimension)
    return f"orders {said}" if value is None else said


def _by_dimension(frame: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    parts = frame.partition_by("dimension", as_dict=True, maintain_order=True)
    return [(str(key[0]), rows) for key, rows in parts.items()][:MAX_DIMENSIONS]


def _sums(rows: pl.DataFrame, last: date, days: int) -> pl.DataFrame:
    """Revenue by value on the days up to ``last``."""
    span = rows.filter(pl.col("date").is_between(last - timedelta(days=days - 1), last))
    return span.group_by("value", maintain_order=True).agg(pl.col("revenue").sum())


def _best(rows: pl.DataFrame) -> dict[str, Any]:
    """The value with the most revenue; of equal ones the first by name."""
    return rows.sort("revenue", "value", descending=[True, False], nulls_last=True).row(0, named=True)
