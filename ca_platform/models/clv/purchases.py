"""From orders to what the models take: purchase days of customers, and back from purchase days to orders.

Orders of a customer on one day count once: they are parts of one purchase more often than not, and times between them of
nearly 0 would pass for a rate. What is expected are purchase days; times the orders on such a day they are orders.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from ca_platform.models.clv.records import Floats, Summary


def purchase_histories(orders: pl.LazyFrame, end: date) -> pl.LazyFrame:
    """What is known of each customer's purchases at the end of a day.

    Args:
        orders: a row per order: ``customer``, ``day`` (local date), ``amount`` (in the shop's currency).
        end: the last day that is known; orders after it are left out.

    Returns:
        Sorted by ``customer``: ``orders``, ``purchase_days`` (1 and up), ``amount`` of all orders, ``mean_amount`` of a
        purchase day, ``first_day``, ``last_day``, ``repeats``, ``recency_weeks`` and ``age_weeks`` as in ``Summary``,
        and ``log_gaps`` (log weeks).

    >>> shop = pl.LazyFrame({"customer": [1, 1, 1], "day": [date(2024, 1, d) for d in (1, 15, 15)], "amount": [9, 5, 6]})
    >>> row = purchase_histories(shop, date(2024, 1, 29)).collect().row(0, named=True)
    >>> row["orders"], row["purchase_days"], row["mean_amount"], row["recency_weeks"], row["age_weeks"]
    (3, 2, 10.0, 2.0, 4.0)
    """
    days = (
        orders.filter(pl.col("day") <= end)
        .group_by("customer", "day")
        .agg(orders=pl.len(), amount=pl.col("amount").sum().cast(pl.Float64))
        .sort("customer", "day")
        .with_columns(gap=_weeks(pl.col("day") - pl.col("day").shift().over("customer")))
    )
    first, last = pl.col("day").min(), pl.col("day").max()
    return (
        days.group_by("customer")
        .agg(
            orders=pl.col("orders").sum().cast(pl.Int64),
            purchase_days=pl.len().cast(pl.Int64),
            amount=pl.col("amount").sum(),
            mean_amount=pl.col("amount").mean(),
            first_day=first,
            last_day=last,
            repeats=pl.len().cast(pl.Int64) - 1,
            recency_weeks=_weeks(last - first),
            age_weeks=_weeks(pl.lit(end) - first),
            log_gaps=pl.col("gap").log().sum(),
        )
        .sort("customer")
    )


def summary_of(histories: pl.DataFrame) -> Summary:
    """The summary of the customers of a frame of ``purchase_histories``, row by row."""
    repeats, recency, age = (histories[name].to_numpy() for name in ("repeats", "recency_weeks", "age_weeks"))
    return Summary(repeats, recency, age, log_gaps=float(histories["log_gaps"].sum()))


def orders_per_day(orders: ArrayLike, purchase_days: ArrayLike) -> Floats:
    """Orders on a purchase day that a customer is to be expected to have, 1 and up.

    The customer's own ratio drawn towards the shop's: orders beyond the first of a day are Poisson with a rate that is
    Gamma over the customers, whose shape is found by its moments. 1 in a shop without any such order.

    Args:
        orders, purchase_days: of each customer so far, both 1 and up.

    >>> orders_per_day([1, 6, 3, 1, 1], [1, 2, 3, 1, 1])
    array([1.25 , 2.5  , 1.125, 1.25 , 1.25 ])
    """
    days = np.asarray(purchase_days, np.float64)
    further = np.asarray(orders, np.float64) - days
    if not days.size or not further.sum():
        return np.ones(days.size)
    rate = further.sum() / days.sum()
    # Variance beyond Poisson, rate² days² / shape, summed over the customers.
    beyond = np.sum((further - rate * days) ** 2) - rate * days.sum()
    if beyond <= 0:
        return np.full(days.size, 1 + rate)
    shape = rate**2 * np.sum(days**2) / beyond
    return np.asarray(1 + (further + shape) / (days + shape / rate))


def _weeks(time: pl.Expr) -> pl.Expr:
    return time.dt.total_days() / 7
