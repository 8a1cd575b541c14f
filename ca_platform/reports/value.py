"""Lifetime value: what each customer is expected to bring by the model that serves the day."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from ca_platform.money import MONEY_SUM
from ca_platform.reports.served import ModelTables
from ca_platform.training import Forecasts, ValueModels

# An order that is further away is no date to put into a diary.
_MOST_DAYS = 3_652

# Where the least of all customers' probabilities is not below this, a fit says that nobody leaves. On public shops the
# least is either above .999, of a fit whose rate of leaving has gone to its bound, or below .8.
_ALL_ALIVE = 0.99
_NOBODY_LEAVES = "the orders do not show who has left"


class ValueTables(ModelTables[ValueModels]):
    """Lifetime value as of some report days."""

    def customers(self, day: date) -> pl.LazyFrame:
        """``client_feature_predicted``: all customers with an order up to the day."""
        return customer_rows(self.models.forecast(day), day).join(self._clients.lazy(), on="customer").drop("customer")


def customer_rows(said: Forecasts, day: date) -> pl.LazyFrame:
    """Forecasts of a day's customers by ``customer``, their number.

    Where the model says that nobody leaves, which no order can show, nobody has a probability of being there still.
    """
    wait = np.where(said.next_order_days <= _MOST_DAYS, np.ceil(said.next_order_days), np.nan)
    shows_leaving = bool((said.alive < _ALL_ALIVE).any())
    note = "; ".join(filter(None, [said.reason, "" if shows_leaving else _NOBODY_LEAVES]))
    rows = pl.LazyFrame(
        {
            "customer": said.number.astype(np.uint32),
            "expected_orders": said.orders,
            "expected_amount": said.amount,
            "expected_revenue": said.revenue,
            "revenue_low": said.low,
            "revenue_high": said.high,
            "probability_alive": said.alive,
            "wait": wait,
        }
    )
    money = pl.col("expected_amount", "expected_revenue", "revenue_low", "revenue_high")
    # An order of the day itself is known: the next one comes tomorrow at the earliest.
    days = pl.col("wait").fill_nan(None).clip(1).cast(pl.Int32)
    return rows.with_columns(
        money.cast(MONEY_SUM),
        pl.when(shows_leaving).then("probability_alive"),
        (pl.lit(day) + pl.duration(days=days)).alias("next_expected_purchase"),
        pl.lit(said.horizon_days).alias("horizon_days"),
        pl.lit(said.model).alias("model"),
        pl.lit(said.trained_on).alias("trained_on"),
        pl.lit(note or None, pl.String).alias("note"),
    ).drop("wait")
