"""The merged picture of customers: the per-customer tables of the lake side by side, as both stores show them.

What belongs here: which day of which table a customer's row is made of. What does not: pages, filters, servers.

The day of the picture is the newest one of ``client_kpis``. A table that has no rows of that day, since it failed or
was not asked for, keeps what it said last: a report that is made alone must not empty the columns of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from ca_platform.catalogue import ReportSpec, report_spec
from ca_platform.catalogue.customers import ADDED, BASE, CUSTOMERS
from ca_platform.store.documents import LakeReader
from ca_platform.store.recommended import RECOMMENDATIONS, has_recommendations, with_columns, with_recommendations
from ca_platform.store.reportframe import PREFIX
from ca_platform.store.schema import TableSchema

TABLES = (BASE, *ADDED, RECOMMENDATIONS)
"""The reports of which the picture is made."""

LASTS = timedelta(days=31)
"""What a table said longer ago says nothing about today."""


def newest_day(lake: LakeReader) -> date | None:
    """The day of the picture that is shown; None where there are no customers yet."""
    days = lake.days(BASE)
    return days[-1] if days else None


def day_of(lake: LakeReader, table: str, day: date) -> date | None:
    """Which day of a table the picture of ``day`` shows: that day, or the last one before it that counts yet."""
    return max((known for known in lake.days(table) if day - LASTS <= known <= day), default=None)


def days_shown(lake: LakeReader, day: date) -> dict[str, date]:
    """The day of each table that the picture of ``day`` shows; tables that it shows nothing of are left out."""
    return {table: found for table in TABLES if (found := day_of(lake, table, day)) is not None}


def spec_of(lake: LakeReader) -> ReportSpec:
    """The columns of the picture: recommendations stand in it once there were any."""
    return with_columns(CUSTOMERS) if has_recommendations(lake) else CUSTOMERS


def picture(lake: LakeReader, day: date) -> pl.DataFrame:
    """All customers of a day with everything that is said of them."""
    return with_lists(customers_of(lake, day).collect(engine="streaming"), lake, day)


def customers_of(lake: LakeReader, day: date, clients: pl.LazyFrame | None = None) -> pl.LazyFrame:
    """The customers of a day in the order of ``client``, without lists.

    Args:
        clients: of these alone, in their order; null where the day does not know one.
    """
    base = base_of(lake, day)
    rows = base if clients is None else clients.join(base, on="client", how="left", maintain_order="left")
    return with_added(rows, lake, day)


def base_of(lake: LakeReader, day: date) -> pl.LazyFrame:
    """The customers of a day by their key figures."""
    part = lake.scan(BASE, day, day)
    return part.drop([name for name in (*PREFIX, "day") if name in part.collect_schema().names()])


def with_added(
    rows: pl.LazyFrame, lake: LakeReader, day: date, tables: Iterable[str] = ADDED, few: pl.Series | None = None
) -> pl.LazyFrame:
    """Rows with ``client`` and what these tables say of each; null where a table says nothing.

    Args:
        few: the clients of the rows, where they are a page: the tables are then looked through, not joined whole.
    """
    for table in tables:
        types, known = TableSchema.of(report_spec(table)).types, day_of(lake, table, day)
        if known is None:
            columns = [pl.lit(None, types[source]).alias(name) for name, source in ADDED[table].items()]
            rows = rows.with_columns(columns)
        else:
            columns = [_taken(source, types[source]).alias(name) for name, source in ADDED[table].items()]
            part = lake.scan(table, known, known)
            own = (part if few is None else part.filter(pl.col("client").is_in(few.implode()))).select(
                "client", *columns
            )
            rows = rows.join(own, on="client", how="left", maintain_order="left")
    return rows


def _taken(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as it is shown. Money stays as it lies there, since rounding is the edge's."""
    return pl.col(name) if dtype == pl.Float64 else pl.col(name).cast(dtype)


def with_lists(customers: pl.DataFrame, lake: LakeReader, day: date | None) -> pl.DataFrame:
    """Customers with what is recommended to them; without the columns where that never was computed."""
    return with_recommendations(customers, lake, day_of(lake, RECOMMENDATIONS, day) if day else None)
