"""Sentences about the customers' journey, and the names of its stages."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look, Tile, Trend
from dash_app.words.dates import day, duration
from dash_app.words.formats import formats, plural
from dash_app.words.rows import Row, earlier
from dash_app.words.versus import clause, more_or_less, points_more_or_less

NOW = "last_order_to_now"


def stage(name: str) -> str:
    """A stage on an axis.

    >>> [stage(name) for name in ("download_to_order_1", "order_1_to_order_2", "last_order_to_now")]
    ['download → order 1', 'order 1 → order 2', 'last order → now']
    """
    return name.replace("_to_", " → ").replace("_", " ")


def end(row: Row) -> str:
    """The order in which a stage ends: order 2."""
    return f"order {row['stage_index'] + 1}"


def hours(value: float) -> str:
    """A time given in hours, in the unit that suits it."""
    return duration(60 * value)


def ways(frame: pl.DataFrame) -> pl.DataFrame:
    """The stages that end in an order."""
    return frame.filter(pl.col("stage") != NOW).sort("stage_index")


def reached(frame: pl.DataFrame, look: Look) -> str:
    """How many customers reached the first order and which part of them the second."""
    form = formats(look)
    rows = ways(frame).to_dicts()
    first = rows[0]["customers"] if rows else 0
    if not first:
        return "No customer has ordered yet."
    said = f"{form.count(first)} {plural(first, 'customer')} ordered{_more(first, look)}"
    if len(rows) == 1:
        return f"{said}; most ordered once, so the journey ends there."
    last = rows[-1]
    part = form.share(last["customers"] / first)
    return f"{said}; {part} of them reached {end(last)}{_part(last, first, look)}."


def times(frame: pl.DataFrame, look: Look) -> str:
    """How long the way to the last stage's order takes, and the time since the last order."""
    rows = ways(frame).drop_nulls("cumulative_mean_hours").to_dicts()
    if not rows:
        return "No customer has gone through a stage yet."
    longest = max(rows, key=lambda row: float(row["mean_hours"]))
    name = f"from {stage(longest['stage']).replace(' → ', ' to ')}"
    said = f"The stages up to {end(rows[-1])} take {hours(rows[-1]['cumulative_mean_hours'])} on average{_before(rows[-1], look)}"
    if len(rows) == 1:
        return f"{said}; half of the customers need no more than {hours(longest['median_hours'])}."
    return f"{said}; the longest is that {name}: {hours(longest['mean_hours'])}, {hours(longest['median_hours'])} in the median."


def since_last(frame: pl.DataFrame, look: Look) -> str:
    """How long ago the last orders are."""
    form = formats(look)
    rows = frame.filter(pl.col("stage") == NOW).drop_nulls("median_hours").to_dicts()
    if not rows:
        return "No customer has ordered yet."
    row = rows[0]
    who = f"{form.count(row['customers'])} {plural(row['customers'], 'customer')} with an order"
    return f"For half of the {who} the last one is more than {hours(row['median_hours'])} ago; the mean is {hours(row['mean_hours'])}."


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """Customers with an order, the time up to the last stage's order, and the time since each one's last."""
    form = formats(look)
    rows = ways(frame).drop_nulls("cumulative_mean_hours").to_dicts()
    now = frame.filter(pl.col("stage") == NOW).to_dicts()
    found = []
    if now:
        row, then = now[0], _at(look, NOW)
        count, before = row["customers"], then["customers"] if then else None
        change = form.change(count / before - 1) if before else ""
        found.append(
            Tile(
                "Customers with an order",
                form.compact(count),
                _then(change, look, "since"),
                _trend(count, before),
                title=form.count(count),
                opens=("customers", {"stage": NOW}) if count else None,
            )
        )
    if rows:
        row = rows[-1]
        found.append(
            _time_tile(f"Download to {end(row)}, mean", row, _at(look, row["stage"]), "cumulative_mean_hours", look)
        )
    for column, word in (("median_hours", "median"), ("mean_hours", "mean")):
        found += [_time_tile(f"Last order to now, {word}", row, _at(look, NOW), column, look) for row in now]
    return tuple(found)


def _time_tile(label: str, row: Row, then: Row | None, column: str, look: Look) -> Tile:
    now, before = row[column], then[column] if then else None
    value = "–" if now is None else hours(now)
    return Tile(label, value, _then("" if before is None else hours(before), look, "on"), _trend(now, before))


def _then(what: str, look: Look, word: str) -> str:
    return f"{what} {word} {day(look.compare_day)}" if what and look.compare_day else ""


def _trend(now: float | None, before: float | None) -> Trend:
    if now is None or before is None:
        return ""
    return "up" if now > before else "down" if now < before else "flat"


def amounts(frame: pl.DataFrame, look: Look) -> str:
    """What the first order brings, and the last one of the journey."""
    form = formats(look)
    rows = ways(frame).drop_nulls("mean_amount").to_dicts()
    if not rows:
        return "No customer has ordered yet."
    first, last = rows[0]["mean_amount"], rows[-1]["mean_amount"]
    said = f"The first order is worth {form.money(first)} on average"
    if len(rows) == 1:
        return f"{said}."
    then = clause(more_or_less(last, first, form, countable=False), "the first")
    return f"{said}, {end(rows[-1])} {form.money(last)}{then}."


def _at(look: Look, stage_: str) -> Row | None:
    before = earlier(look)
    rows = [] if before is None else before.filter(pl.col("stage") == stage_).to_dicts()
    return rows[0] if rows else None


def _more(now: int, look: Look) -> str:
    before = _at(look, "download_to_order_1")
    if before is None or look.compare_day is None:
        return ""
    return clause(more_or_less(now, before["customers"], formats(look)), f"up to {day(look.compare_day)}")


def _part(last: Row, first: int, look: Look) -> str:
    then, start = _at(look, last["stage"]), _at(look, "download_to_order_1")
    if then is None or start is None or not start["customers"] or look.compare_day is None:
        return ""
    words = points_more_or_less(last["customers"] / first, then["customers"] / start["customers"], formats(look))
    return clause(words, f"up to {day(look.compare_day)}")


def _before(last: Row, look: Look) -> str:
    then = _at(look, last["stage"])
    if then is None or then["cumulative_mean_hours"] is None or look.compare_day is None:
        return ""
    return f" ({hours(then['cumulative_mean_hours'])} as of {day(look.compare_day)})"
