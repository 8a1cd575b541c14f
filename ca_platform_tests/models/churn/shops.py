"""Histories of orders for the tests: public shops, and one of customers who order at rates of their own and leave."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ca_platform.models.backtest import History

_EPOCH = date(1970, 1, 1).toordinal()

CDNOW_END = 273
"""The first day after the calibration period of the CDNOW sample, 1997-10-01."""


def made_shop(customers: int = 600, days: int = 300, seed: int = 0, shift: float = 0.0) -> History:
    """Customers who come over the whole time, order at gamma rates, and leave after a gamma time."""
    dice = np.random.default_rng(seed)
    number, at = [], []
    for customer in range(customers):
        time, leaves = dice.uniform(0, days), dice.exponential(120) + 1
        begun, rate = time, dice.gamma(1.0, 0.05) + 1e-3
        while time < min(days, begun + leaves):
            number.append(customer)
            at.append(time + shift)
            time += dice.exponential(1 / rate)
    return History(number, at, amount=dice.gamma(2, 20, len(at)))


def cdnow(folder: Path) -> History:
    """The CDNOW sample, 18 months from 1997-01-01."""
    orders = pl.read_parquet(folder / "cdnow_sample_2357" / "transactions.parquet")
    day = orders["date"].to_physical() - date(1997, 1, 1).toordinal() + _EPOCH
    return History(orders["customer_id"], day, amount=orders["value"])


def online_retail(folder: Path) -> History:
    """Orders of known customers of Online Retail, cancellations left out, from 2010-12-01."""
    lines = pl.scan_parquet(folder / "online_retail" / "lines.parquet")
    kept = lines.filter(pl.col("CustomerID").is_not_null() & ~pl.col("InvoiceNo").str.starts_with("C"))
    amount = (pl.col("Quantity") * pl.col("UnitPrice")).sum()
    orders = kept.group_by("InvoiceNo", "CustomerID").agg(at=pl.col("InvoiceDate").min(), amount=amount).collect()
    days = orders["at"].dt.epoch("us") / 86_400_000_000 - date(2010, 12, 1).toordinal() + _EPOCH
    return History(orders["CustomerID"], days, amount=orders["amount"])
