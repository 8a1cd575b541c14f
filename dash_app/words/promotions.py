"""Promotions in words: what they bring and cost, which part of the orders carries one, and who uses them."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from dash_app.filters import PromotionFilters, PromotionMetric
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.dates import hours
from dash_app.words.formats import formats, plural
from dash_app.words.leading import DAYS, as_of_then, last_day, of_the_last_days, ranked, span
from dash_app.words.lists import Column
from dash_app.words.names import quoted
from dash_app.words.steps import busiest_hour
from dash_app.words.versus import clause, more_or_less, points_more_or_less

NAME = "promotion_id"
_DID: dict[PromotionMetric, str] = {
    "revenue": "brought the most revenue",
    "discount": "gave the most discount",
    "orders": "was on the most orders",
}


def by_day(frame: pl.DataFrame, look: Look, measure: PromotionMetric) -> str:
    """The promotion that was first in the last seven days, against the seven days before."""
    return of_the_last_days(frame, look, "promotion_id", measure, _DID[measure], "promotions")


def share_by_day(frame: pl.DataFrame, look: Look) -> str:
    """Which part of the orders of the last seven days carried a promotion, against the seven before."""
    form = formats(look)
    rows = frame.filter(pl.col("promotion_id").is_null())
    last = last_day(rows, look)
    orders, share = _promoted(span(rows, last))
    if share is None:
        return "There were no orders in the last seven days."
    _, before = _promoted(span(rows, last - timedelta(days=DAYS)))
    then = clause(points_more_or_less(share, before, form), "in the seven days before")
    return f"In the last seven days {form.share(share)} of {form.count(orders)} {plural(orders, 'order')} carried a promotion{then}."


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
    best = ranked(frame, NAME, "revenue").row(0, named=True)
    said = f"{form.count(count)} {plural(count, 'promotion')} brought {form.compact_money(revenue)} in {form.count(orders)} {plural(orders, 'order')}"
    if best["customers"]:
        new = f"{form.share(best['new_customers'] / best['customers'])} of its customers were new"
        again = f"{form.share(best['repeat_customers_30d'] / best['customers'])} ordered again within 30 days"
        return f"{said}; most by {quoted(best['promotion_id'])}: {new}, {again}."
    return f"{said}."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """``promotion_kpis``: the first by the chosen metric."""
    form, chosen = formats(look), PromotionFilters.of(look.filters)
    count = form.compact
    columns = (
        Column("promotion_id", "Promotion"),
        Column("revenue", "Revenue", is_money=True, has_bar=chosen.metric == "revenue"),
        Column("discount", "Discount", is_money=True, has_bar=chosen.metric == "discount"),
        Column("orders", "Orders", count, has_bar=chosen.metric == "orders", opens=True),
        Column("customers", "Customers", count, opens=True),
        Column("new_customers", "New customers", count, opens=True),
        Column("repeat_customers_30d", "Again in 30 days", count, opens=True),
        Column("active_days", "First to last use, days", form.count),
        Column("revenue_per_day", "Revenue per day", is_money=True),
    )
    rows = ranked(frame, NAME, chosen.metric).head(int(chosen.top))
    return lists.listing(rows, columns, look, key=("promotion_id",), of=frame.height, noun="promotions")


def customers(frame: pl.DataFrame, look: Look) -> str:
    """The promotion that most customers use, against the earlier day."""
    form = formats(look)
    best = ranked(frame, NAME, "customers").row(0, named=True)
    said = f"{quoted(best['promotion_id'])} has the most customers: {form.count(best['customers'])}"
    return f"{said}{as_of_then(best, NAME, 'customers', look)}."


def per_customer(frame: pl.DataFrame, look: Look) -> str:
    """The promotion that its customers use most often."""
    form = formats(look)
    best = ranked(frame.drop_nulls("mean_orders_per_customer"), NAME, "mean_orders_per_customer").row(0, named=True)
    value = best["mean_orders_per_customer"]
    return f"Customers of {quoted(best['promotion_id'])} use it most often: {form.mean(value)} {plural(value, 'order')} each on average."


def organic_by_day(frame: pl.DataFrame, look: Look) -> str:
    """Orders without a promotion in the last seven days, against the seven before."""
    form = formats(look)
    last = last_day(frame, look)
    count = int(span(frame, last)["orders"].sum())
    before = span(frame, last - timedelta(days=DAYS))
    then = more_or_less(count, float(before["orders"].sum()), form) if before.height == DAYS else ""
    said = f"In the last seven days {form.count(count)} {plural(count, 'order')} carried no promotion"
    return f"{said}{clause(then, 'in the seven days before')}."


def organic_by_hour(frame: pl.DataFrame, look: Look) -> str:
    """The busiest hour of a mean day."""
    return busiest_hour(frame.sort("hour"), "mean_orders", "orders without a promotion", look)


def _promoted(rows: pl.DataFrame) -> tuple[int, float | None]:
    """Orders, and the part of them that carries a promotion."""
    orders, promoted = int(rows["orders"].sum()), int(rows["promoted_orders"].sum())
    return orders, promoted / orders if orders else None
