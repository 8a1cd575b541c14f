"""How many customers keep their segment from one day to the next while they do nothing."""

from __future__ import annotations

import polars as pl


def stability(rfm: pl.DataFrame) -> tuple[int, int]:
    """Days of customers without an order, from one report day to the next, and those of them in the same segment.

    Args:
        rfm: the report of that name on days that follow each other.
    """
    before = pl.col("client", "orders", "segment").shift(1).name.suffix("_before")
    rows = rfm.sort("client", "report_date").with_columns(before)
    idle = rows.filter(pl.col("client") == pl.col("client_before"), pl.col("orders") == pl.col("orders_before"))
    return idle.height, idle.filter(pl.col("segment") == pl.col("segment_before")).height
