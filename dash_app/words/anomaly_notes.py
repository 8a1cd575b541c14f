"""What could not be taken out of the figures of some days, and so may be why they deviate: of which figures, until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from dash_app.records import Look
from dash_app.words import anomalies as words
from dash_app.words.dates import day
from dash_app.words.formats import formats

Frame = pl.DataFrame

_BETWEEN = "; "
_NAMED = 2


def left_in(frame: Frame, look: Look) -> tuple[str, ...]:
    """Each note of some rows once: until which day, and of which figures, where it is not of all of them."""
    notes = frame.drop_nulls("note").with_columns(pl.col("note").str.split(_BETWEEN)).explode("note")
    return tuple(_told(frame, notes, look))


def _told(frame: Frame, notes: Frame, look: Look) -> Iterator[str]:
    for (note,), rows in notes.group_by("note", maintain_order=True):
        yield f"{note}{_of(frame, rows, look)}{_until(frame, rows)}"


def _of(frame: Frame, rows: Frame, look: Look) -> str:
    own = words.ordered(rows)
    every = frame.filter(pl.col("date") == rows["date"].max())["metric"].n_unique()
    if len(own) >= every:
        return ""
    if len(own) <= _NAMED:
        return f" (of {' and '.join(words.title(metric) for metric in own)})"
    form = formats(look)
    return f" (of {form.count(len(own))} of {form.count(every)} figures)"


def _until(frame: Frame, rows: Frame) -> str:
    last = rows["date"].max()
    return f", until {day(last)}" if isinstance(last, date) and last != frame["date"].max() else ""
