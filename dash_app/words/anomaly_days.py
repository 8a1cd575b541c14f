"""Flagged days in words: the list of them, one of them by itself, and the dimension values behind it."""

from __future__ import annotations

from datetime import date

import polars as pl

from ca_platform.catalogue.anomalies import DAY_REPORTS
from dash_app.flagged import OPENED
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import anomalies as words
from dash_app.words.anomalies import Frame
from dash_app.words.anomaly_notes import left_in
from dash_app.words.dates import weekday
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING, name
from dash_app.words.names import capital, quoted, value, without
from dash_app.words.rows import Row

MOST = 20
"""Days of the list; the file has all."""
_TOLD = 3
NO_FLAG = "No day stands out: every day with a score lies within what the days before it let expect."
NONE_SHOWN = "None of the days that are shown stands out."
NOT_SCORED = "This day has no score: it lies in the first eight weeks, or it is not in the report."
NO_VALUES = "No value of a dimension is known to be behind a flagged day."
NOT_BEHIND = "Of this day no dimension value is told: it is not flagged, or its figures have no dimensions."


# ---- the list of flagged days ---------------------------------------------------------------------------------------


def flagged_rows(frame: Frame, look: Look) -> Frame:
    """The rows of flagged days that are shown."""
    return words.span(frame, look).filter(pl.col("is_anomaly").any().over("date"))


def flagged(frame: Frame, look: Look) -> str:
    """How many days were flagged beside how many the budget lets come by chance; ``look.also`` has all rows."""
    form = formats(look)
    shown = frame if look.also is None else words.span(look.also, look)
    count = words.scored(shown)["date"].n_unique()
    found, raised = len(words.days(shown)), words.alarms(shown)
    chance, reports = look.budget * count / 30, len(DAY_REPORTS)
    return (
        f"{form.count(raised)} {plural(raised, 'alarm')} on {form.count(found)} flagged {plural(found, 'day')}; the budget lets "
        f"chance alone raise {words.few(chance, form)} on {form.count(count)} scored {plural(count, 'day')}, and "
        f"{words.few(reports * look.budget, form)} in 30 days over all {reports} reports."
    )


def listed(frame: Frame, look: Look, *, leads: str, called: str) -> Listing:
    """The newest flagged days: what carried each, how unusual it was, why; the day opens, the page shows it.

    Args:
        leads: address of the page about the figures, with room for the day.
        called: what that page is called.
    """
    form = formats(look)
    days = words.days(frame)[::-1]
    heads = (
        Head("Day", is_number=False),
        Head("What stands out", is_number=False, is_long=True),
        Head("So unusual", is_number=False),
        Head("See", is_number=False),
    )
    rows = tuple(_day(frame, day, form, leads.format(day=day), called) for day in days[:MOST])
    cut = [f"{MOST} of {form.count(len(days))} days"] if len(days) > MOST else []
    carried = frame.filter(pl.col("is_anomaly"), pl.col("date").is_in(days[:MOST]))
    return Listing(heads, rows, "; ".join([*cut, *left_in(carried, look)]))


def _day(frame: Frame, day: date, form: Formats, leads: str, called: str) -> tuple[Cell, ...]:
    row = _first(frame, day)
    return (
        Cell(weekday(day), chooses=(OPENED, str(day))),
        Cell(_why(frame, day, form, _TOLD)),
        Cell(words.rarity(row["p_value"], form)),
        Cell(called, leads=leads),
    )


def _first(frame: Frame, day: date) -> Row:
    """A row of the day, one that carries the alarm where there is one."""
    return frame.filter(date=day).sort("is_anomaly", descending=True, maintain_order=True).row(0, named=True)


# ---- one day --------------------------------------------------------------------------------------------------------


def of_day(frame: Frame, look: Look) -> Frame:
    """The rows of the opened day, where it has a score."""
    day = words.opened(frame, look)
    return frame.clear() if day is None else words.scored(frame).filter(date=day)


def sentence(frame: Frame, look: Look) -> str:
    """What happened on the day: how unusual it was, what carried it, and why."""
    form = formats(look)
    row = _first(frame, frame["date"][0])
    day, said = weekday(row["date"]), words.rarity(row["p_value"], form)
    if row["is_anomaly"]:
        return f"{day} stands out, as unusual as {said}: {_why(frame, row['date'], form, 1)}."
    known = f"; {row['explanation']}" if row["explanation"] else ""
    return f"{day} does not stand out, as unusual as {said}{known}."


def counted(frame: Frame, look: Look) -> str:
    """How many figures of the day stand out."""
    form = formats(look)
    found = frame.filter(pl.col("is_anomaly")).height
    day = weekday(frame["date"][0])
    return (
        f"On {day} {form.count(found)} of {form.count(frame.height)} {plural(frame.height, 'figure')} "
        f"{plural(found, 'stands', 'stand')} out."
    )


def _why(frame: Frame, day: date, form: Formats, most: int) -> str:
    """What carries the day, with the dimension values behind it; of many figures the farthest ones."""
    rows = words.carrying(frame, day)
    told = [_told(row, form) for row in rows]
    more = len(told) - most
    rest = f"; and {more} more {plural(more, 'figure')}" if more > 0 else ""
    return f"{'; '.join(told[:most])}{rest}"


def _told(row: Row, form: Formats) -> str:
    """A figure, and in brackets the dimension value that carries it."""
    figure, _, rest = str(row["explanation"] or words.carrier(row, form)).rstrip(".").partition(". ")
    return f"{figure} ({rest})" if rest else figure


def metrics(frame: Frame, look: Look, *, leads: str, called: str) -> Listing:
    """Every figure of the day beside what was expected of it."""
    form = formats(look)
    order = words.ordered(frame)
    rows = sorted(frame.iter_rows(named=True), key=lambda row: order.index(row["metric"]))
    heads = (
        Head("Figure", is_number=False),
        Head("Came"),
        Head("Expected"),
        Head("Usual range"),
        Head("Change"),
        Head("Stands out", is_number=False),
    )
    day = frame["date"][0]
    cells = tuple(_metric(row, form, leads.format(day=day)) for row in rows)
    notes = (f"on {weekday(day)}", *left_in(frame, look), f"a name leads to {called} on that day")
    return Listing(heads, cells, "; ".join(notes))


def _metric(row: Row, form: Formats, leads: str) -> tuple[Cell, ...]:
    metric = row["metric"]
    actual, expected, low, high = (
        words.written(row[name], metric, form) for name in ("actual", "expected", "low", "high")
    )
    return (
        Cell(capital(words.title(metric)), leads=leads),
        Cell(actual),
        Cell(expected),
        Cell(NOTHING if row["low"] is None else f"{low} to {high}"),
        Cell(NOTHING if words.change(row) is None else words.changed(row, form)),
        Cell("yes" if row["is_anomaly"] else "no"),
    )


# ---- dimension values behind it -------------------------------------------------------------------------------------


def values_of_day(frame: Frame, look: Look) -> Frame:
    """The dimension values of the opened day and of the metrics of its report."""
    day = None if look.also is None else words.opened(look.also, look)
    if look.also is None or day is None:
        return frame.clear()
    return frame.filter(pl.col("date") == day, pl.col("metric").is_in(look.also["metric"].unique().to_list()))


def behind(frame: Frame, look: Look) -> str:
    """The value that explains the day, or that none does."""
    if frame.is_empty():
        return NOT_BEHIND
    form = formats(look)
    day = weekday(frame["date"][0])
    rows = _by_part(frame).filter(pl.col("is_anomaly"))
    if rows.is_empty():
        return f"No single dimension value explains {day}: it went through all of them."
    row = rows.row(0, named=True)
    part = "" if row["contribution"] is None else f", {form.share(row['contribution'], 0)} of the whole deviation"
    own, dimension = row["value"], row["dimension"]
    carrier = f"what is {without(dimension)}" if own is None else f"{dimension} = {quoted(own)}"
    return f"On {day}, {carrier} explains {words.title(row['metric'])}: {words.changed(row, form)}{part}."


def values(frame: Frame, look: Look) -> Listing:
    """The values that moved the figures most."""
    form = formats(look)
    rows = _by_part(frame)
    heads = (
        Head("Value", is_number=False),
        Head("Figure", is_number=False),
        Head("Came"),
        Head("Expected"),
        Head("Change"),
        Head("Part of it"),
        Head("Explains it", is_number=False),
    )
    cells = tuple(_value(row, form) for row in rows.head(MOST).iter_rows(named=True))
    note = f"{MOST} of {form.count(rows.height)} values, those that moved most" if rows.height > MOST else ""
    return Listing(heads, cells, note)


def _value(row: Row, form: Formats) -> tuple[Cell, ...]:
    metric = row["metric"]
    return (
        name(f"{row['dimension']} = {value(row['value'])}"),
        Cell(words.title(metric)),
        Cell(words.written(row["actual"], metric, form)),
        Cell(words.written(row["expected"], metric, form)),
        Cell(NOTHING if words.change(row) is None else words.changed(row, form)),
        Cell(NOTHING if row["contribution"] is None else form.share(row["contribution"], 0)),
        Cell("yes" if row["is_anomaly"] else "no"),
    )


def _by_part(frame: Frame) -> Frame:
    """Those that explain the day first, then by the part of the deviation that they bring."""
    keys = ("is_anomaly", "contribution", "metric", "dimension", "value")
    return frame.sort(keys, descending=[True, True, False, False, False], nulls_last=True)
