"""Deliveries: how long orders take to be prepared, ridden, delivered and returned, when and where."""

from __future__ import annotations

from ca_platform.catalogue.columns import instant, text
from ca_platform.catalogue.fact_columns import fact
from ca_platform.catalogue.spec import Column, Kind, TableSpec

DURATIONS = ("deliver", "prepare", "ride", "return")
_WEEKDAY = Column("weekday", Kind.INTEGER, "Local day of the week of the order, from Monday (1) to Sunday (7).", "day")


def _minutes(name: str, description: str) -> Column:
    return Column(name, Kind.FLOAT, description, "minutes", nullable=True)


DELIVERY_TIMES: TableSpec = fact(
    "delivery_times",
    "Delivery times",
    "Every delivery with its order and how long its parts took, on the local day of its delivery_date. weekday and "
    "hour are those of the order. A return lies on return_date, which may come later than the day of the row. A row "
    "whose dates are out of order, because its session was corrected since, is left out until it is loaded again. "
    "dimensions.NAME is the order's value.",
    (
        text("order_id", "The order."),
        text("client", "The customer."),
        instant("order_time", "Start of the session that ended in the order."),
        instant("delivery_date", "Handed to the customer."),
        _WEEKDAY,
        Column("hour", Kind.INTEGER, "Local hour of the order, 0 to 23.", "hour of day"),
        Column("return_weekday", Kind.INTEGER, "Local weekday of the delivery that came back.", "day", nullable=True),
        Column("return_hour", Kind.INTEGER, "Local hour of that delivery.", "hour of day", nullable=True),
        Column("latitude", Kind.FLOAT, "Where it went, WGS 84.", "degrees", nullable=True),
        Column("longitude", Kind.FLOAT, "Where it went, WGS 84.", "degrees", nullable=True),
        text("geohash", "Map cell; null without a location, or with one that looks wrong.", nullable=True),
        _minutes("deliver_minutes", "From the order to the delivery."),
        _minutes("prepare_minutes", "From the order until it was ready to leave; null when that is unknown."),
        _minutes("ride_minutes", "From then to the delivery."),
        _minutes("return_minutes", "From the delivery to its return; null without one."),
        instant("return_date", "When it came back.", nullable=True),
        Column("is_late", Kind.FLAG, "Delivered after the promised date; null without a promise.", nullable=True),
    ),
    key=("order_id", "delivery_date"),
    inputs=("sessions", "deliveries"),
    dynamic=("dimensions.*",),
)

DELIVERY_FACTS = (DELIVERY_TIMES,)
