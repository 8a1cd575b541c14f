"""The customers, orders or deliveries that a number counts: found in the lake, shown in pages, whichever document store there is.

What belongs here: the rows of a list. What does not: whom a number counts (``ca_platform.drill``) and words.

The lake has whom a number counts, and the per-customer table of each report day beside it; so a list is read there at
once and not from the document store, which knows the newest day alone and would have to be handed every name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from ca_platform.catalogue.customers import CUSTOMERS
from ca_platform.drill import DELIVERY_COLUMNS, Cell, members
from ca_platform.lake import Lake
from ca_platform.store import CustomerPage, CustomerQuery, Dimension, Filter
from ca_platform.store.lakecustomers import CUSTOMER_REPORT, at_edge, conditions, page_of
from ca_platform.store.picture import customers_of, days_shown, with_lists
from ca_platform.store.schema import TableSchema
from dash_app.opened import Opened
from dash_app.reader import Kept

if TYPE_CHECKING:
    from ca_platform.settings import Settings

_LISTS_KEPT = 4
_PAGES_KEPT = 64
_FRESH_SECONDS = 30.0
_BLOCK = 10_000


@dataclass(frozen=True, slots=True)
class Listed:
    """Which list: a number of a report, on a day, of a dimension value."""

    opened: Opened
    day: date
    dimension: Dimension

    @property
    def cell(self) -> Cell:
        count = self.opened.count
        return Cell(
            count.report, count.column, self.day, dict(self.opened.key), self.dimension.name, self.dimension.value
        )


class Lists:
    """Reads lists from the lake; whom the last few numbers count is kept for some seconds."""

    def __init__(self, settings: Settings, lake: Lake | None = None) -> None:
        self._settings = settings
        self._digits = settings.business.minor_digits
        self._lake = lake or Lake.open(settings)
        self._clients: Kept[pl.DataFrame] = Kept(_LISTS_KEPT, _FRESH_SECONDS)
        self._pages: Kept[CustomerPage] = Kept(_PAGES_KEPT, _FRESH_SECONDS)

    def page(self, listed: Listed, query: CustomerQuery) -> CustomerPage:
        """One page of a list; ``day`` is that of the per-customer table.

        Raises:
            CaPlatformError: the lake does not have what the number rests on, or the query a column that is none.
        """
        return self._pages.get((listed, query), lambda: self._page(listed, query))

    def blocks(self, listed: Listed, filters: tuple[Filter, ...] = ()) -> Iterator[pl.DataFrame]:
        """All rows of the list that the filters leave: customers by name, orders and deliveries day by day."""
        wanted = conditions(filters)
        if listed.opened.what != "customers":
            whole = at_edge(self._members(listed).filter(wanted), self._digits)
            yield whole.limit(0).collect()
            yield from self._lake.retry(lambda: whole.collect_batches(chunk_size=_BLOCK, maintain_order=True))
            return
        clients = self._known(listed).sort("client")
        day = self._table_day(listed.day)
        for offset in range(0, max(clients.height, 1), _BLOCK):
            block = clients.slice(offset, _BLOCK)
            yield self._lake.retry(lambda block=block: self._block(block, wanted, day))  # type: ignore[misc]

    def kept_values(self, day: date) -> dict[str, date]:
        """The reports of which customers of a day show what was said on an earlier one."""
        return {name: found for name, found in days_shown(self._lake, day).items() if found != day}

    def _block(self, clients: pl.DataFrame, wanted: pl.Expr, day: date | None) -> pl.DataFrame:
        rows = at_edge(self._rows(clients, day).filter(wanted), self._digits).collect()
        return with_lists(rows, self._lake, day)

    def _page(self, listed: Listed, query: CustomerQuery) -> CustomerPage:
        if listed.opened.what != "customers":
            asked = _with_ties(query) if listed.opened.what == "deliveries" else query
            rows, total = self._lake.retry(lambda: page_of(self._members(listed), asked, self._digits, "order_id"))
            return CustomerPage(rows, total, listed.day)
        clients, day = self._known(listed), self._table_day(listed.day)
        rows, total = self._lake.retry(
            lambda: page_of(self._rows(clients, day), query, self._digits, "client", is_steady=True)
        )
        return CustomerPage(with_lists(rows, self._lake, day), total, day)

    def _known(self, listed: Listed) -> pl.DataFrame:
        """Whom the number counts."""
        return self._clients.get(listed, lambda: self._lake.collect(lambda: self._members(listed)))

    def _rows(self, clients: pl.DataFrame, day: date | None) -> pl.LazyFrame:
        """The customers' columns, in the order of the clients."""
        if day is not None:
            return customers_of(self._lake, day, clients.lazy())
        nothing = pl.LazyFrame(schema=TableSchema.of(CUSTOMERS).types)
        return clients.lazy().join(nothing, on="client", how="left", maintain_order="left")

    def _members(self, listed: Listed) -> pl.LazyFrame:
        return members(listed.opened.count, listed.cell, self._settings, self._lake)

    def _table_day(self, day: date) -> date | None:
        """The day of the per-customer table: the list's own, or the newest where that is not kept."""
        days = self._lake.days(CUSTOMER_REPORT)
        return day if day in days else days[-1] if days else None


def _with_ties(query: CustomerQuery) -> CustomerQuery:
    """The query with an order for the deliveries of one order: no page may show one of them twice."""
    sorted_by = {name for name, _ in query.sort}
    return replace(query, sort=(*query.sort, *((name, False) for name in DELIVERY_COLUMNS if name not in sorted_by)))
