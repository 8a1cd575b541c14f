"""Recency, frequency and amount in words."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look
from dash_app.words.formats import Formats, formats, plural

_AXES = ("recency_hours", "frequency_hours", "monetary")


def days(hours: float, form: Formats) -> str:
    """Hours as days: 3.2 d."""
    return f"{form.mean(hours / 24)} d"


def room(frame: pl.DataFrame, look: Look) -> str:
    """How many customers there are, and how many have no time between orders."""
    form = formats(look)
    total = int(frame["customers"].sum())
    once = int(frame.filter(pl.col("frequency_bin").is_null())["customers"].sum())
    if not total:
        return "No customer has ordered yet."
    said = f"Of {form.count(total)} {plural(total, 'customer')} with an order {form.count(once)}"
    return f"{said} ({form.share(once / total)}) have no time between orders yet."


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
    reach = f"from {form.money(best['min'])} on" if money else f"up to {form.mean(best['max'] / 24)} days"
    count = f"{form.count(best['customers'])} of {form.count(total)} customers"
    return f"The best score, 5, goes to {count} ({share}): {noun} {reach}."
