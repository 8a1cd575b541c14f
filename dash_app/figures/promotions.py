"""Promotions: what each brings day by day, which part of the orders carries one, and who uses them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dash_app.figures import orders
from dash_app.figures.bars import bars, dotted
from dash_app.figures.colours import OKABE_ITO
from dash_app.figures.dailies import Daily, dailies
from dash_app.figures.frame import compared_note, figure, hour_axis, value_axis
from dash_app.figures.lines import lines
from dash_app.figures.periods import moved
from dash_app.figures.ranking import Ranking, ranking
from dash_app.figures.traces import Line, Scale
from dash_app.filters import PromotionFilters, PromotionMetric
from dash_app.records import Figure, Look
from dash_app.words.dates import day
from dash_app.words.formats import formats
from dash_app.words.rows import with_partial

HEIGHT_OF_PANELS = 480
_ALL = pl.col("promotion_id").is_null()


def by_day(frame: pl.DataFrame, look: Look, measure: PromotionMetric) -> Figure:
    """A panel for each of the promotions that brought, cost or sold most."""
    kind = Daily(
        "promotion_id", measure, "promotions", _top(look), money=measure != "orders", opens=measure == "orders"
    )
    return dailies(frame, look, kind)


def share_by_day(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_inorganic_ratio``: orders with any promotion over all orders."""
    rows = with_partial(frame.filter(_ALL), look, "date", "day").sort("date")
    before = moved(frame.filter(_ALL), _of_all(look), "date", "day")
    scale = Scale("date", "ratio", "share of the day's orders", "day", number=".1%", share=True, smooth=True)
    return lines([Line(scale.unit, rows, before)], scale, look)


def share_by_hour(frame: pl.DataFrame, look: Look) -> Figure:
    """``hourly_inorganic_ratio``: the same by hour of the day."""
    hover = "%{y:.1%} of the orders"
    data = [bars(frame.filter(_ALL).sort("hour"), "hour", "ratio", hover, look)]
    compare = _of_all(look).compare
    if compare is not None and not compare.is_empty() and look.compare_day is not None:
        data.append(dotted(compare.sort("hour"), "hour", "ratio", f"{hover}, as of {day(look.compare_day)}", look))
    notes = ("share of the hour's orders", compared_note(look) if len(data) > 1 else "")
    return figure(data, look, notes, xaxis=hour_axis(look), yaxis=value_axis(look, share=True), bargap=0.12)


def customers(frame: pl.DataFrame, look: Look) -> Figure:
    """``promotion_number_of_customer``: the promotions that most customers use."""
    form = formats(look)
    kind = Ranking("promotion_id", "customers", "customers with an order that carries it", form.compact, _top(look))
    return ranking(frame, look, replace(kind, noun="promotions", exact=form.count, after=" customers", opens=True))


def per_customer(frame: pl.DataFrame, look: Look) -> Figure:
    """``avg_order_count_per_promo_per_cust``: the promotions that their customers use most often."""
    form = formats(look)
    kind = Ranking("promotion_id", "mean_orders_per_customer", "orders with it per customer", form.mean, _top(look))
    return ranking(frame, look, replace(kind, noun="promotions", colour=OKABE_ITO[2], after=" orders per customer"))


def organic_by_day(frame: pl.DataFrame, look: Look) -> Figure:
    """``daily_organic_orders``: orders that carry no promotion."""
    return orders.daily_orders(with_partial(frame, look, "date", "day"), look)


def organic_by_hour(frame: pl.DataFrame, look: Look) -> Figure:
    """``hourly_organic_orders``: the same on a mean day."""
    return orders.hourly_orders(frame, look)


def _top(look: Look) -> int:
    return int(PromotionFilters.of(look.filters).top)


def _of_all(look: Look) -> Look:
    return look if look.compare is None else replace(look, compare=look.compare.filter(_ALL))
