"""One row for each customer."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from ca_platform.reports.periods import DAY, HOUR, in_units, mean_amount


def client_kpis(days: pl.LazyFrame, members: pl.LazyFrame, as_of: datetime) -> pl.LazyFrame:
    """Every customer with a session or a download up to the day; what an order would need is null without one.

    The gaps between consecutive orders add up to the time from the first to the last, so their mean needs only these.

    Args:
        days: ``customer_days`` up to the day.
        members: ``customer`` (null without a session), ``client`` and ``download`` as of the day; the rows stay in
            their order.
        as_of: end of the report day.
    """
    sums = days.group_by("customer").agg(
        pl.col("sessions", "orders", "revenue", "discount").sum(),
        pl.col("first_order").min(),
        pl.col("last_order").max(),
    )
    span = (pl.col("last_order") - pl.col("first_order")).dt.total_microseconds()
    since = (pl.lit(as_of) - pl.col("last_order")).dt.total_microseconds()
    rows = members.join(sums, on="customer", how="left", maintain_order="left").with_columns(
        pl.col("sessions", "orders", "revenue", "discount").fill_null(0)
    )
    return rows.with_columns(
        recency_days=in_units(since, DAY),
        mean_gap_hours=in_units(span, HOUR) / pl.when(pl.col("orders") > 1).then(pl.col("orders") - 1),
        mean_amount=mean_amount(pl.col("revenue"), pl.col("orders")),
        download_date="download",
    )
