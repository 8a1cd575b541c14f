"""Recency, frequency and amount in words."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look
from dash_app.words.formats import Formats, formats, plural

_HOURS_TO, _WHOLE_FROM = 48, 100
_AXES = ("recency_hours", "frequency_hours", "monetary")


def short(hours: float, form: Formats) -> str:
    """A time for a small place, in the unit in which it is read best.

    >>> [short(hours, Formats()) for hours in (0.4, 9.1, 76.8, 3439.0)]
    ['24 min', '9.1 h', '3.2 d', '143 d']
    """
    number, unit = _read_best(hours, form)
    return f"{number} {unit if unit == 'min' else unit[0]}"


def long(hours: float, form: Formats) -> str:
    """The same in a sentence.

    >>> [long(hours, Formats()) for hours in (0.4, 9.1, 76.8)]
    ['24 minutes', '9.1 hours', '3.2 days']
    """
    number, unit = _read_best(hours, form)
    return f"{number} {'minutes' if unit == 'min' else unit}"


def _read_best(hours: float, form: Formats) -> tuple[str, str]:
    if hours < 1:
        return form.count(hours * 60), "min"
    number, unit = (hours, "hours") if hours < _HOURS_TO else (hours / 24, "days")
    return form.number(number, 1 if number < _WHOLE_FROM else 0), unit


def room(frame: pl.DataFrame, look: Look) -> str:
    """How many customers there are, and how many have no time between orders."""
    form = formats(look)
    total = int(frame["customers"].sum())
    once = int(frame.filter(pl.col("frequency_bin").is_null())["customers"].sum())
    if not total:
        return "No customer has ordered yet."
    if not once:
        return f"{form.count(total)} {plural(total, 'customer')} with an order, all with a time between orders."
    said = f"Of {form.count(total)} {plural(total, 'customer')} with an order {form.count(once)}"
    return f"{said} ({form.share(once / total)}) {plural(once, 'has', 'have')} no time between orders yet."


def view(frame: pl.DataFrame, look: Look) -> str:
    """How many customers a view shows, and whether one by one; the others have no time between orders."""
    form = formats(look)
    if not frame["customers"].sum():
        return "No customer has ordered yet."
    frame = frame.drop_nulls([name for name in _AXES if name in frame.columns])
    total = int(frame["customers"].sum())
    if not total:
        return "No customer has ordered twice yet."
    count = f"{form.count(total)} {plural(total, 'customer')}"
    if frame["is_binned"].any():
        return f"{count} in {form.count(frame.height)} bins: darker squares hold more of them."
    shown = form.count(frame.height)
    if frame.height == total:
        return f"Each of the {shown} points is a customer." if total > 1 else "The point is a customer."
    return f"Each of the {shown} points stands for the customers with the same values, {count} in all."


def clusters(frame: pl.DataFrame, look: Look, noun: str, *, money: bool = False) -> str:
    """The best cluster: how many customers it holds and up to where it reaches."""
    form = formats(look)
    total = int(frame.unique(["score", "min"])["customers"].sum())
    known = frame.drop_nulls("bin_index")
    if known.is_empty():
        return f"None of {form.count(total)} {plural(total, 'customer')} has {noun} yet."
    best = known.sort("score").row(-1, named=True)
    share = form.share(best["customers"] / total)
    reach = f"from {form.money(best['min'])} on" if money else f"up to {long(best['max'], form)}"
    count = f"{form.count(best['customers'])} of {form.count(total)} {plural(total, 'customer')}"
    return f"The best score, 5, goes to {count} ({share}): {noun} {reach}."
