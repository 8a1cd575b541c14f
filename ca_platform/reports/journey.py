"""The customers' journey: how long the stages from the download over each order to now take, and what they bring."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ca_platform.reports.periods import HOUR, in_units, mean_amount

_INT = pl.Int128()


def states(rows: pl.LazyFrame) -> pl.LazyFrame:
    """What is known of each buyer from each ``day`` on, up to ``until``, the day before the next row.

    Args:
        rows: ``slice``, ``customer``, ``day``, ``number``, ``first`` and ``last``, the first as of the row alone.
    """
    ordered = rows.sort("slice", "customer", "day")
    is_next = (pl.col("slice").shift(-1) == pl.col("slice")) & (pl.col("customer").shift(-1) == pl.col("customer"))
    is_first = ~is_next.shift(1).fill_null(value=False)
    return ordered.select(
        "slice",
        "number",
        "last",
        "day",
        first=pl.when(is_first).then(pl.col("first")).forward_fill(),
        until=pl.when(is_next).then(pl.col("day").shift(-1).dt.offset_by("-1d")),
    )


def stages(orders: pl.Expr, buyers: pl.Expr) -> pl.Expr:
    """Number of the order that the last stage between orders ends in: mean orders per buyer, rounded half up."""
    return ((2 * orders + buyers) // (2 * pl.when(buyers > 0).then(buyers))).fill_null(1).clip(lower_bound=1)


def last_stage(numbers: pl.LazyFrame) -> int:
    """The largest number of stages of any slice on any day.

    Args:
        numbers: ``slice``, ``day``, ``number`` and ``customers`` who had that order.
    """
    daily = _totals(numbers, ["slice", "day"]).sort("slice", "day")
    running = daily.select(pl.col("orders", "buyers").cum_sum().over("slice"))
    return int(running.select(stages(pl.col("orders"), pl.col("buyers")).max()).collect().item() or 1)


def _totals(numbers: pl.LazyFrame, by: list[str]) -> pl.LazyFrame:
    customers = pl.col("customers")
    return numbers.group_by(by).agg(orders=customers.sum(), buyers=customers.filter(pl.col("number") == 1).sum())


def customer_journey(
    numbers: pl.LazyFrame,
    first_orders: pl.LazyFrame,
    gaps: pl.LazyFrame,
    last_orders: pl.LazyFrame,
    slices: pl.LazyFrame,
    as_of: datetime,
) -> pl.LazyFrame:
    """Customers, hours and amount of each stage; a stage that nobody reached stands with 0 and nulls.

    Args:
        numbers: ``slice``, ``number`` of an order, ``customers``, ``revenue``, ``microseconds`` since the order before.
        first_orders: ``slice``, ``microseconds`` from the download to the first order.
        gaps: ``slice``, ``number`` and ``microseconds`` of each order after the first, in order of all three.
        last_orders: ``slice`` and ``last`` order of each buyer.
        as_of: end of the report day.
    """
    totals = slices.join(_totals(numbers, ["slice"]), on="slice", how="left")
    lasts = totals.select("slice", last=stages(pl.col("orders"), pl.col("buyers")))
    sums = numbers.group_by("slice", stage_index=stage_of_order()).agg(
        pl.col("customers", "revenue", "microseconds").sum()
    )
    silent = (pl.lit(as_of) - pl.col("last")).dt.total_microseconds()
    now = _times(last_orders.select("slice", microseconds=silent)).join(lasts, on="slice")
    start = _times(first_orders.select("slice", pl.col("microseconds").clip(lower_bound=0)))
    measures = ["slice", "stage_index", "customers", "mean_hours", "median_hours"]
    measured = [
        start.with_columns(stage_index=pl.lit(0, pl.Int64)).select(measures),
        _between(sums, gaps).join(lasts, on="slice").filter(pl.col("stage_index") < pl.col("last")).select(measures),
        now.with_columns(stage_index="last").select(measures),
    ]
    amounts = sums.select("slice", "stage_index", mean_amount=mean_amount(pl.col("revenue"), pl.col("customers")))
    on = ["slice", "stage_index"]
    rows = _grid(lasts).join(pl.concat(measured), on=on, how="left").join(amounts, on=on, how="left")
    return rows.sort(on).with_columns(
        pl.col("customers").fill_null(0),
        mean_amount=pl.when(pl.col("stage_index") < pl.col("last")).then(pl.col("mean_amount")),
        cumulative_mean_hours=pl.col("mean_hours").cum_sum().over("slice"),
    )


def stage_of_order() -> pl.Expr:
    """The stage that ends in the order of this number."""
    return pl.col("number").cast(pl.Int64) - 1


def _grid(lasts: pl.LazyFrame) -> pl.LazyFrame:
    """All stages of each slice with their names."""
    rows = lasts.with_columns(stage_index=pl.int_ranges(0, pl.col("last") + 1)).explode("stage_index")
    return rows.with_columns(stage=stage_name())


def stage_name() -> pl.Expr:
    """Name of the stage ``stage_index`` where the ``last`` one is known."""
    index = pl.col("stage_index")
    between = pl.format("order_{}_to_order_{}", index, index + 1)
    is_last = index == pl.col("last")
    ends = pl.when(is_last).then(pl.lit("last_order_to_now")).when(index == 0).then(pl.lit("download_to_order_1"))
    return ends.otherwise(between)


def _between(sums: pl.LazyFrame, gaps: pl.LazyFrame) -> pl.LazyFrame:
    """Customers, mean and median of the stages from one order to the next."""
    mean = pl.col("microseconds").cast(pl.Float64) / pl.col("customers")
    # Groups of one sorted number are found many times faster than those of two columns.
    group = (pl.col("slice").cast(pl.Int64) * 2**32 + pl.col("number")).set_sorted()
    middle = (pl.col("microseconds").get(place) for place in ((pl.len() - 1) // 2, pl.len() // 2))
    medians = gaps.group_by(group.alias("group"), maintain_order=True).agg(
        pl.col("slice").first(),
        stage_index=stage_of_order().first(),
        median_hours=in_units(pl.sum_horizontal(middle), 2 * HOUR),
    )
    later = sums.filter(pl.col("stage_index") > 0).with_columns(mean_hours=in_units(mean, HOUR))
    return later.join(medians.drop("group"), on=["slice", "stage_index"], how="left")


def _times(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Customers, mean and median of times by slice. The mean from a whole number, so that it follows no order."""
    total = pl.col("microseconds").cast(_INT).sum().cast(pl.Float64)
    return rows.group_by("slice").agg(
        customers=pl.len().cast(pl.Int64),
        mean_hours=in_units(total / pl.len(), HOUR),
        median_hours=in_units(pl.col("microseconds").median(), HOUR),
    )
