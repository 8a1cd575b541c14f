"""Tables that are too large to be stored whole, so computed when asked for.

What belongs here: per-customer tables of one dimension value, by the same definition as the stored table of ``main``
(reports), over the sessions of one value; and tables of which only the rows of the report day are stored.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from ca_platform.calendar import as_of
from ca_platform.store.records import Dimension

if TYPE_CHECKING:
    from ca_platform.lake import Lake
    from ca_platform.settings import Settings

ON_REQUEST = ("client_kpis", "rfm")


def of_value(
    name: str, lake: Lake, day: date, dimension: Dimension, main: pl.DataFrame, settings: Settings
) -> pl.DataFrame | None:
    """One of the tables ``ON_REQUEST`` for a dimension value; None where no session up to the day has it.

    Args:
        main: the table of the whole shop for the same day.
    """
    if name == "rfm":
        from ca_platform.reports.rfm_tables import rfm_of_value

        return rfm_of_value(lake, day, (dimension.name, dimension.value), settings)
    return client_kpis(lake, day, dimension, main, settings.business.time_zone)


def client_kpis(lake: Lake, day: date, dimension: Dimension, main: pl.DataFrame, time_zone: str) -> pl.DataFrame | None:
    """``client_kpis`` of the shop that had only the sessions of this value; None where it has none up to the day.

    Its customers are those with such a session; their download stays their own, an imputed one the first session of
    all.

    Args:
        main: the table of the whole shop for the same day.
    """
    from ca_platform.reports.clients import client_kpis as kpis_of

    days = lake.collect(lambda: _by_customer(lake, day, dimension))
    if days.is_empty():
        return None
    members = main.lazy().join(days.lazy().select("client"), on="client", how="semi")
    members = members.select("client", customer="client", download="download_date")
    table = kpis_of(days.lazy().rename({"client": "customer"}), members, as_of(day, time_zone))
    return table.sort("client").collect(engine="streaming")


def with_earlier_days(
    lake: Lake, own: pl.DataFrame, first: date, day: date, dimension: Dimension
) -> pl.DataFrame | None:
    """``daily_products_of_sales`` of the window; None where no session up to the day has the dimension value.

    The days before come from the facts, which are there for every earlier day, whatever reports were computed.

    Args:
        own: the rows of the day itself, as they are stored.
    """
    from ca_platform.reports.product_tables import sales_before

    place = ("main", None) if dimension.is_main else (dimension.name, dimension.value)
    before = sales_before(lake, first, day, place)
    if before is None:
        return None
    return pl.concat([before.select(own.columns).cast(own.schema), own]) if before.width else own


def dimension_values(lake: Lake, day: date, name: str) -> list[Dimension]:
    """The values of a dimension that sessions up to the day have."""
    column = f"dimensions.{name}"
    if not lake.parts("sessions", None, day):
        return []
    found = lake.collect(lambda: lake.scan("sessions", None, day).select(pl.col(column).unique()))
    return [Dimension(name, value) for value in found[column].to_list()]


def _by_customer(lake: Lake, day: date, dimension: Dimension) -> pl.LazyFrame:
    column = pl.col(f"dimensions.{dimension.name}")
    of_value = column.is_null() if dimension.value is None else column == dimension.value
    is_order, start = pl.col("has_purchased"), pl.col("session_start_date")
    return (
        lake.scan("sessions", None, day)
        .filter(of_value)
        .group_by("client")
        .agg(
            sessions=pl.len().cast(pl.Int64),
            orders=is_order.sum().cast(pl.Int64),
            revenue=pl.col("payment_amount").filter(is_order).sum(),
            discount=pl.col("discount_amount").filter(is_order).sum(),
            first_order=start.filter(is_order).min(),
            last_order=start.filter(is_order).max(),
        )
    )
