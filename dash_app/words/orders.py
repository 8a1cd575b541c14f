"""Sentences about orders, averages, amounts and customers."""

from __future__ import annotations

import polars as pl

from dash_app.records import Look
from dash_app.words.dates import Grain, day, within
from dash_app.words.formats import formats, plural
from dash_app.words.names import capital
from dash_app.words.rows import Spot, earlier, ending, spot, with_partial
from dash_app.words.steps import busiest_hour
from dash_app.words.versus import clause, more_or_less

_DAYS = 7


def daily_orders(frame: pl.DataFrame, look: Look) -> str:
    """The last finished day against the mean of the seven days before it."""
    form = formats(look)
    rows = frame.sort("date")
    found = spot(rows, "date")
    whole = rows.filter(~pl.col("is_partial"))
    before = whole[-1 - _DAYS : -1]["orders"] if whole.height > _DAYS else None
    mean = float(before.sum()) / _DAYS if before is not None else None
    said = more_or_less(found.last["orders"], mean, form)
    return _orders(found, look, "day") + clause(said, _mean_before(mean, look)) + ending(found, "day") + "."


def _mean_before(mean: float | None, look: Look) -> str:
    return "" if mean is None else f"the mean of the seven days before ({formats(look).mean(mean)})"


def orders_by_period(frame: pl.DataFrame, look: Look, grain: Grain) -> str:
    """The last finished week or month against the one before it."""
    form = formats(look)
    found = spot(frame.sort("date"), "date")
    then = ""
    if found.before:
        said = more_or_less(found.last["orders"], found.before["orders"], form)
        then = clause(said, f"the {grain} before ({form.count(found.before['orders'])})")
    return f"{_orders(found, look, grain)}{then}{ending(found, grain)}."


def hourly_orders(frame: pl.DataFrame, look: Look) -> str:
    """The busiest hour of a mean day."""
    return busiest_hour(frame.sort("hour"), "mean_orders", "orders", look)


def sessions_per_customer(frame: pl.DataFrame, look: Look) -> str:
    """``weekly_average_session_per_user``, the last finished week with a value."""
    return _average(frame, look, "sessions_per_customer", "customers", "active customers had {} sessions on average")


def orders_per_customer(frame: pl.DataFrame, look: Look) -> str:
    """``weekly_average_order_per_user``, the last finished week with a value."""
    return _average(frame, look, "orders_per_customer", "customers", "ordering customers had {} orders on average")


def mean_amount(frame: pl.DataFrame, look: Look) -> str:
    """``weekly_average_payment_amount``, the last finished week with a value."""
    return _average(frame, look, "mean_amount", "orders", "orders were worth {} on average")


def amounts(frame: pl.DataFrame, look: Look) -> str:
    """The bin with the most orders; of equal ones the lowest."""
    form = formats(look)
    total = int(frame["orders"].sum())
    if total == 0:
        return "There are no orders."
    highest = frame["orders"].max()
    top = frame.filter(pl.col("orders") == highest).row(0, named=True)
    low, high = form.money(top["bin_start"]), form.money(top["bin_end"])
    span = f"of {low}" if low == high else f"from {low} to {high}"
    part = form.share(top["orders"] / total)
    return f"Amounts {span} are the commonest: {part} of {form.count(total)} {plural(total, 'order')}."


def order_counts(frame: pl.DataFrame, look: Look) -> str:
    """How many customers ordered once only, and the most orders of one customer."""
    form = formats(look)
    rows = frame.sort("orders")
    customers, once = int(rows["customers_at_least"][0]), int(rows["customers"][0])
    most = int(rows.filter(pl.col("customers") > 0)["orders"].to_list()[-1]) if customers else 0
    if not customers:
        return "No customer has ordered yet."
    said = f"Of {form.count(customers)} {plural(customers, 'customer')} with an order {form.share(once / customers)}"
    return f"{said} ordered once only; the most by one customer {'is' if most == 1 else 'are'} {form.count(most)}."


def customers(frame: pl.DataFrame, look: Look) -> str:
    """The customer with the most revenue among the rows at hand; of equals the first."""
    form = formats(look)
    if frame.is_empty():
        return "There are no customers yet."
    best = frame.sort("revenue", "client", descending=[True, False], nulls_last=True).row(0, named=True)
    spent, count = best["revenue"], best["orders"]
    if not count:
        return "None of these customers has ordered yet."
    return f"The most revenue is from “{best['client']}”: {form.money(spent)} in {form.count(count)} {plural(count, 'order')}."


def _orders(found: Spot, look: Look, grain: Grain) -> str:
    count = found.last["orders"]
    when = within(found.last["date"], grain)
    start = capital(when) if found.is_finished else f"So far {when}"
    said = f"{start} there {'was' if count == 1 else 'were'} {formats(look).count(count)} {plural(count, 'order')}"
    return said + _as_of_earlier(found, look, grain)


def _as_of_earlier(found: Spot, look: Look, grain: Grain) -> str:
    """The same figure of the earlier report's last finished period, in brackets."""
    before = earlier(look)
    if before is None or not found.is_finished:
        return ""
    then = spot(before.sort("date"), "date")
    if not then.is_finished or then.last["date"] == found.last["date"]:
        return ""
    return f" ({formats(look).count(then.last['orders'])} {within(then.last['date'], grain)})"


def _average(frame: pl.DataFrame, look: Look, measure: str, base: str, text: str) -> str:
    form = formats(look)
    rows = with_partial(frame, look, "week", "week").sort("week").drop_nulls(measure)
    if rows.is_empty():
        return f"No week has {base} yet."
    found = spot(rows, "week")
    write = form.money if measure == "mean_amount" else form.mean
    value, count = found.last[measure], found.last[base]
    when = within(found.last["week"], "week")
    start = capital(when) if found.is_finished else f"So far {when}"
    said = f"{start}, {form.count(count)} {text.format(write(value))}"
    if count == 1:
        said = said.replace("customers", "customer").replace("orders were", "order was").replace(" on average", "")
    then = ""
    if found.before:
        said_then = more_or_less(value, found.before[measure], form, countable=measure != "mean_amount")
        then = clause(said_then, f"in the week of {day(found.before['week'])} ({write(found.before[measure])})")
    return f"{said}{then}{ending(found, 'week')}."
