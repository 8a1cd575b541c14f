"""What lies in a lake as the plain records of this implementation: for data that somebody else wrote."""

from __future__ import annotations

from sys import intern

from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform_tests.oracle.world import Customer, Delivery, Line, Session, Shop


def shop_of(settings: Settings, lake: Lake) -> Shop:
    """The loaded sessions, and customers where the source is connected; actions are left out."""
    source = settings.sources.sessions
    assert source is not None
    delivered = settings.sources.deliveries
    rows = lake.scan("sessions").collect().iter_rows(named=True)
    known = lake.scan("customers").collect().to_dicts() if settings.sources.customers is not None else []
    return Shop(
        sessions=[
            Session(
                order_id=row["order_id"],
                client=row["client"],
                start=row["session_start_date"],
                amount=row["payment_amount"],
                discount=row["discount_amount"],
                purchased=row["has_purchased"],
                dimensions={name: row[f"dimensions.{name}"] for name in source.dimensions},
                promotion=row["promotion_id"],
            )
            for row in rows
        ],
        customers=[Customer(row["client"], row["download_date"]) for row in known],
        start_date=settings.business.start_date,
        time_zone=settings.business.time_zone,
        dimensions=tuple(source.dimensions),
        lines=lines_of(lake) if settings.sources.lines is not None else [],
        has_prepared=delivered is not None and delivered.gives("prepare_date"),
        has_returns=delivered is not None and delivered.gives("return_date"),
        deliveries=deliveries_of(lake) if delivered is not None else [],
        min_orders=settings.reports.most_combined_products.min_orders,
    )


def lines_of(lake: Lake) -> list[Line]:
    """The loaded lines; those of an order in their order."""
    names = {"order_id": "order_id", "product": "product", "price": "price", "quantity": "quantity"}
    rows = (
        lake.scan("lines")
        .sort("order_id", "line_number")
        .select(**names, discount="discount_amount", category="category")
    )
    # One object for each name: counting them takes half as long as where each is compared letter by letter.
    return [Line(**row | {"product": intern(row["product"])}) for row in rows.collect().iter_rows(named=True)]


def deliveries_of(lake: Lake) -> list[Delivery]:
    """The loaded deliveries."""
    names = {"delivered": "delivery_date", "prepared": "prepare_date", "returned": "return_date"}
    names |= {"promised": "promised_date", "is_suspect": "location_suspect"}
    rows = lake.scan("deliveries").select("order_id", "latitude", "longitude", **names)
    return [Delivery(**row) for row in rows.collect().iter_rows(named=True)]
