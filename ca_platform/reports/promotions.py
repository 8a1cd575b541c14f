"""Promotions: promoted and organic orders over time, what each promotion brings, and who uses it.

All inputs hold the days up to the report day, by ``slice``; ``promotion_id`` is null for organic orders, and in the
ratios for all promotions together. Tables by period × promotion hold only the pairs that occur.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from ca_platform.reports.periods import Calendar, hours, mean_amount, share, spread

_PROMOTION = "promotion_id"
_IS_PROMOTED = pl.col(_PROMOTION).is_not_null()
_KEY = ["slice", _PROMOTION]


def promoted_by_day(counts: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Orders and money of each promotion on each day of the table on which it was used.

    Args:
        counts: ``day``, ``slice``, ``promotion_id``, ``orders``, ``revenue``, ``discount``.
    """
    first = calendar.day - timedelta(days=calendar.history_days - 1)
    rows = counts.filter(_IS_PROMOTED & (pl.col("day") >= first)).rename({"day": "date"})
    return rows.with_columns(gross_revenue=pl.col("revenue") + pl.col("discount"))


def organic_by_day(counts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Orders of each day that carry no promotion, quiet days included."""
    organic = counts.filter(~_IS_PROMOTED).select("slice", "orders", date="day")
    return spread(slices.join(calendar.periods("1d"), how="cross"), organic, ["slice", "date"], ["orders"])


def organic_by_hour(counts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Orders without a promotion in each local hour of the day, a mean over all calendar days.

    Args:
        counts: ``slice``, ``hour``, ``promotion_id``, ``orders``.
    """
    organic = counts.filter(~_IS_PROMOTED).group_by("slice", "hour").agg(pl.col("orders").sum())
    means = organic.select("slice", "hour", mean_orders=pl.col("orders").cast(pl.Float64) / calendar.days)
    grid = slices.join(hours(), how="cross")
    return spread(grid, means, ["slice", "hour"], ["mean_orders"]).with_columns(days=pl.lit(calendar.days, pl.Int64))


def ratio_by_day(counts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Share of the day's orders that carry any promotion, on every day, and each of those that were used."""
    grid = slices.join(calendar.periods("1d").select("date"), how="cross")
    return _ratio(counts.rename({"day": "date"}), grid, "date")


def ratio_by_hour(counts: pl.LazyFrame, slices: pl.LazyFrame) -> pl.LazyFrame:
    """The same by local hour of the day, over all days."""
    return _ratio(counts, slices.join(hours(), how="cross"), "hour")


def _ratio(counts: pl.LazyFrame, grid: pl.LazyFrame, period: str) -> pl.LazyFrame:
    """Promoted orders over all orders of a period.

    Args:
        grid: ``slice`` and the periods that the table holds.
        period: the column that names them.
    """
    key = ["slice", period]
    used = counts.group_by(*key, _PROMOTION).agg(pl.col("orders").sum())
    sums = used.group_by(key).agg(pl.col("orders").sum(), promoted_orders=pl.col("orders").filter(_IS_PROMOTED).sum())
    whole = spread(grid, sums, key, ["orders", "promoted_orders"])
    own = used.filter(_IS_PROMOTED).select(*key, _PROMOTION, promoted_orders="orders")
    columns = [*key, _PROMOTION, "orders", "promoted_orders"]
    every = whole.with_columns(pl.lit(None, pl.String).alias(_PROMOTION)).select(columns)
    each = whole.drop("promoted_orders").join(own, on=key).select(columns)
    return pl.concat([every, each]).with_columns(ratio=share(pl.col("promoted_orders"), pl.col("orders")))


def orders_per_customer(totals: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """Orders of each promotion over the distinct customers who have one.

    Args:
        totals: see ``promotion_kpis``.
        people: the same.
    """
    mean = share(pl.col("orders"), pl.col("customers"))
    return promotion_kpis(totals, people).with_columns(mean_orders_per_customer=mean)


def customers_of_promotions(people: pl.LazyFrame) -> pl.LazyFrame:
    """Distinct customers of each promotion."""
    return people.group_by(_KEY).agg(pl.col("customers").sum()).filter(pl.col("customers") > 0)


def promotion_kpis(totals: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """Orders, money and customers of each promotion, in all and per day from its first to its last use.

    Args:
        totals: ``orders``, ``revenue``, ``discount``, ``first`` and ``last`` day of use by slice and promotion.
        people: ``customers``, ``new_customers``, ``repeat_customers`` by slice and promotion.
    """
    sums = totals.group_by(_KEY).agg(
        pl.col("orders", "revenue", "discount").sum(), pl.col("first").min(), pl.col("last").max()
    )
    counts = people.group_by(_KEY).agg(pl.col("customers", "new_customers", "repeat_customers").sum())
    days = (pl.col("last") - pl.col("first")).dt.total_days() + 1
    return (
        sums.join(counts, on=_KEY)
        .with_columns(active_days=days)
        .with_columns(
            orders_per_day=share(pl.col("orders"), pl.col("active_days")),
            revenue_per_day=mean_amount(pl.col("revenue"), pl.col("active_days")),
            discount_per_day=mean_amount(pl.col("discount"), pl.col("active_days")),
            repeat_customers_30d="repeat_customers",
        )
    )
