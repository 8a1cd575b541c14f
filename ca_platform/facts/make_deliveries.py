"""The fact of deliveries of a run of days, from their rows and the sessions of their orders. Reads the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.facts.deliveries import delivery_times
from ca_platform.facts.shape import Shape
from ca_platform.lake import Lake

# Orders are looked for among these days before a delivery first; only what is missing there, among all before.
NEAR_DAYS = 31

_DELIVERIES: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "order_id": pl.String(),
    "delivery_date": INSTANT,
    "prepare_date": INSTANT,
    "return_date": INSTANT,
    "promised_date": INSTANT,
    "latitude": pl.Float64(),
    "longitude": pl.Float64(),
    "location_suspect": pl.Boolean(),
}


def make_delivery_times(days: Sequence[date], shape: Shape, lake: Lake) -> pl.LazyFrame:
    """Deliveries of these days, ascending, with their orders."""
    rows = lake.collect(
        lambda: lake.scan("deliveries", days[0], days[-1], schema=_DELIVERIES).filter(pl.col("day").is_in(days))
    )
    orders = _orders(rows["order_id"], days[0], days[-1], shape, lake)
    return delivery_times(rows.lazy(), orders.lazy(), shape.dimensions, shape.time_zone, shape.geohash_precision)


def _orders(wanted: pl.Series, first: date, last: date, shape: Shape, lake: Lake) -> pl.DataFrame:
    """Sessions with these order ids that began on or before the last day."""
    types: dict[str, pl.DataType] = {
        "order_id": pl.String(),
        "client": pl.String(),
        "session_start_date": INSTANT,
        **{f"dimensions.{name}": pl.String() for name in shape.dimensions},
    }

    def found(ids: pl.Series, start: date, end: date) -> pl.DataFrame:
        keys = ids.to_frame().lazy()
        return lake.collect(
            lambda: lake.scan("sessions", start, end, schema=types).join(keys, on="order_id", how="semi")
        )

    near = max(first - timedelta(days=NEAR_DAYS), shape.start_date)
    orders = found(wanted, near, last)
    missing = wanted.filter(~wanted.is_in(orders["order_id"].implode()))
    if missing.is_empty() or near == shape.start_date:
        return orders
    return pl.concat([orders, found(missing, shape.start_date, near - timedelta(days=1))])
