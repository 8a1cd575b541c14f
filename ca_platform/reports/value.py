"""Lifetime value: what each customer is expected to bring by the model that serves the day, and how good it was before.

The models are trained and kept by ``training``; training happens here only where a day has no model that may serve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.reports.reading import FactReader
from ca_platform.training import Forecasts, ValueModels

# An order that is further away is no date to put into a diary.
_MOST_DAYS = 3_652
_MONEY = pl.Decimal(38, 4)


class ValueTables:
    """Lifetime value as of some report days.

    Args:
        days: ascending.
        models: gives the models of the lake.
    """

    def __init__(self, facts: FactReader, days: Sequence[date], models: Callable[[], ValueModels]) -> None:
        self._facts = facts
        self._days = days
        self._open = models

    @cached_property
    def models(self) -> ValueModels:
        """The models of the lake."""
        return self._open()

    @cached_property
    def _trained(self) -> dict[date, date]:
        """Training day by report day; what is missing is trained."""
        return self.models.ensure(self._days)

    @cached_property
    def _clients(self) -> pl.DataFrame:
        return self._facts.lake.collect(lambda: self._facts.scan("client_numbers").select("customer", "client"))

    @property
    def largest(self) -> int:
        """Rows of ``customers`` on the last day, or some more."""
        return self._clients.height

    def forecast(self, day: date) -> Forecasts:
        """What is forecast of all customers with an order up to a day."""
        return self.models.forecast(day)

    def customers(self, day: date) -> pl.LazyFrame:
        """``client_feature_predicted``: all customers with an order up to the day."""
        return customer_rows(self.forecast(day), day).join(self._clients.lazy(), on="customer").drop("customer")

    def backtest(self, day: date) -> pl.LazyFrame:
        """``clv_backtest``: the scores of the training whose model serves the day."""
        return self.models.scores(self._trained[day]).lazy().rename({"day": "trained_on"})


def customer_rows(said: Forecasts, day: date) -> pl.LazyFrame:
    """Forecasts of a day's customers by ``customer``, their number."""
    wait = np.where(said.next_order_days <= _MOST_DAYS, np.ceil(said.next_order_days), np.nan)
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
        money.cast(_MONEY),
        (pl.lit(day) + pl.duration(days=days)).alias("next_expected_purchase"),
        pl.lit(said.horizon_days).alias("horizon_days"),
        pl.lit(said.model).alias("model"),
        pl.lit(said.trained_on).alias("trained_on"),
        pl.lit(said.reason or None, pl.String).alias("note"),
    ).drop("wait")
