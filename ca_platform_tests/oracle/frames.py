"""A shop as the frames that ingest leaves in the lake, written without any source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform_tests.oracle.parcels import good_deliveries
from ca_platform_tests.oracle.shops import write_shop
from ca_platform_tests.oracle.world import Shop, World

MONEY = pl.Decimal(18, 4)


def sessions_frame(shop: Shop) -> pl.DataFrame:
    """Sessions on or after the start date, with their day."""
    zone = World(shop, shop.start_date, [], {})
    types: dict[str, Any] = {
        "day": pl.Date,
        "order_id": pl.String,
        "client": pl.String,
        "session_start_date": INSTANT,
        "payment_amount": MONEY,
        "discount_amount": MONEY,
        "has_purchased": pl.Boolean,
        "promotion_id": pl.String,
        **{f"dimensions.{name}": pl.String for name in shop.dimensions},
        **{f"actions.{name}": pl.Boolean for name in shop.actions},
        **{f"action_times.{name}": INSTANT for name in shop.actions},
    }
    rows = [
        (
            zone.local_day(s.start),
            s.order_id,
            s.client,
            s.start,
            s.amount,
            s.discount,
            s.purchased,
            s.promotion,
            *(s.dimensions.get(name) for name in shop.dimensions),
            *(name in s.actions for name in shop.actions),
            *(s.times.get(name) for name in shop.actions),
        )
        for s in shop.sessions
    ]
    frame = pl.DataFrame(rows, schema=types, orient="row").filter(pl.col("day") >= shop.start_date)
    return frame.sort("client", "session_start_date", "order_id")


def customers_frame(shop: Shop) -> pl.DataFrame:
    types: dict[str, Any] = {
        "client": pl.String,
        "download_date": INSTANT,
        "signup_date": INSTANT,
        **{f"action_times.{name}": INSTANT for name in shop.customer_actions},
    }
    rows = [
        (c.client, c.download, c.signup, *(c.actions.get(name) for name in shop.customer_actions))
        for c in shop.customers
    ]
    return pl.DataFrame(rows, schema=types, orient="row").sort("client")


def put_sessions(lake: Lake, shop: Shop, days: Iterable[date]) -> None:
    """Replace the parts of these days."""
    frame = sessions_frame(shop)
    with lake.write() as write:
        for day in days:
            write.put("sessions", day, frame.filter(pl.col("day") == day))


def lines_frame(shop: Shop) -> pl.DataFrame:
    """Lines on the day of their order; those without one on the first day."""
    zone = World(shop, shop.start_date, [], {})
    days = {s.order_id: zone.local_day(s.start) for s in shop.sessions}
    types: dict[str, Any] = {
        "day": pl.Date,
        "order_id": pl.String,
        "product": pl.String,
        "category": pl.String,
        "price": MONEY,
        "quantity": MONEY,
        "discount_amount": MONEY,
    }
    rows = [
        (
            days.get(line.order_id, shop.start_date),
            line.order_id,
            line.product,
            line.category,
            line.price,
            line.quantity,
            line.discount,
        )
        for line in shop.lines
    ]
    frame = pl.DataFrame(rows, schema=types, orient="row")
    position = pl.int_range(pl.len(), dtype=pl.Int64).over("order_id")
    return frame.with_columns(line_number=position).sort("order_id", "line_number")


def put_lines(lake: Lake, shop: Shop, days: Iterable[date]) -> None:
    """Replace the parts of these days; a shop without lines has no such source."""
    frame = lines_frame(shop)
    with lake.write() as write:
        for day in days if shop.lines else ():
            write.put("lines", day, frame.filter(pl.col("day") == day))


def deliveries_frame(shop: Shop) -> pl.DataFrame:
    """Deliveries on their own day."""
    zone = World(shop, shop.start_date, [], {})
    types: dict[str, Any] = {
        "day": pl.Date,
        "order_id": pl.String,
        **dict.fromkeys(("delivery_date", "prepare_date", "return_date", "promised_date"), INSTANT),
        **dict.fromkeys(("latitude", "longitude"), pl.Float64),
        "location_suspect": pl.Boolean,
    }
    rows = [
        (zone.local_day(at), d.order_id, at, d.prepared, d.returned, d.promised, d.latitude, d.longitude, d.is_suspect)
        for d, at, _ in good_deliveries(shop)
    ]
    return pl.DataFrame(rows, schema=types, orient="row").sort("order_id", "delivery_date")


def put_deliveries(lake: Lake, shop: Shop, days: Iterable[date]) -> None:
    """Replace the parts of these days; a shop without deliveries has no such source."""
    frame = deliveries_frame(shop)
    with lake.write() as write:
        for day in days if shop.deliveries else ():
            write.put("deliveries", day, frame.filter(pl.col("day") == day))


def put_customers(lake: Lake, shop: Shop) -> None:
    with lake.write() as write:
        write.put("customers", None, customers_frame(shop))


def days_of(shop: Shop, last: date) -> list[date]:
    return [shop.start_date + timedelta(days=n) for n in range((last - shop.start_date).days + 1)]


def load_frames(shop: Shop, folder: Path, last: date) -> tuple[Settings, Lake]:
    """Settings and lake of a shop whose days up to ``last`` are loaded."""
    settings = load_settings(write_shop(shop, folder))
    lake = Lake.open(settings)
    put_sessions(lake, shop, days_of(shop, last))
    put_lines(lake, shop, days_of(shop, last))
    put_deliveries(lake, shop, days_of(shop, last))
    put_customers(lake, shop)
    return settings, lake
