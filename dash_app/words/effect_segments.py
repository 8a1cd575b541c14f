"""Segments of customers before and after, in words and in a table."""

from __future__ import annotations

from functools import partial

import polars as pl

from dash_app.records import Cell, Head, Listing, Look
from dash_app.words.effect_opened import test, verdict
from dash_app.words.effects import Subject, coverage, level, p_value, signed, title
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING, told
from dash_app.words.rows import Row


def moved(frame: pl.DataFrame, look: Look) -> str:
    """How many customers have changed their segment since: they stay with the one in which they began."""
    form = formats(look)
    customers, count = int(frame["customers"].sum()), int(frame["moved_customers"].sum())
    share = f" ({form.share(count / customers)})" if customers else ""
    return (
        f"{form.count(count)} of {form.count(customers)} {plural(customers, 'customer')}{share} have changed their segment "
        "since the oldest period began; all count where they were then, because leaving them out finds changes in nothing."
    )


def listed(frame: pl.DataFrame, look: Look, subject: Subject) -> Listing:
    """Every segment: sizes, both means, the change beyond the shop's own, the raw one, and the verdict."""
    heads = (
        Head("Segment", is_number=False),
        Head("Customers"),
        Head("Moved"),
        Head("Before"),
        Head("After"),
        Head("Change beyond the shop's"),
        Head(f"{coverage(look)} interval"),
        Head("Raw change"),
        Head("p, corrected"),
        Head("Verdict", is_number=False),
    )
    rows = frame.sort(*subject.names)
    return Listing(heads, tuple(_cells(row, look, subject) for row in rows.iter_rows(named=True)))


def _cells(row: Row, look: Look, subject: Subject) -> tuple[Cell, ...]:
    form, metric = formats(look), row["metric"]
    change = partial(signed, metric=metric, form=form)
    mean = partial(level, metric=metric, form=form)
    has_ends = row["ci_low"] is not None and row["ci_high"] is not None
    return (
        Cell(title(row, subject.names)),
        *(_counted(row, name, form) for name in ("customers", "moved_customers")),
        told(row["mean_before"], mean),
        told(row["mean_after"], mean),
        told(row["difference"], change),
        Cell(f"{change(row['ci_low'])} to {change(row['ci_high'])}" if has_ends else NOTHING),
        told(row["raw_difference"], change),
        Cell(p_value(row["p_adjusted"], form), title=test(row["test"])),
        Cell(verdict(row)),
    )


def _counted(row: Row, name: str, form: Formats) -> Cell:
    """A number of customers, which opens these."""
    return Cell(form.count(row[name]), opens=(name, {"item": row["item"]}) if row[name] else None)
