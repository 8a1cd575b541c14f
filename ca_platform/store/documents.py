"""The documents of ``orders`` and ``downloads`` as frames: one row per document, nested where the document is.

What belongs here: how sessions, lines, deliveries and customers of the lake become documents. Both stores show
exactly these frames: Elasticsearch keeps them, the embedded store makes them when asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.money import MONEY
from ca_platform.store.money import round_money

NAMES = ("orders", "downloads")

_BASKET = ("product", "category", "price", "quantity")
_DELIVERY = ("delivery_date", "prepare_date", "return_date", "promised_date")

ORDER_TYPES: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "order_id": pl.String(),
    "client": pl.String(),
    "session_start_date": INSTANT,
    "session_end_date": INSTANT,
    "payment_amount": pl.Float64(),
    "discount_amount": pl.Float64(),
    "has_purchased": pl.Boolean(),
    "promotion_id": pl.String(),
}
BASKET_TYPE = pl.List(
    pl.Struct({"product": pl.String(), "category": pl.String(), "price": pl.Float64(), "quantity": pl.Float64()})
)
DELIVERY_TYPE = pl.Struct(
    {
        **dict.fromkeys(_DELIVERY, INSTANT),
        "location": pl.Struct({"lat": pl.Float64(), "lon": pl.Float64()}),
        "location_suspect": pl.Boolean(),
    }
)
_MONEY = ("payment_amount", "discount_amount")
# What the documents read of the inputs that may be absent.
_LINE_TYPES: dict[str, pl.DataType] = {
    "order_id": pl.String(),
    "line_number": pl.Int64(),
    "product": pl.String(),
    "category": pl.String(),
    "price": MONEY,
    "quantity": MONEY,
}
_DELIVERY_TYPES: dict[str, pl.DataType] = {
    "order_id": pl.String(),
    **dict.fromkeys(_DELIVERY, INSTANT),
    "latitude": pl.Float64(),
    "longitude": pl.Float64(),
    "location_suspect": pl.Boolean(),
}
_CUSTOMER_TYPES: dict[str, pl.DataType] = {"client": pl.String(), "download_date": INSTANT, "signup_date": INSTANT}


class LakeReader(Protocol):
    """What the store needs of the lake."""

    def scan(
        self,
        dataset: str,
        start: date | None = None,
        end: date | None = None,
        *,
        schema: Mapping[str, pl.DataType] | None = None,
    ) -> pl.LazyFrame: ...

    def days(self, dataset: str) -> list[date]: ...

    def datasets(self) -> list[str]: ...


def orders_documents(
    sessions: pl.LazyFrame, lines: pl.LazyFrame, deliveries: pl.LazyFrame, digits: int
) -> pl.LazyFrame:
    """One row per session: its fields, ``dimensions``, ``actions``, ``basket`` and ``delivery``.

    A session without lines has an empty basket; one without delivery a null. Of several deliveries of one order the
    last counts. Sorted by start and order_id.

    Args:
        digits: decimal places of money.
    """
    names = sessions.collect_schema().names()
    fields = [pl.col(name).cast(dtype) for name, dtype in ORDER_TYPES.items() if name not in _MONEY]
    money = [round_money(pl.col(name), digits).alias(name) for name in _MONEY]
    objects = _objects(names, {"dimensions": pl.String(), "actions": pl.Boolean()})
    return (
        sessions.select(*fields, *money, *(expression for _, expression in objects))
        .select(*ORDER_TYPES, *(name for name, _ in objects))
        .join(_baskets(lines, digits), on="order_id", how="left")
        .join(_deliveries(deliveries), on="order_id", how="left")
        .with_columns(pl.col("basket").fill_null(pl.lit([], BASKET_TYPE)))
        .sort("session_start_date", "order_id")
    )


def downloads_documents(customers: pl.LazyFrame, sessions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per customer; who has no customers row was downloaded with the first session (``is_imputed``).

    Sorted by client.

    Args:
        sessions: all sessions up to the day as of which the documents hold.
    """
    names = customers.collect_schema().names()
    known = customers.select(
        pl.col("client").cast(pl.String),
        pl.col("download_date").cast(INSTANT),
        pl.col("signup_date").cast(INSTANT),
        *(expression for _, expression in _objects(names, {"action_times": INSTANT}, {"action_times": "actions"})),
        pl.lit(value=False).alias("is_imputed"),
    )
    imputed = (
        sessions.group_by("client")
        .agg(download_date=pl.col("session_start_date").min().cast(INSTANT))
        .join(customers.select("client"), on="client", how="anti")
        .with_columns(is_imputed=pl.lit(value=True))
    )
    return pl.concat([known, imputed], how="diagonal").sort("client")


def documents_by_day(
    dataset: str, lake: LakeReader, start: date | None, end: date | None, digits: int
) -> Iterator[pl.DataFrame]:
    """Documents made from the lake: orders day by day, downloads at once."""
    if dataset == "downloads":
        yield downloads_of(lake, end).collect(engine="streaming")
        return
    for day in lake.days("sessions"):
        if (start is None or day >= start) and (end is None or day <= end):
            yield orders_of(lake, day, digits).collect(engine="streaming")


def orders_of(lake: LakeReader, day: date, digits: int) -> pl.LazyFrame:
    """Documents of the sessions of one day. Lines and deliveries that are not connected are none."""
    lines = lake.scan("lines", day, day, schema=_LINE_TYPES)
    return orders_documents(
        lake.scan("sessions", day, day), lines, lake.scan("deliveries", day, schema=_DELIVERY_TYPES), digits
    )


def downloads_of(lake: LakeReader, end: date | None) -> pl.LazyFrame:
    """Documents of all customers as of the end of a day; without a customers source all of them are imputed."""
    known = lake.scan("customers") if "customers" in lake.datasets() else pl.LazyFrame(schema=_CUSTOMER_TYPES)
    return downloads_documents(known, lake.scan("sessions", None, end))


def _objects(
    columns: list[str], prefixes: Mapping[str, pl.DataType], renamed: Mapping[str, str] | None = None
) -> list[tuple[str, pl.Expr]]:
    """The columns ``PREFIX.x`` as one struct per prefix with the fields x; none for a prefix without columns."""
    found = []
    for prefix, dtype in prefixes.items():
        fields = [column for column in columns if column.startswith(f"{prefix}.")]
        name = (renamed or {}).get(prefix, prefix)
        if fields:
            cast = [pl.col(column).cast(dtype).alias(column.removeprefix(f"{prefix}.")) for column in fields]
            found.append((name, pl.struct(cast).alias(name)))
    return found


def _baskets(lines: pl.LazyFrame, digits: int) -> pl.LazyFrame:
    line = pl.struct(
        pl.col("product").cast(pl.String),
        pl.col("category").cast(pl.String),
        round_money(pl.col("price"), digits).alias("price"),
        pl.col("quantity").cast(pl.Float64),
    )
    return lines.sort("order_id", "line_number").group_by("order_id", maintain_order=True).agg(basket=line)


def _deliveries(deliveries: pl.LazyFrame) -> pl.LazyFrame:
    location = pl.when(pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null()).then(
        pl.struct(lat=pl.col("latitude").cast(pl.Float64), lon=pl.col("longitude").cast(pl.Float64))
    )
    delivery = pl.struct(
        *(pl.col(name).cast(INSTANT) for name in _DELIVERY), location.alias("location"), pl.col("location_suspect")
    )
    return (
        deliveries.sort("order_id", "delivery_date")
        .group_by("order_id", maintain_order=True)
        .last()
        .select("order_id", delivery.alias("delivery"))
    )
