"""The store itself: which index serves which dataset. The work is done in the modules beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Self

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.errors import StoreError, ValidationError
from ca_platform.store.documents import BASKET_TYPE, DELIVERY_TYPE, ORDER_TYPES
from ca_platform.store.elasticsearch.connection import Connection
from ca_platform.store.elasticsearch.customers import customer_page
from ca_platform.store.elasticsearch.mappings import (
    KEYWORD,
    REPORTS,
    IndexOptions,
    IndexPlan,
    ensure_index,
    properties_of,
)
from ca_platform.store.elasticsearch.months import MonthlyIndices
from ca_platform.store.elasticsearch.orders import OrderIndex
from ca_platform.store.elasticsearch.reportdocs import PartLimit
from ca_platform.store.elasticsearch.reports import ReportIndex
from ca_platform.store.elasticsearch.snapshots import SnapshotIndex
from ca_platform.store.frames import in_order, stack
from ca_platform.store.protocol import ENTITIES, Schema
from ca_platform.store.query import CustomerPage, CustomerQuery
from ca_platform.store.records import MAIN, Dimension, StoreHealth, WriteSummary
from ca_platform.store.reportframe import ReportFrame
from ca_platform.store.schema import TableSchema, to_edge

if TYPE_CHECKING:
    from ca_platform.settings import Settings


class ElasticsearchStore:
    """Implements ``DocumentStore`` on Elasticsearch 8 or 9. Indices are made and checked before the first write.

    Args:
        part_limit: above which the table of a report is stored in several documents.
    """

    def __init__(self, settings: Settings, part_limit: PartLimit | None = None) -> None:
        store = settings.document_store
        self._connection = Connection(store)
        self._digits = settings.business.minor_digits
        self._options = IndexOptions(store.shards, store.replicas)
        self._prefix = store.index_prefix
        self._order_types = _order_types(settings)
        self._download_types = _download_types(settings)
        self._ready: set[str] = set()
        zone = settings.business.time_zone
        self._reports = ReportIndex(self._connection, self.index("reports"), zone, part_limit or PartLimit())
        months = MonthlyIndices(self._connection, self._plan("orders"), zone, store.monthly_orders_above)
        self._orders = OrderIndex(self._connection, self.index("orders"), zone, self._order_types, months)
        self._downloads = self._snapshot("downloads")
        self._customers = self._snapshot("customers")

    def index(self, dataset: str) -> str:
        """Name of the index, or alias, of ``reports``, ``orders``, ``downloads`` or ``customers``."""
        return f"{self._prefix}{dataset}"

    def replace(
        self, dataset: str, days: Sequence[date], frame: pl.DataFrame | pl.LazyFrame, schema: Schema | None = None
    ) -> WriteSummary:
        if not days:
            return WriteSummary(dataset, 0, 0, note="no days given")
        if dataset not in ENTITIES:
            return self._replace_report(dataset, days, frame, schema)
        whole = frame.collect(engine="streaming") if isinstance(frame, pl.LazyFrame) else frame
        if dataset == "orders":
            self._prepare("orders")
            return self._orders.replace(days, _fitted(whole, self._order_types, dataset))
        if dataset == "downloads":
            return self._downloads.replace(days, _fitted(whole, self._download_types, dataset))
        return self._replace_customers(days, whole, schema)

    def delete(self, dataset: str, days: Sequence[date]) -> int:
        self._prepare("reports")
        return self._reports.delete(dataset, sorted(set(days)))

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> pl.DataFrame | None:
        found = self._reports.tables(name, [day], dimension)
        return found[0][1] if found else None

    def history(self, name: str, days: Sequence[date], dimension: Dimension = MAIN) -> pl.DataFrame:
        return stack(self._reports.tables(name, sorted(set(days)), dimension) if days else [])

    def days(self, name: str) -> list[date]:
        return list(self._reports.commits(name))

    def dimensions(self, name: str, day: date) -> list[Dimension]:
        return in_order(self._reports.dimensions(name, day))

    def version(self, name: str, day: date, dimension: Dimension = MAIN) -> str | None:
        return self._reports.version(name, day, dimension)

    def reports(self) -> list[str]:
        return self._reports.names()

    def scan(self, dataset: str, start: date | None = None, end: date | None = None) -> Iterator[pl.DataFrame]:
        if dataset not in ("orders", "downloads"):
            raise StoreError(f"{dataset!r} cannot be scanned: there are orders, downloads.")
        self._prepare(dataset)
        if dataset == "orders":
            yield from self._orders.scan(start, end)
        else:
            yield from self._downloads.scan(self._download_types)

    def order_counts(self) -> dict[date, int] | None:
        return self._orders.counts()

    def customers(self, query: CustomerQuery) -> CustomerPage:
        return customer_page(self._connection, self._customers, query)

    def check(self) -> StoreHealth:
        version = self._connection.version()
        for dataset in ("reports", *ENTITIES):
            self._prepare(dataset)
        return StoreHealth("ok", "elasticsearch", version, self._connection.where, f"{len(self.reports())} reports")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ElasticsearchStore({self._connection.where!r}, prefix={self._prefix!r})"

    def _replace_report(
        self, name: str, days: Sequence[date], frame: pl.DataFrame | pl.LazyFrame, schema: Schema | None
    ) -> WriteSummary:
        if schema is None:
            raise StoreError(f"report {name}: no schema given; pass its ReportSpec.")
        report = ReportFrame.make(name, days, frame, schema, self._digits)
        self._prepare("reports")
        return self._reports.replace(report)

    def _replace_customers(self, days: Sequence[date], frame: pl.DataFrame, schema: Schema | None) -> WriteSummary:
        table = TableSchema.of(schema if schema is not None else dict(frame.schema))
        edge = to_edge(frame, table, self._digits, "customers")
        return self._customers.replace(days, edge)

    def _snapshot(self, dataset: str) -> SnapshotIndex:
        return SnapshotIndex(self._connection, dataset, self.index(dataset), self._options)

    def _prepare(self, dataset: str) -> None:
        """Make or check an index, once per process and store."""
        if dataset in self._ready:
            return
        if dataset == "downloads":
            self._downloads.prepare(self._download_types)
        elif dataset == "customers":
            self._customers.prepare({"client": pl.String()})
        else:
            ensure_index(self._connection, self._plan(dataset))
        self._ready.add(dataset)

    def _plan(self, dataset: str) -> IndexPlan:
        index = self.index(dataset)
        if dataset == "orders":
            stored = {name: dtype for name, dtype in self._order_types.items() if name != "day"}
            properties = properties_of(stored) | {"write_id": KEYWORD}
            return IndexPlan(f"{index}-all", properties, self._options, alias=index)
        # A write of reports shows itself by its own refresh, all at once.
        options = IndexOptions(self._options.shards, self._options.replicas, refresh_interval="-1")
        return IndexPlan(index, REPORTS, options)


def _order_types(settings: Settings) -> dict[str, pl.DataType]:
    source = settings.sources.sessions
    dimensions = source.dimensions if source else ()
    actions = source.actions if source else ()
    return {
        **ORDER_TYPES,
        **_object("dimensions", dimensions, pl.String()),
        **_object("actions", actions, pl.Boolean()),
        "basket": BASKET_TYPE,
        "delivery": DELIVERY_TYPE,
    }


def _download_types(settings: Settings) -> dict[str, pl.DataType]:
    source = settings.sources.customers
    actions = source.actions if source else ()
    return {
        "client": pl.String(),
        "download_date": INSTANT,
        "signup_date": INSTANT,
        **_object("actions", actions, INSTANT),
        "is_imputed": pl.Boolean(),
    }


def _object(name: str, fields: Sequence[str], dtype: pl.DataType) -> dict[str, pl.DataType]:
    """An object with these fields; none where the settings declare none."""
    return {name: pl.Struct(dict.fromkeys(fields, dtype))} if fields else {}


def _fitted(frame: pl.DataFrame, types: dict[str, pl.DataType], name: str) -> pl.DataFrame:
    """The frame in the order and the types of the documents."""
    absent = [column for column in types if column not in frame.columns]
    if absent:
        raise ValidationError(f"{name}: the frame has no column {', '.join(absent)}. Nothing was written.")
    try:
        return frame.select(pl.col(column).cast(dtype) for column, dtype in types.items())
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise ValidationError(
            f"{name}: the frame does not fit the documents: {reason}. Nothing was written."
        ) from error
