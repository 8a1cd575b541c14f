"""The orders of the lake as the arrays that models take."""

from __future__ import annotations

from datetime import date

import polars as pl

from ca_platform.facts import Shape, schema
from ca_platform.lake import Lake
from ca_platform.models.backtest import History

_MICROSECONDS_PER_DAY = 86_400_000_000
_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Number of a local day, as in ``orders_until``."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The local day of a number."""
    return date.fromordinal(_EPOCH.toordinal() + number)


def orders_until(last: date, shape: Shape, lake: Lake) -> History:
    """All orders of the shop up to a day, by the facts' numbers of customers.

    Times are local: the number of the day and what of it has passed by the clock, so that an order is before an origin
    exactly when its day is.
    """
    types = schema("customer_orders", shape)
    clock = pl.col("at").dt.convert_time_zone(shape.time_zone).dt.replace_time_zone(None).dt.epoch("us")
    passed = (clock - pl.col("day").dt.epoch("d").cast(pl.Int64) * _MICROSECONDS_PER_DAY).clip(
        0, _MICROSECONDS_PER_DAY - 1
    )
    orders = lake.collect(
        lambda: (
            lake.scan("customer_orders", shape.start_date, last, schema=types)
            .filter(pl.col("slice") == 0)
            .select(
                "customer",
                day=pl.col("day").dt.epoch("d").cast(pl.Int64),
                passed=passed / _MICROSECONDS_PER_DAY,
                amount=pl.col("amount").cast(pl.Float64),
            )
        )
    )
    return History(orders["customer"], orders["day"] + orders["passed"], orders["day"], orders["amount"])
