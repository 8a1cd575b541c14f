"""What every document store can do. The contract test suite holds each implementation to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, Protocol, Self

import polars as pl

from ca_platform.catalogue.spec import ReportSpec
from ca_platform.store.query import CustomerPage, CustomerQuery
from ca_platform.store.records import MAIN, Dimension, StoreHealth, WriteSummary

Schema = ReportSpec | Mapping[str, Any]

ENTITIES = ("orders", "downloads", "customers")


class DocumentStore(Protocol):
    """Reports, orders, downloads and customers as documents.

    A report is stored whole: one document per report, day and dimension value. All frames that come out have edge
    types: Date, Datetime (microseconds, UTC), String, Int64, Float64, Boolean; money is Float64 in minor units.
    """

    def replace(
        self, dataset: str, days: Sequence[date], frame: pl.DataFrame | pl.LazyFrame, schema: Schema | None = None
    ) -> WriteSummary:
        """Make ``frame`` the whole content of these days.

        A report: frame with ``report_date``, ``report_dimension``, ``report_value`` and the columns of the schema.
        Every day of ``days`` has a document for ``main`` afterwards, an empty one where the frame has no row;
        dimension values without rows have none. Readers see a day as it was or as it is, never between.

        ``orders``, ``downloads``, ``customers``: one row per document, with a ``day``, see ``store.documents``.

        Raises:
            ValidationError: the frame breaks its schema, holds NaN or infinity, or days that are not in ``days``.
            StoreError: the store refused or cannot be reached; what was readable still is.
        """

    def delete(self, dataset: str, days: Sequence[date]) -> int:
        """Remove all documents of these days of a report; returns how many."""

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> pl.DataFrame | None:
        """The report of a day, None where it is not computed."""

    def history(self, name: str, days: Sequence[date], dimension: Dimension = MAIN) -> pl.DataFrame:
        """The reports of several days, one below the other, with ``report_date`` as first column.

        Days that are not computed are left out; without any day the frame has no columns but ``report_date``.
        """

    def days(self, name: str) -> list[date]:
        """Days for which a report is computed, ascending."""

    def dimensions(self, name: str, day: date) -> list[Dimension]:
        """What a report exists for on a day: ``main`` first, then by name and value, null first."""

    def version(self, name: str, day: date, dimension: Dimension = MAIN) -> str | None:
        """Changes whenever the report of the day changes; None where it is not computed."""

    def reports(self) -> list[str]:
        """Names of the reports that have any document."""

    def scan(self, dataset: str, start: date | None = None, end: date | None = None) -> Iterator[pl.DataFrame]:
        """Documents of ``orders`` or ``downloads`` in frames of bounded size, inclusive local days."""

    def order_counts(self) -> dict[date, int] | None:
        """Number of documents of ``orders`` by local day; None where they are a view of the lake."""

    def customers(self, query: CustomerQuery) -> CustomerPage:
        """One page of the newest day of the customers."""

    def check(self) -> StoreHealth:
        """Ask the store how it is; raises StoreError where it does not answer."""

    def close(self) -> None:
        """Give connections back. The store can be used again afterwards."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
