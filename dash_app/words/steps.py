"""Sentences about the funnel reports."""

from __future__ import annotations

from typing import Literal

import polars as pl

from dash_app.records import Look
from dash_app.words import names
from dash_app.words.dates import Grain, day, hours, within
from dash_app.words.formats import formats, plural
from dash_app.words.rows import Spot, earlier, ending, spot
from dash_app.words.versus import clause, more_or_less, points_more_or_less

Within = Literal["7d", "30d"]
_SPANS = {"7d": "7 days", "30d": "30 days"}
_BEFORE: dict[Grain, str] = {"day": "the day before", "week": "the week before", "month": "the month before"}


def sessions_by_step(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """How many sessions the last finished period had and how many of them reached the last step."""
    form = formats(look)
    start, end = _ends(frame)
    first, last = spot(start, "date"), spot(end, "date")
    sessions = first.last["sessions"]
    said = f"{form.count(sessions)} {plural(sessions, 'session')}"
    then = clause(more_or_less(sessions, first.before["sessions"], form), _BEFORE[grain]) if first.before else ""
    share = last.last["share_of_sessions"]
    if share is None or last.last["step"] == first.last["step"]:
        return f"{_when(first, grain)} there {_were(sessions)} {said}{then}{ending(first, grain)}."
    reached = f"{form.share(share)} reached {names.step_in_text(last.last['step'])}"
    return f"{_when(first, grain)} there {_were(sessions)} {said}{then}; {reached}{ending(first, grain)}."


def shares_by_step(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """What part of the last finished period's sessions reached the last step, against the period before."""
    form = formats(look)
    _, end = _ends(frame)
    found = spot(end, "date")
    share, step = found.last["share_of_sessions"], names.step_in_text(found.last["step"])
    if share is None:
        return f"{_when(found, grain)} there were no sessions{ending(found, grain)}."
    before = found.before["share_of_sessions"] if found.before else None
    then = clause(points_more_or_less(share, before, form), _BEFORE[grain])
    return f"{_when(found, grain)}, {form.share(share)} of the sessions reached {step}{then}{ending(found, grain)}."


def customers_by_milestone(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """Customers of the first and of the last milestone in the last finished period."""
    form = formats(look)
    start, end = _ends(frame)
    first, last = spot(start, "date"), spot(end, "date")
    count, reached = first.last["customers"], last.last["customers"]
    then = clause(more_or_less(count, first.before["customers"], form), _BEFORE[grain]) if first.before else ""
    milestone = names.step_in_text(first.last["step"])
    said = f"{_when(first, grain)}, {form.count(count)} {plural(count, 'customer')} reached {milestone}{then}"
    if last.last["step"] == first.last["step"]:
        return f"{said}{ending(first, grain)}."
    return f"{said}, and {form.count(reached)} reached {names.step_in_text(last.last['step'])}{ending(first, grain)}."


def by_hour(frame: pl.DataFrame, look: Look, what: Literal["sessions", "customers"]) -> str:
    """The hour of a mean day with the most of the first step."""
    rows = frame.filter(pl.col("step_index") == pl.col("step_index").min()).sort("hour")
    noun = "sessions" if what == "sessions" else f"customers reaching {names.step_in_text(rows['step'][0])}"
    return busiest_hour(rows, f"mean_{what}", noun, look)


def busiest_hour(rows: pl.DataFrame, measure: str, noun: str, look: Look) -> str:
    """The busiest hour of a mean day; of equally busy ones the first."""
    form = formats(look)
    values = rows[measure].to_list()
    highest, total = max(values), sum(values)
    if total == 0:
        return f"No {noun} at any hour."
    part = f"{form.mean(highest)} {noun} on a mean day, {form.share(highest / total)} of the day's {form.mean(total)}"
    return f"The busiest hour is {hours(rows['hour'][values.index(highest)])}: {part}."


def conversion(frame: pl.DataFrame, look: Look) -> str:
    """The conversion from the first step to the last, and the step before which most of those on the way are lost."""
    form = formats(look)
    rows = frame.sort("step_index").to_dicts()
    first, last = rows[0], rows[-1]
    count, share = first["sessions_closed"], last["conversion_from_start"]
    if share is None:
        return "There are no sessions."
    said = f"Of {form.count(count)} {plural(count, 'session')} {form.share(share)} reached {names.step_in_text(last['step'])}"
    said += f" through every step{_since(share, last['step'], look)}"
    steps = [row for row in rows[1:] if row["conversion_from_previous"] is not None]
    if len(steps) < 2:
        return f"{said}."
    worst = min(steps, key=lambda row: float(row["conversion_from_previous"]))
    lost = 1 - worst["conversion_from_previous"]
    way = f"{names.step_in_text(rows[worst['step_index'] - 1]['step'])} to {names.step_in_text(worst['step'])}"
    return f"{said}; the largest part is lost from {way}: {form.share(lost)}."


def cohorts(frame: pl.DataFrame, look: Look, within: Within) -> str:
    """What part of all cohorts whose time has passed reached the last milestone in time."""
    form, span = formats(look), _SPANS[within]
    step = names.milestones(frame["step"].unique().to_list())[-1]
    passed = frame.filter((pl.col("step") == step) & ~pl.col(f"is_censored_{within}"))
    size, reached = int(passed["cohort_size"].sum()), int(passed[f"customers_{within}"].sum())
    if size == 0:
        return f"For no customer have the first {span} after the download passed yet."
    whose = f"Of {form.count(size)} {plural(size, 'customer')} whose first {span} have passed"
    return f"{whose}, {form.share(reached / size)} reached {names.step_in_text(step)} within them."


def _since(share: float, step: str, look: Look) -> str:
    """How the conversion was as of the earlier day."""
    before = earlier(look)
    if before is None or look.compare_day is None:
        return ""
    rows = before.filter(pl.col("step") == step)["conversion_from_start"].drop_nulls()
    if rows.is_empty():
        return ""
    words = points_more_or_less(share, float(rows[0]), formats(look))
    return clause(words, f"up to {day(look.compare_day)}")


def _ends(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the first and of the last step, in the order of time."""
    index = pl.col("step_index")
    ordered = frame.sort("date")
    return ordered.filter(index == index.min()), ordered.filter(index == index.max())


def _when(found: Spot, grain: Grain) -> str:
    first = found.last["date"]
    if found.is_finished:
        return names.capital(within(first, grain))
    return f"So far {within(first, grain)}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
