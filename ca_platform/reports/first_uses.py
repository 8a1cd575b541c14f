"""First orders of customers with promotions and products, read from the lake: what before/after comparisons start from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.models.experiments.order_windows import instants
from ca_platform.models.experiments.records import Ints
from ca_platform.reports.before_after import Uses
from ca_platform.reports.reading import FactReader

_KEY = ["slice", "customer", "at"]


@dataclass(frozen=True, slots=True, eq=False)
class Firsts:
    """First orders with items.

    Attributes:
        items: ``slice`` and ``item``, in the order of their numbers.
        uses: the first order of each customer with each of them.
        again: further orders with the item: the number of the use, and the row of the order.
    """

    items: pl.DataFrame
    uses: Uses
    again: tuple[Ints, Ints]


class FirstUses:
    """First orders with items among all instants with an order.

    Args:
        by_dimension: whether for the values of dimensions, too.
    """

    def __init__(self, facts: FactReader, *, by_dimension: bool) -> None:
        self._facts = facts
        self._by_dimension = by_dimension

    @cached_property
    def instants(self) -> pl.DataFrame:
        """Instants with an order, each a row, to whose numbers the first uses refer."""
        return self.instants_up_to(None)

    def instants_up_to(self, most: float | None) -> pl.DataFrame:
        """The same with amounts that count up to a cap."""
        return self._facts.lake.collect(lambda: instants(self._own(self._facts.scan("customer_orders")), most))

    @cached_property
    def promotions(self) -> Firsts:
        """Of promotions."""

        def build() -> pl.LazyFrame:
            return self._own(self._facts.scan("promotion_firsts")).select(*_KEY, item="promotion_id")

        return self._firsts(self._facts.lake.collect(build))

    @cached_property
    def products(self) -> Firsts:
        """Of products."""
        names = self._facts.lake.collect(lambda: self._facts.scan("product_numbers").select("item", "product"))
        found = self._facts.lake.collect(self._bought_products)
        return self._firsts(found, names)

    def _own(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The whole shop, and dimension values where they are asked for."""
        return rows if self._by_dimension else rows.filter(pl.col("slice") == MAIN_SLICE)

    def _bought_products(self) -> pl.LazyFrame:
        """Orders with products by slice, customer, product (``item``) and instant."""
        rows = self._facts.scan("order_products")
        dimensions = self._facts.shape.dimensions if self._by_dimension else ()
        slices = [pl.lit(MAIN_SLICE, pl.UInt32), *(pl.col(f"slices.{name}") for name in dimensions)]
        every = pl.concat(rows.select(own.alias("slice"), "customer", "item", "at") for own in slices)
        # Two orders on one instant are one here.
        return every.unique()

    def _firsts(self, orders: pl.DataFrame, names: pl.DataFrame | None = None) -> Firsts:
        """First and further orders with items.

        Args:
            orders: ``slice``, ``customer``, ``item``, ``at``; each once.
            names: ``product`` by ``item`` where that is a number.
        """
        items = orders.select("slice", "item").unique().sort("slice", "item").with_row_index("place")
        rows = self.instants.lazy().select(_KEY).with_row_index("row")
        placed = (
            orders.lazy()
            .join(rows, on=_KEY)
            .join(items.lazy(), on=["slice", "item"])
            .select("place", "customer", "row")
            .sort("place", "row")
            .collect()
        )
        place, customer, row = (placed[name].to_numpy().astype(np.int64) for name in placed.columns)
        is_first = np.ones(place.size, bool)
        is_first[1:] = (place[1:] != place[:-1]) | (customer[1:] != customer[:-1])
        use = np.cumsum(is_first) - 1
        named = items.drop("place")
        if names is not None:
            named = named.join(names, on="item", how="left", maintain_order="left").select("slice", item="product")
        return Firsts(named, Uses(row[is_first], place[is_first]), (use[~is_first], row[~is_first]))
