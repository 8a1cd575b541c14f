"""Promotions in words: what they bring and cost, which part of the orders carries one, and who uses them."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from dash_app.filters import PromotionFilters, PromotionMetric
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.dates import day, hours
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import Column
from dash_app.words.names import quoted
from dash_app.words.rows import earlier
from dash_app.words.steps import busiest_hour
from dash_app.words.versus import clause, more_or_less, points_more_or_less

_DAYS = 7
_DID: dict[PromotionMetric, tuple[str, str]] = {
    "revenue": ("brought", "most revenue"),
    "discount": ("gave", "most discount"),
    "orders": ("was on", "most orders"),
}


def totals(frame: pl.DataFrame, measure: str) -> pl.DataFrame:
    """``promotion_id`` and the sum of the measure over all days, the most first."""
    sums = frame.group_by("promotion_id").agg(pl.col(measure).sum())
    return sums.sort(measure, "promotion_id", descending=[True, False])


def by_day(frame: pl.DataFrame, look: Look, measure: PromotionMetric) -> str:
    """The promotion that was first on the last seven days, against the seven days before."""
    form = formats(look)
    last: date = look.day or frame["date"].to_list()[-1]
    recent = totals(_span(frame, last), measure)
    count = frame["promotion_id"].n_unique()
    if recent.is_empty():
        ended = frame.sort("date")["date"].to_list()[-1]
        return f"No promotion was used on the last seven days; the last use of any was on {day(ended)}."
    name, value = recent.row(0)
    did, most = _DID[measure]
    of = f" of {form.count(count)} promotions" if count > 1 else ""
    before = _span(frame, last - timedelta(days=_DAYS)).filter(pl.col("promotion_id") == name)
    then = more_or_less(value, float(before[measure].sum()), form, countable=measure == "orders")
    written = form.count(value) if measure == "orders" else form.money(value)
    return f"On the last seven days {quoted(name)} {did} the {most}{of}: {written}{clause(then, 'on the seven days before')}."


def share_by_day(frame: pl.DataFrame, look: Look) -> str:
    """Which part of the orders of the last seven days carried a promotion, against the seven before."""
    form = formats(look)
    rows = frame.filter(pl.col("promotion_id").is_null())
    last: date = look.day or rows["date"].to_list()[-1]
    orders, share = _promoted(_span(rows, last))
    if share is None:
        return "There were no orders on the last seven days."
    _, before = _promoted(_span(rows, last - timedelta(days=_DAYS)))
    then = clause(points_more_or_less(share, before, form), "on the seven days before")
    return f"On the last seven days {form.share(share)} of {form.count(orders)} {plural(orders, 'order')} carried a promotion{then}."


def share_by_hour(frame: pl.DataFrame, look: Look) -> str:
    """The hour of the day with the highest share, and that of all hours."""
    form = formats(look)
    rows = frame.filter(pl.col("promotion_id").is_null() & pl.col("ratio").is_not_null()).sort("hour")
    _, share = _promoted(rows)
    if share is None:
        return "There are no orders."
    best = rows.sort("ratio", "hour", descending=[True, False]).row(0, named=True)
    said = f"Orders carry a promotion most often from {hours(best['hour'])}: {form.share(best['ratio'])}"
    return f"{said}, over the whole day {form.share(share)}."


def kpis(frame: pl.DataFrame, look: Look) -> str:
    """How many promotions there were, what they brought and how many of their customers were new."""
    form = formats(look)
    orders, revenue = int(frame["orders"].sum()), float(frame["revenue"].sum())
    count = frame.height
    best = _ranked(frame, "revenue").row(0, named=True)
    said = f"{form.count(count)} {plural(count, 'promotion')} brought {form.compact_money(revenue)} in {form.count(orders)} {plural(orders, 'order')}"
    if best["customers"]:
        new = f"{form.share(best['new_customers'] / best['customers'])} of its customers were new"
        again = f"{form.share(best['repeat_customers_30d'] / best['customers'])} ordered again within 30 days"
        return f"{said}; most by {quoted(best['promotion_id'])}: {new}, {again}."
    return f"{said}."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """``promotion_kpis``: the first by the chosen metric."""
    form, chosen = formats(look), PromotionFilters.of(look.filters)
    money, count = form.compact_money, form.compact
    columns = (
        Column("promotion_id", "Promotion"),
        Column("revenue", "Revenue", money, has_bar=chosen.metric == "revenue"),
        Column("discount", "Discount", money, has_bar=chosen.metric == "discount"),
        Column("orders", "Orders", count, has_bar=chosen.metric == "orders", opens=True),
        Column("customers", "Customers", count, opens=True),
        Column("new_customers", "New customers", count, opens=True),
        Column("repeat_customers_30d", "Again in 30 days", count, opens=True),
        Column("active_days", "Days in use", form.count),
        Column("revenue_per_day", "Revenue per day", money),
    )
    rows = _ranked(frame, chosen.metric).head(int(chosen.top))
    return lists.listing(rows, columns, look, key=("promotion_id",), of=frame.height, noun="promotions")


def customers(frame: pl.DataFrame, look: Look) -> str:
    """The promotion that most customers use, against the earlier day."""
    form = formats(look)
    best = _ranked(frame, "customers").row(0, named=True)
    said = f"{quoted(best['promotion_id'])} has the most customers: {form.count(best['customers'])}"
    return f"{said}{_then(best, 'customers', look, form)}."


def per_customer(frame: pl.DataFrame, look: Look) -> str:
    """The promotion that its customers use most often."""
    form = formats(look)
    best = _ranked(frame.drop_nulls("mean_orders_per_customer"), "mean_orders_per_customer").row(0, named=True)
    value = best["mean_orders_per_customer"]
    return f"Customers of {quoted(best['promotion_id'])} use it most often: {form.mean(value)} {plural(value, 'order')} each in the mean."


def organic_by_day(frame: pl.DataFrame, look: Look) -> str:
    """Orders without a promotion on the last seven days, against the seven before."""
    form = formats(look)
    last: date = look.day or frame["date"].to_list()[-1]
    count = int(_span(frame, last)["orders"].sum())
    before = _span(frame, last - timedelta(days=_DAYS))
    then = more_or_less(count, float(before["orders"].sum()), form) if before.height == _DAYS else ""
    said = f"On the last seven days {form.count(count)} {plural(count, 'order')} carried no promotion"
    return f"{said}{clause(then, 'on the seven days before')}."


def organic_by_hour(frame: pl.DataFrame, look: Look) -> str:
    """The busiest hour of a mean day."""
    return busiest_hour(frame.sort("hour"), "mean_orders", "orders without a promotion", look)


def _ranked(frame: pl.DataFrame, measure: str) -> pl.DataFrame:
    return frame.sort(measure, "promotion_id", descending=[True, False], nulls_last=True)


def _span(rows: pl.DataFrame, last: date) -> pl.DataFrame:
    """The seven days up to one."""
    return rows.filter(pl.col("date").is_between(last - timedelta(days=_DAYS - 1), last))


def _promoted(rows: pl.DataFrame) -> tuple[int, float | None]:
    """Orders, and the part of them that carries a promotion."""
    orders, promoted = int(rows["orders"].sum()), int(rows["promoted_orders"].sum())
    return orders, promoted / orders if orders else None


def _then(row: dict[str, object], measure: str, look: Look, form: Formats) -> str:
    compare = earlier(look)
    if compare is None or look.compare_day is None:
        return ""
    found = compare.filter(pl.col("promotion_id") == row["promotion_id"])[measure].to_list()
    now = row[measure]
    if not found or not isinstance(now, int | float):
        return ""
    return clause(more_or_less(now, found[0], form), f"as of {day(look.compare_day)} ({form.count(found[0])})")
