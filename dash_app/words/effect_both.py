"""Orders and revenue of promotions as one family of tests, in words and in a table."""

from __future__ import annotations

from functools import partial

import polars as pl

from dash_app.records import Cell, Head, Listing, Look
from dash_app.words.effect_opened import verdict
from dash_app.words.effect_subjects import METRICS
from dash_app.words.effects import Subject, coverage, known, p_value, ranked, signed, title, top
from dash_app.words.formats import formats, plural
from dash_app.words.lists import NOTHING, name, told
from dash_app.words.rows import Row


def found(frame: pl.DataFrame, look: Look, subject: Subject) -> str:
    """How many changes of either metric survive a correction over both."""
    form = formats(look)
    able = known(frame).filter(pl.col("significant").is_not_null())
    count = able.filter("significant").height
    items = able["item"].n_unique()
    if able.is_empty():
        return f"No {subject.noun} has enough {subject.few} for a verdict."
    return (
        f"{form.count(count)} of {form.count(able.height)} {plural(able.height, 'change')} in orders and revenue of "
        f"{form.count(items)} {plural(items, subject.noun, subject.nouns)} {plural(count, 'survives', 'survive')} a correction "
        "over both."
    )


def listed(frame: pl.DataFrame, look: Look, subject: Subject) -> Listing:
    """The surest first: a change in orders and one in revenue cannot be held against each other by their size."""
    heads = (
        Head(subject.noun.capitalize(), is_number=False),
        Head("Metric", is_number=False),
        Head("Change"),
        Head(f"{coverage(look)} interval"),
        Head("Raw"),
        Head("Customers"),
        Head("p, corrected"),
        Head("Verdict", is_number=False),
    )
    surest = ranked(frame, "certainty", (*subject.names, "metric"))
    without = frame.join(surest.select("item", "metric"), on=["item", "metric"], how="anti").sort("item", "metric")
    rows = pl.concat([surest, without]).head(top(look))
    form = formats(look)
    shown = f"{form.count(rows.height)} of {form.count(frame.height)} rows"
    note = shown if rows.height < frame.height else ""
    return Listing(heads, tuple(_cells(row, look, subject) for row in rows.iter_rows(named=True)), note)


def _cells(row: Row, look: Look, subject: Subject) -> tuple[Cell, ...]:
    form, metric = formats(look), row["metric"]
    change = partial(signed, metric=metric, form=form)
    called = name(title(row, subject.names))
    has_ends = row["ci_low"] is not None and row["ci_high"] is not None
    return (
        Cell(called.text, title=called.title, chooses=("item", str(row["item"]))),
        Cell(str(METRICS.get(metric, metric))),
        told(row["difference"], change),
        Cell(f"{change(row['ci_low'])} to {change(row['ci_high'])}" if has_ends else NOTHING),
        told(row["raw_difference"], change),
        Cell(form.count(row["customers"]), opens=("customers", {"item": row["item"]}) if row["customers"] else None),
        Cell(p_value(row["p_adjusted"], form)),
        Cell(verdict(row)),
    )
