"""Sentences about growth: who came, stayed, came back and left, and what that brought."""

from __future__ import annotations

from typing import Literal

import polars as pl

from dash_app.records import Look
from dash_app.words.dates import Grain, within
from dash_app.words.formats import formats, plural
from dash_app.words.names import capital
from dash_app.words.rows import ending, spot

Measure = Literal["revenue", "orders"]
PARTS = ("returning_customers", "new_customers", "reactivated_customers")
"""Of which the customers of a period are made."""
GONE = "churned_customers"


def metric(frame: pl.DataFrame, name: str, grain: Grain) -> pl.DataFrame:
    """The rows of one metric by week or month, in the order of time."""
    return frame.filter((pl.col("period") == grain) & (pl.col("metric") == name)).sort("date")


def customers(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """Of whom the customers of the last finished period were made, and how many of the period before stayed away."""
    form = formats(look)
    found = {name: spot(rows, "date") for name in (*PARTS, GONE) if (rows := metric(frame, name, grain)).height}
    if not found:
        return f"There is no {grain} yet."
    first = next(iter(found.values()))
    counts = {name: at.last["value"] for name, at in found.items()}
    active = sum(counts.get(name, 0) for name in PARTS)
    start = (
        capital(within(first.last["date"], grain))
        if first.is_finished
        else f"So far {within(first.last['date'], grain)}"
    )
    made = ", ".join(f"{form.count(counts[name])} {name.partition('_')[0]}" for name in PARTS if name in counts)
    said = f"{start}, {form.count(active)} {plural(active, 'customer')} ordered ({made})"
    if GONE in counts and first.is_finished:
        said += f"; {form.count(counts[GONE])} of the {grain} before did not"
    return f"{said}{ending(first, grain)}."


def measure(frame: pl.DataFrame, look: Look, name: Measure, grain: Grain) -> str:
    """Revenue or orders of the last finished period, against the one before and a year before."""
    form = formats(look)
    rows = metric(frame, name, grain)
    if rows.is_empty():
        return f"There is no {grain} yet."
    found = spot(rows, "date")
    value = found.last["value"]
    when = within(found.last["date"], grain)
    start = capital(when) if found.is_finished else f"So far {when}"
    said = (
        f"{start} revenue was {form.money(value)}"
        if name == "revenue"
        else f"{start} there {'was' if value == 1 else 'were'} {form.count(value)} {plural(value, 'order')}"
    )
    changes = [
        f"{form.change(found.last[column])} {words}"
        for column, words in (("change_previous", f"on the {grain} before"), ("change_year", "on a year before"))
        if found.last[column] is not None
    ]
    then = f", {' and '.join(changes)}" if changes else ""
    return f"{said}{then}{ending(found, grain)}."
