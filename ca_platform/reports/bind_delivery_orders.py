"""Name of a report of abnormally long deliveries → the function that makes it; see ``bind``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl

from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.reports.cut import Cut


def _orders(cut: Cut, duration: str) -> pl.LazyFrame:
    return cut.of(cut.tables.delivery_orders.orders(duration))


def _backtest(cut: Cut) -> pl.LazyFrame:
    rows = cut.tables.delivery_orders.contests(cut.tables.deliveries.durations)
    return cut.of(rows).with_columns(date="day")


DELIVERY_ORDERS: dict[str, Callable[[Cut], pl.LazyFrame]] = {
    **{f"{name}_orders": partial(_orders, duration=name) for name in DURATIONS},
    "delivery_backtest": _backtest,
}
