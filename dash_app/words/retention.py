"""Sentences about who orders again and what that brings."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look
from dash_app.words import ages
from dash_app.words.dates import Grain, day, period
from dash_app.words.formats import formats, plural
from dash_app.words.rows import earlier
from dash_app.words.versus import clause, more_or_less, points_more_or_less

_LATER: dict[Grain, int] = {"day": 28, "week": 26, "month": 6}
_YEAR = 12
_TOO_YOUNG = "No {} after the first order is over yet."


def retention(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """Which part ordered in the period after the first order, and in one well after it."""
    form = formats(look)
    late = ages.last_offset(frame, _LATER[grain], first=1)
    if late is None:
        return _TOO_YOUNG.format(grain)
    size, rate = ages.pooled(frame, 1)
    said = f"In {grain} 1 after their first order, {form.share(rate)} of {form.count(size)} {plural(size, 'customer')} ordered"
    said += _since(rate, look)
    if late == 1:
        return f"{said}."
    size, rate = ages.pooled(frame, late)
    return f"{said}; in {grain} {late}, {form.share(rate)} of {form.count(size)} did."


def curves(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """The newest cohort of at least ``ages.FEWEST`` customers with a finished period after its first order, against all before it.

    Where no cohort is so large, the newest of all.
    """
    form = formats(look)
    if ages.last_offset(frame, 1, first=1) is None:
        return _TOO_YOUNG.format(grain)
    late, early = ages.newest_one(frame, 1)
    size, rate = ages.pooled(late, 1)
    cohort = period(late["cohort"][0], grain)
    said = f"Of {form.count(size)} {plural(size, 'customer')} with the first order in {cohort}, {form.share(rate)} ordered in the {grain} after"
    if early.is_empty():
        return f"{said}."
    _, before = ages.pooled(early, 1)
    then = points_more_or_less(rate, before, form)
    return f"{said}, {then} in all cohorts before ({form.share(before)})."


def revenue(frame: pl.DataFrame, look: Look) -> str:
    """What a customer has brought by the end of half a year, or by a year where there is one."""
    form = formats(look)
    month = ages.last_offset(frame, _YEAR)
    if month is None:
        return "No month of a cohort is over yet."
    size, amount = ages.pooled(frame, month, "cumulative_revenue_per_customer")
    said = f"By month {month} after the first order, {form.count(size)} {plural(size, 'customer')} had brought {form.money(amount)} each"
    before = earlier(look)
    then = ""
    if before is not None and look.compare_day is not None:
        _, was = ages.pooled(before, month, "cumulative_revenue_per_customer")
        then = clause(more_or_less(amount, was, form, countable=False), f"up to {day(look.compare_day)}")
    if month == 0:
        return f"{said}{then}."
    _, first = ages.pooled(
        frame.filter(pl.col("cohort").is_in(_cohorts_at(frame, month))), 0, "cumulative_revenue_per_customer"
    )
    return f"{said}{then}; {form.money(first)} of it in the month of the first order."


def revenue_curves(frame: pl.DataFrame, look: Look) -> str:
    """The newest cohort of at least ``ages.FEWEST`` customers whose first month after the first order is over, against all before it.

    Where no cohort is so large, the newest of all.
    """
    form = formats(look)
    month = ages.last_offset(frame, 1)
    if month is None:
        return "No month of a cohort is over yet."
    late, early = ages.newest_one(frame, month)
    size, amount = ages.pooled(late, month, "cumulative_revenue_per_customer")
    cohort = period(late["cohort"][0], "month")
    who = f"{form.count(size)} {plural(size, 'customer')} with the first order in {cohort}"
    said = f"By month {month} after it, {who} had brought {form.money(amount)} each"
    if early.is_empty():
        return f"{said}."
    _, before = ages.pooled(early, month, "cumulative_revenue_per_customer")
    return f"{said}{clause(more_or_less(amount, before, form, countable=False), f'all cohorts before ({form.money(before)})')}."


def _cohorts_at(frame: pl.DataFrame, offset: int) -> list[object]:
    return ages.over(frame).filter(pl.col("offset") == offset)["cohort"].to_list()


def _since(rate: float, look: Look) -> str:
    before = earlier(look)
    if before is None or look.compare_day is None:
        return ""
    size, then = ages.pooled(before, 1)
    return clause(points_more_or_less(rate, then, formats(look)), f"up to {day(look.compare_day)}") if size else ""
