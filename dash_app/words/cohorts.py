"""Sentences about cohorts that are followed to their next order."""

from __future__ import annotations

from typing import Literal

import polars as pl

from dash_app.records import Look
from dash_app.words import ages
from dash_app.words.dates import Grain, day
from dash_app.words.formats import formats, plural
from dash_app.words.rows import earlier
from dash_app.words.versus import clause, points_more_or_less

Number = Literal[0, 1, 2, 3]
AGES: dict[Grain, int] = {"day": 7, "week": 4, "month": 3}
"""How old a cohort is when a sentence looks at it."""
_ORDINALS = ("", "first", "second", "third", "fourth")


def start(number: Number) -> str:
    """The event with which a cohort begins: the download, the first order."""
    return "the download" if number == 0 else order(number)


def order(number: int) -> str:
    """An order by its number: the second order."""
    return f"the {_ORDINALS[number]} order"


def cohorts(frame: pl.DataFrame, look: Look, grain: Grain, number: Number) -> str:
    """Which part of the customers has come after some days or weeks, against the report of an earlier day."""
    form = formats(look)
    age = ages.last_offset(frame, AGES[grain])
    if age is None:
        return f"No {grain} after {start(number)} is over yet."
    size, rate = ages.pooled(frame, age, "cumulative_rate")
    said = (
        f"By {grain} {age} after {start(number)}, {form.share(rate)} of {form.count(size)} {plural(size, 'customer')}"
    )
    return f"{said} had {order(number + 1)}{_since(rate, age, look)}."


def newest(frame: pl.DataFrame, look: Look, grain: Grain, number: Number) -> str:
    """The newest cohorts against those before them, at the same age."""
    form = formats(look)
    age = ages.last_offset(frame, AGES[grain])
    if age is None:
        return f"No {grain} after {start(number)} is over yet."
    late, early = ages.newest(frame, age, ages.NEWEST[grain])
    size, rate = ages.pooled(late, age, "cumulative_rate")
    when = (
        f"By {grain} {age} after {start(number)}, {form.share(rate)} of {form.count(size)} {plural(size, 'customer')}"
    )
    if early.is_empty():
        return f"{when} had {order(number + 1)}; there are no older cohorts to compare with yet."
    _, before = ages.pooled(early, age, "cumulative_rate")
    then = points_more_or_less(rate, before, form)
    return f"{when} of the newest {ages.NEWEST[grain]} {plural(2, grain)} had {order(number + 1)}, {then} of those before ({form.share(before)})."


def _since(rate: float, age: int, look: Look) -> str:
    """How it was as of the earlier day, at the same age."""
    before = earlier(look)
    if before is None or look.compare_day is None:
        return ""
    size, then = ages.pooled(before, age, "cumulative_rate")
    return clause(points_more_or_less(rate, then, formats(look)), f"up to {day(look.compare_day)}") if size else ""
