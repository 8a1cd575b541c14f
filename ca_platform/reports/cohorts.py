"""Cohorts: the customers of a period, followed to their next order, period by period.

A cell is one calendar period. It is null, with everything in it, when that period begins after the report day. All
inputs hold what is known at the report day, by ``slice``.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from ca_platform.catalogue.cohorts import LAST_OFFSET
from ca_platform.reports.periods import Calendar, Every, mean_amount, period, share, spread

WEEKS, MONTHS = 52, 24
_CELL = ["slice", "cohort", "offset"]


def next_order_cohorts(
    events: pl.LazyFrame, starts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, every: Every
) -> pl.LazyFrame:
    """Customers by the period of their starting event and the periods until the next one.

    Args:
        events: ``slice``, ``cohort``, ``offset``, ``customers`` with the next event.
        starts: ``slice``, ``date`` and how many ``customers`` had the starting event then.
    """
    grid = _grid(starts, slices, calendar, every, LAST_OFFSET)
    counts = events.group_by(_CELL).agg(pl.col("customers").sum())
    rows = spread(grid, counts, _CELL, ["customers"]).sort(_CELL)
    up_to = pl.col("customers").cum_sum().over("slice", "cohort")
    return rows.with_columns(
        customers=_known("customers"),
        rate=share(_known("customers"), pl.col("cohort_size")),
        cumulative_rate=share(pl.when(pl.col("is_known")).then(up_to), pl.col("cohort_size")),
    )


def retention(
    buyers: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, every: Every, last_offset: int
) -> pl.LazyFrame:
    """Customers of each first-order cohort with an order in the period that is so many periods later.

    Args:
        buyers: ``period_buyers`` of the unit: ``slice``, ``date``, ``offset``, ``customers``.
    """
    rows = _aged(buyers, slices, calendar, every, last_offset, ["customers"])
    return rows.with_columns(customers=_known("customers"), rate=share(_known("customers"), pl.col("cohort_size")))


def cohort_revenue(buyers: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Orders and revenue of each monthly first-order cohort, month by month.

    Args:
        buyers: ``period_buyers`` of months: ``slice``, ``date``, ``offset``, ``customers``, ``orders``, ``revenue``.
    """
    rows = _aged(buyers, slices, calendar, "1mo", MONTHS, ["orders", "revenue"]).sort(_CELL)
    up_to = pl.col("revenue").cum_sum().over("slice", "cohort")
    per_customer = pl.when(pl.col("is_known")).then(mean_amount(up_to, pl.col("cohort_size")))
    return rows.with_columns(
        orders=_known("orders"),
        revenue=_known("revenue"),
        mean_order_value=pl.when(pl.col("is_known")).then(mean_amount(pl.col("revenue"), pl.col("orders"))),
        cumulative_revenue_per_customer=per_customer,
    )


def _aged(
    buyers: pl.LazyFrame,
    slices: pl.LazyFrame,
    calendar: Calendar,
    every: Every,
    last_offset: int,
    measures: list[str],
) -> pl.LazyFrame:
    """The grid of first-order cohorts with sums of ``measures``."""
    starts = buyers.filter(pl.col("offset") == 0)
    grid = _grid(starts, slices, calendar, every, last_offset)
    aged = buyers.filter(pl.col("offset") <= last_offset).with_columns(cohort=earlier(every))
    return spread(grid, aged.group_by(_CELL).agg(pl.col(measures).sum()), _CELL, measures)


def earlier(every: Every) -> pl.Expr:
    """The week or month that lies ``offset`` before ``date``."""
    date, offset = pl.col("date"), pl.col("offset").cast(pl.Int32)
    if every == "1w":
        return (date.to_physical() - 7 * offset).cast(pl.Date)
    month = date.dt.year() * 12 + date.dt.month().cast(pl.Int32) - 1 - offset
    return pl.date(month // 12, month % 12 + 1, 1)


def _known(name: str) -> pl.Expr:
    return pl.when(pl.col("is_known")).then(pl.col(name)).alias(name)


def _grid(
    starts: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, every: Every, last_offset: int
) -> pl.LazyFrame:
    """All cohorts with all offsets: ``cohort_size``, ``is_known``, ``is_partial``."""
    cells = _cells(calendar, every, last_offset)
    size = starts.group_by("slice", cohort=period(every, "date")).agg(cohort_size=pl.col("customers").sum())
    cohorts = slices.join(cells.select("cohort").unique(), how="cross")
    sized = spread(cohorts, size, ["slice", "cohort"], ["cohort_size"])
    return sized.join(cells, on="cohort")


def _cells(calendar: Calendar, every: Every, last_offset: int) -> pl.LazyFrame:
    """``cohort``, ``offset``, and of the calendar period there: whether it has begun, and whether it is partial."""
    offsets = pl.LazyFrame({"offset": range(last_offset + 1)}, schema={"offset": pl.Int64})
    number, unit = every[0], every[1:]
    ahead = pl.format("{}" + unit, pl.col("offset") * int(number))
    grid = calendar.periods(every).select(cohort="date").join(offsets, how="cross")
    cells = grid.with_columns(begin=pl.col("cohort").dt.offset_by(ahead))
    is_known = pl.col("begin") <= calendar.day
    is_late = pl.col("begin").dt.offset_by(every) > calendar.day + timedelta(days=1)
    is_partial = pl.when(is_known).then((pl.col("begin") < calendar.start) | is_late)
    return cells.select("cohort", "offset", is_known=is_known, is_partial=is_partial)
