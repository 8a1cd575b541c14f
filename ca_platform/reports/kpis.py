"""Key figures of the shop and of its dimension values. All inputs hold the days up to the report day, by ``slice``."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from ca_platform.reports.periods import Calendar, mean_amount, share, spread

METRICS = ("orders", "revenue", "visitors", "discount", "mean_order_value", "conversion_rate", "new_customers")
_SUMS = ["sessions", "orders", "revenue", "discount"]
MEASURES = [*_SUMS, "customers"]


def kpis(
    counts: pl.LazyFrame, active: pl.LazyFrame, new: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar
) -> pl.LazyFrame:
    """Figures in total, on the last seven days and on the seven before; a window that begins too early is null.

    Args:
        active: customers by ``activity`` and ``gap``, the days since they were last active.
        new: customers by day of their ``first_session`` and ``first_purchase`` (``step``).
    """
    day = calendar.day
    windows: dict[str, tuple[date, date] | None] = {
        "value": None,
        "value_last_7d": (day - timedelta(days=6), day),
        "value_previous_7d": (day - timedelta(days=13), day - timedelta(days=7)),
    }
    wide = slices
    for name, window in windows.items():
        visitors = _new(new, "first_session") if window is None else _visitors(active, window[0])
        counted, seen, came = (_within(frame, window) for frame in (counts, visitors, new))
        figures = _figures(counted, seen, came, slices)
        is_known = window is None or window[0] >= calendar.start
        values = [pl.col(metric).alias(f"{name} {metric}") for metric in METRICS] if is_known else []
        nulls = [] if is_known else [pl.lit(None, pl.Float64).alias(f"{name} {metric}") for metric in METRICS]
        wide = wide.join(figures.select("slice", *values, *nulls), on="slice", how="left")
    rows = [
        wide.select("slice", pl.lit(m).alias("metric"), *(pl.col(f"{w} {m}").alias(w) for w in windows))
        for m in METRICS
    ]
    change = pl.col("value_last_7d") - pl.col("value_previous_7d")
    return pl.concat(rows).with_columns(change_abs=change, change_rel=share(change, pl.col("value_previous_7d")))


def _within(frame: pl.LazyFrame, window: tuple[date, date] | None) -> pl.LazyFrame:
    return frame if window is None else frame.filter(pl.col("day").is_between(*window))


def _visitors(active: pl.LazyFrame, first: date) -> pl.LazyFrame:
    """Customers on the first day of a window that they were active on."""
    into_window = (pl.col("day") - pl.lit(first)).dt.total_days()
    return active.filter((pl.col("activity") == "session") & (pl.col("gap") > into_window))


def _new(new: pl.LazyFrame, step: str) -> pl.LazyFrame:
    return new.filter(pl.col("step") == step)


def _figures(counts: pl.LazyFrame, visitors: pl.LazyFrame, new: pl.LazyFrame, slices: pl.LazyFrame) -> pl.LazyFrame:
    """All metrics of one window as floats."""
    totals = spread(slices, counts.group_by("slice").agg(pl.col(_SUMS).sum()), ["slice"], _SUMS)
    people = {"visitors": visitors, "new_customers": _new(new, "first_purchase")}
    for name, rows in people.items():
        summed = rows.group_by("slice").agg(pl.col("customers").sum().alias(name))
        totals = spread(totals, summed, ["slice"], [name])
    return totals.with_columns(
        mean_order_value=mean_amount(pl.col("revenue"), pl.col("orders")),
        conversion_rate=share(pl.col("orders"), pl.col("sessions")),
    ).with_columns(pl.col(METRICS).cast(pl.Float64))


def dimension_kpis(counts: pl.LazyFrame, new: pl.LazyFrame, values: pl.LazyFrame) -> pl.LazyFrame:
    """Sessions, orders, money and distinct customers of every value of every dimension.

    Args:
        values: ``slice``, ``dimension``, ``value`` of the values known up to the day.
    """
    sums = counts.group_by("slice").agg(pl.col(_SUMS).sum())
    customers = _new(new, "first_session").group_by("slice").agg(pl.col("customers").sum())
    return values.join(sums, on="slice").join(customers, on="slice")


def daily_dimension_values(
    counts: pl.LazyFrame, active: pl.LazyFrame, values: pl.LazyFrame, calendar: Calendar
) -> pl.LazyFrame:
    """The same for each day: all values known up to the day × all days."""
    sums = counts.group_by("slice", date="day").agg(pl.col(_SUMS).sum())
    customers = (
        active.filter(pl.col("activity") == "session").group_by("slice", date="day").agg(pl.col("customers").sum())
    )
    grid = values.join(calendar.periods("1d").select("date"), how="cross")
    return spread(spread(grid, sums, ["slice", "date"], _SUMS), customers, ["slice", "date"], ["customers"])
