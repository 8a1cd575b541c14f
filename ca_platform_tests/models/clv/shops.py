"""Shops for the tests of customer value: the public ones, and the odd ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ca_platform.models.clv import Summary
from ca_platform.models.clv.records import Floats

CDNOW_END = date(1997, 9, 30)
CDNOW_HOLDOUT_WEEKS = 39.0

# Five kinds of customers: a newcomer, one order, few, gone, and a heavy buyer.
ODD = Summary([0, 0, 3, 12, 400], [0, 0, 20, 15, 51], [0, 30, 38, 52, 52])


def cdnow_days(data: Path) -> pl.DataFrame:
    """Purchase days of the CDNOW sample: client, day, amount."""
    lines = pl.read_parquet(data / "cdnow_sample_2357" / "transactions.parquet")
    return lines.group_by(client="customer_id", day="date").agg(amount=pl.col("value").sum()).sort("client", "day")


def cdnow(data: Path) -> tuple[Summary, Floats]:
    """The published summary of the first 39 weeks, and the purchase days of each customer in the next 39."""
    days = cdnow_days(data)
    seen = days.filter(pl.col("day") <= CDNOW_END).group_by("client").agg("day").sort("client")
    later = days.filter(pl.col("day") > CDNOW_END).group_by("client").agg(orders=pl.len())
    first, last = pl.col("day").list.min(), pl.col("day").list.max()
    columns = seen.join(later, on="client", how="left", maintain_order="left").select(
        repeats=pl.col("day").list.len() - 1,
        recency=(last - first).dt.total_days() / 7,
        age=(pl.lit(CDNOW_END) - first).dt.total_days() / 7,
        orders=pl.col("orders").fill_null(0).cast(pl.Float64),
    )
    gaps = days.filter(pl.col("day") <= CDNOW_END).select(pl.col("day").diff().over("client").dt.total_days() / 7)
    summary = Summary(
        columns["repeats"], columns["recency"], columns["age"], log_gaps=float(gaps["day"].drop_nulls().log().sum())
    )
    return summary, columns["orders"].to_numpy()


def one_time_buyers(customers: int = 500) -> Summary:
    return Summary(np.zeros(customers), np.zeros(customers), np.linspace(1, 52, customers))


def online_retail_orders(data: Path) -> pl.LazyFrame:
    """Orders of known customers of Online Retail without cancellations: customer, day, amount."""
    lines = pl.scan_parquet(data / "online_retail" / "lines.parquet")
    bought = lines.filter(pl.col("CustomerID").is_not_null(), ~pl.col("InvoiceNo").str.starts_with("C"))
    return bought.group_by("InvoiceNo", customer="CustomerID").agg(
        day=pl.col("InvoiceDate").min().dt.date(), amount=(pl.col("Quantity") * pl.col("UnitPrice")).sum()
    )
