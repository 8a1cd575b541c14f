"""Growth: revenue, orders and the coming and going of customers from period to period."""

from __future__ import annotations

import polars as pl

from ca_platform.reports.periods import UNITS, Calendar, share, spread

METRICS = (
    "revenue",
    "orders",
    "new_customers",
    "returning_customers",
    "reactivated_customers",
    "churned_customers",
)
_YEAR = {"week": 52, "month": 12}


def growth(buyers: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar) -> pl.LazyFrame:
    """Metrics of weeks and months with their change against the period before and a year before.

    Args:
        buyers: ``period_buyers`` up to the day: ``slice``, ``unit``, ``date``, ``offset`` and the counts.
    """
    return pl.concat(_unit(buyers.filter(pl.col("unit") == unit), slices, calendar, unit) for unit in _YEAR)


def _unit(buyers: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, unit: str) -> pl.LazyFrame:
    new = pl.col("customers").filter(pl.col("offset") == 0).sum()
    sums = buyers.group_by("slice", "date").agg(pl.col("customers", "returning", "orders", "revenue").sum(), new=new)
    measures = ["customers", "returning", "new", "orders", "revenue"]
    grid = slices.join(calendar.periods(UNITS[unit]), how="cross")
    rows = spread(grid, sums, ["slice", "date"], measures).sort("slice", "date")
    before = pl.col("customers").shift(1).over("slice").fill_null(0)
    metrics = rows.select(
        "slice",
        "date",
        "is_partial",
        "revenue",
        "orders",
        new_customers="new",
        returning_customers="returning",
        reactivated_customers=pl.col("customers") - pl.col("new") - pl.col("returning"),
        churned_customers=before - pl.col("returning"),
    )
    long = pl.concat(_metric(metrics, name, unit) for name in METRICS)
    return long.with_columns(period=pl.lit(unit))


def _metric(rows: pl.LazyFrame, name: str, unit: str) -> pl.LazyFrame:
    """One metric with its changes; the rows are in the order of their periods, without a gap."""
    values = rows.select("slice", "date", "is_partial", metric=pl.lit(name), value=pl.col(name).cast(pl.Float64))
    changes = {"change_previous": _change(1), "change_year": _change(_YEAR[unit])}
    return values.with_columns(**changes)


def _change(back: int) -> pl.Expr:
    """Value over that of so many periods before, less 1; null where that is 0, unknown, or either is partial."""
    earlier, was_partial = (pl.col(name).shift(back).over("slice") for name in ("value", "is_partial"))
    return pl.when(~pl.col("is_partial") & ~was_partial).then(share(pl.col("value"), earlier) - 1)
