"""The names that lead a table by day and name, a panel each: promotions, products."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from dash_app.figures.frame import compared_note
from dash_app.figures.opening import X, opens
from dash_app.figures.panels import MOST, Panel, is_even, panels
from dash_app.figures.periods import moved
from dash_app.records import Figure, Look
from dash_app.words.formats import formats
from dash_app.words.leading import totals


@dataclass(frozen=True, slots=True)
class Daily:
    """What is drawn.

    Attributes:
        name, measure: columns of the report, which has a row for each day and name that occur together.
        noun: what the names are.
        top: so many panels.
        money: the measure is an amount.
        opens: whether its numbers count orders that can be opened.
    """

    name: str
    measure: str
    noun: str
    top: int
    money: bool = False
    opens: bool = False


def dailies(frame: pl.DataFrame, look: Look, kind: Daily) -> Figure:
    """A panel for each of the names with the most in all; days without a row are zero."""
    form = formats(look)
    ranked = totals(frame, kind.name, kind.measure)
    shown = ranked.head(min(kind.top, MOST))
    days = _days(frame, look)
    earlier = moved(frame, look, "date", "day")
    then = days if earlier is None else days.filter(pl.col("date") >= earlier["date"].min())
    before, after = form.affixes if kind.money else ("", "")
    write = form.compact_money if kind.money else form.compact
    parts = [
        Panel(
            name,
            write(total),
            _filled(frame, name, kind, days),
            None if earlier is None else _filled(earlier, name, kind, then),
            opens(kind.measure, date=X, **{kind.name: name}) if kind.opens else {},
        )
        for name, total in shown.iter_rows()
    ]
    notes = (
        f"{kind.measure} per day, {'all on one' if is_even(parts) else 'each on its own'} scale, and in all",
        f"{len(parts)} of {form.count(ranked.height)} {kind.noun}" if len(parts) < ranked.height else "",
        compared_note(look) if earlier is not None else "",
    )
    hover = f"{before}%{{y:,.{form.minor_digits if kind.money else 0}f}}{after}"
    return panels(parts, look, notes, hover, money=kind.money)


def _days(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """Every day from the first row to the report's day."""
    first, last = frame["date"].min(), look.day or frame["date"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return pl.DataFrame(schema={"date": pl.Date})
    count = (last - first).days + 1
    return pl.DataFrame({"date": [first + timedelta(days=offset) for offset in range(count)]})


def _filled(frame: pl.DataFrame, name: Any, kind: Daily, days: pl.DataFrame) -> pl.DataFrame:
    own = frame.filter(pl.col(kind.name) == name).select("date", value=kind.measure)
    return days.join(own, on="date", how="left", maintain_order="left").with_columns(pl.col("value").fill_null(0))
