"""A small lake: sessions, lines, deliveries and customers as ingest leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from ca_platform.store.documents import orders_documents

INSTANT = pl.Datetime("us", "UTC")
MONEY = pl.Decimal(18, 4)

SESSION_TYPES: dict[str, Any] = {
    "day": pl.Date,
    "order_id": pl.String,
    "client": pl.String,
    "session_start_date": INSTANT,
    "session_end_date": INSTANT,
    "payment_amount": MONEY,
    "discount_amount": MONEY,
    "has_purchased": pl.Boolean,
    "promotion_id": pl.String,
    "dimensions.region": pl.String,
    "dimensions.channel": pl.String,
    "actions.has_basket": pl.Boolean,
    "action_times.has_basket": INSTANT,
}
LINE_TYPES: dict[str, Any] = {
    "day": pl.Date,
    "order_id": pl.String,
    "line_number": pl.Int64,
    "product": pl.String,
    "category": pl.String,
    "price": MONEY,
    "quantity": MONEY,
    "discount_amount": MONEY,
}
DELIVERY_TYPES: dict[str, Any] = {
    "day": pl.Date,
    "order_id": pl.String,
    "delivery_date": INSTANT,
    "prepare_date": INSTANT,
    "return_date": INSTANT,
    "promised_date": INSTANT,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "location_suspect": pl.Boolean,
}
CUSTOMER_TYPES: dict[str, Any] = {
    "client": pl.String,
    "download_date": INSTANT,
    "signup_date": INSTANT,
    "action_times.first_login": INSTANT,
}


def sessions(day: date, count: int, prefix: str = "order") -> pl.DataFrame:
    """Sessions of one local day, the first ten minutes past midnight, every second one without a region."""
    start = datetime(day.year, day.month, day.day, 0, 10, 0, 123456, tzinfo=UTC)
    rows = [
        {
            "day": day,
            "order_id": f"{prefix}-{number}",
            "client": f"client-{number % 3}",
            "session_start_date": start + timedelta(minutes=number),
            "session_end_date": None if number % 2 else start + timedelta(hours=1),
            "payment_amount": Decimal("10.0050") * number,
            "discount_amount": Decimal(0),
            "has_purchased": number % 2 == 0,
            "promotion_id": None,
            "dimensions.region": "EU" if number % 2 else None,
            "dimensions.channel": "a=b",
            "actions.has_basket": True,
            "action_times.has_basket": None,
        }
        for number in range(count)
    ]
    return pl.DataFrame(rows, schema=SESSION_TYPES)


def lines(day: date, order_ids: Sequence[str]) -> pl.DataFrame:
    rows = [
        (
            day,
            order_id,
            number,
            f"product {number}",
            None if number else "tea",
            Decimal("1.2345"),
            Decimal("2.5"),
            Decimal(0),
        )
        for order_id in order_ids
        for number in (1, 0)
    ]
    return pl.DataFrame(rows, schema=LINE_TYPES, orient="row")


def deliveries(day: date, order_ids: Sequence[str]) -> pl.DataFrame:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    rows = [
        (
            day,
            order_id,
            at,
            at - timedelta(hours=1),
            None,
            None,
            *((51.5, -0.1) if number else (None, None)),
            number > 1,
        )
        for number, order_id in enumerate(order_ids)
    ]
    return pl.DataFrame(rows, schema=DELIVERY_TYPES, orient="row")


def customers(names: Sequence[str]) -> pl.DataFrame:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [(name, at + timedelta(days=number), None, at if number else None) for number, name in enumerate(names)]
    return pl.DataFrame(rows, schema=CUSTOMER_TYPES, orient="row")


def orders_of(day: date, count: int) -> pl.DataFrame:
    """Documents of sessions alone."""
    empty = (pl.LazyFrame(schema=LINE_TYPES), pl.LazyFrame(schema=DELIVERY_TYPES))
    return orders_documents(sessions(day, count).lazy(), *empty, 2).collect()


@dataclass
class FrameLake:
    """The reading side of a lake, from frames."""

    frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    def scan(
        self,
        dataset: str,
        start: date | None = None,
        end: date | None = None,
        *,
        schema: Mapping[str, pl.DataType] | None = None,
    ) -> pl.LazyFrame:
        frame = self.frames[dataset].lazy()
        if start is not None:
            frame = frame.filter(pl.col("day") >= start)
        return frame if end is None else frame.filter(pl.col("day") <= end)

    def days(self, dataset: str) -> list[date]:
        frame = self.frames.get(dataset, pl.DataFrame({"day": []}, schema={"day": pl.Date}))
        return sorted(frame["day"].unique().to_list())

    def datasets(self) -> list[str]:
        return list(self.frames)
