"""Orders over time, weekly averages, and customers by their number of orders.

All inputs hold the days up to the report day, by ``slice``.
"""

from __future__ import annotations

import polars as pl

from ca_platform.reports.periods import Calendar, Every, hours, mean_amount, period, share, spread


def orders_by_period(counts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, every: Every) -> pl.LazyFrame:
    """Orders of each period, quiet ones included."""
    orders = counts.group_by("slice", date=period(every)).agg(pl.col("orders").sum())
    return spread(slices.join(calendar.periods(every), how="cross"), orders, ["slice", "date"], ["orders"])


def orders_by_hour(counts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Orders in each local hour of the day, a mean over all calendar days."""
    orders = counts.group_by("slice", "hour").agg(mean_orders=pl.col("orders").sum().cast(pl.Float64) / calendar.days)
    grid = slices.join(hours(), how="cross")
    return spread(grid, orders, ["slice", "hour"], ["mean_orders"]).with_columns(days=pl.lit(calendar.days, pl.Int64))


def weekly_per_customer(
    counts: pl.LazyFrame, active: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, what: str
) -> pl.LazyFrame:
    """Mean number of ``sessions`` or ``orders`` over the customers of the week who had one.

    Args:
        active: customers by ``activity`` and ``gap``, the days since they were last active.
    """
    activity = what.removesuffix("s")
    # A customer counts on the first active day of the week: the gap reaches back before its Monday.
    first_in_week = pl.col("gap") >= pl.col("day").dt.weekday()
    customers = (
        active.filter((pl.col("activity") == activity) & first_in_week)
        .group_by("slice", week=period("1w"))
        .agg(pl.col("customers").sum())
    )
    events = counts.group_by("slice", week=period("1w")).agg(pl.col(what).sum())
    grid = _weeks(slices, calendar)
    both = spread(spread(grid, events, ["slice", "week"], [what]), customers, ["slice", "week"], ["customers"])
    return both.with_columns(share(pl.col(what), pl.col("customers")).alias(f"{what}_per_customer"))


def weekly_mean_amount(counts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Mean amount per order of each week."""
    sums = counts.group_by("slice", week=period("1w")).agg(pl.col("orders", "revenue").sum())
    weeks = spread(_weeks(slices, calendar), sums, ["slice", "week"], ["orders"])
    return weeks.with_columns(mean_amount=mean_amount(pl.col("revenue"), pl.col("orders")))


def _weeks(slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    return slices.join(calendar.periods("1w").select(week="date"), how="cross")


def customers_by_orders(changes: pl.LazyFrame) -> pl.LazyFrame:
    """Customers with exactly k orders and with at least k, for every k from 1 to the largest.

    Args:
        changes: ``slice``, number of ``orders`` and by how much the ``customers`` with exactly so many changed.
    """
    exact = changes.group_by("slice", "orders").agg(pl.col("customers").sum()).filter(pl.col("customers") > 0)
    ks = exact.group_by("slice").agg(orders=pl.int_ranges(1, pl.col("orders").max() + 1).explode())
    ks = ks.explode("orders").select("slice", pl.col("orders").cast(pl.Int64))
    every = spread(ks, exact, ["slice", "orders"], ["customers"]).sort("slice", "orders")
    return every.with_columns(customers_at_least=pl.col("customers").cum_sum(reverse=True).over("slice"))
