"""What was bought together up to each of some report days, counted from the products of orders.

Other than the tables of ``tables``, a row belongs to the report of its ``day`` alone: how often two products stand
together changes from day to day, and only the pairs that a report lists are kept. They may be millions a day, so that
they are counted for some days at a time; what lies between two of these is counted once. Reads the lake; the counting is
in ``models.baskets``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.models.baskets import (
    Grouping,
    Incidence,
    association_rules,
    frequent_pairs_by,
    frequent_sets,
    incidence,
    similar_items,
)
from ca_platform.models.baskets.itemsets import needed_rows
from ca_platform.models.baskets.parts import between, by_group
from ca_platform.reports.product_tables import ProductTables
from ca_platform.reports.products import MONEY_DIGITS
from ca_platform.reports.reading import FactReader
from ca_platform.settings.reports import AssociationRules, MostCombinedProducts


class BasketTables:
    """Pairs, rules and similar products of each report day; products are their place among the sorted names.

    Args:
        days: the report days, ascending.
    """

    def __init__(
        self,
        facts: FactReader,
        days: Sequence[date],
        products: ProductTables,
        pairs: MostCombinedProducts,
        rules: AssociationRules,
    ) -> None:
        self._facts = facts
        self._days = tuple(days)
        self._products = products
        self._pair_settings = pairs
        self._rule_settings = rules
        self._made: dict[str, tuple[tuple[date, date], pl.DataFrame]] = {}

    @property
    def names(self) -> pl.Series:
        """Names of the products by their place."""
        return self._products.sorted_names

    def pairs(self, days: Sequence[date]) -> pl.DataFrame:
        """``frequent_pairs`` by slice and report day.

        Args:
            days: some of the report days, without one between them left out.
        """
        least = self._pair_settings.min_orders

        def find(source: Incidence) -> list[pl.DataFrame]:
            return frequent_pairs_by(source, [own for _, own in self._groupings], least)

        return self._latest("pairs", days, lambda: self._by_slice(days, find))

    @property
    def longest(self) -> int:
        """Products of an antecedent, at most."""
        return self._rule_settings.max_size - 1

    def rules(self, days: Sequence[date]) -> pl.DataFrame:
        """``association_rules`` by slice and report day; of ``days`` see ``pairs``."""
        options = self._rule_settings

        def found(source: Incidence) -> pl.DataFrame:
            floors = needed_rows(source.row_counts(), options.min_support)
            return association_rules(frequent_sets(source, floors, options.max_size), options.min_confidence)

        def find(source: Incidence) -> list[pl.DataFrame]:
            return [found(by_group(source, own)) for _, own in self._groupings]

        return self._latest("rules", days, lambda: self._by_slice(days, find))

    def similar(self, days: Sequence[date]) -> pl.DataFrame:
        """``similar_items`` by report day; of ``days`` see ``pairs``."""

        def find() -> pl.DataFrame:
            source = between(self._customers, self._cuts(days))
            return _dated(similar_items(source, self._places_by_revenue(days)), days)

        return self._latest("similar", days, find)

    def _latest(self, name: str, days: Sequence[date], make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """What was made for these days, of which only the latest is kept."""
        key = (days[0], days[-1])
        if name not in self._made or self._made[name][0] != key:
            self._made.pop(name, None)
            self._made[name] = key, make()
        return self._made[name][1]

    def _by_slice(self, days: Sequence[date], find: Callable[[Incidence], list[pl.DataFrame]]) -> pl.DataFrame:
        """What is found for each grouping of the orders: the whole shop, the values of each dimension."""
        tables = find(between(self._orders, self._cuts(days)))
        return pl.concat(
            _dated(table, days).with_columns(slice=pl.lit(slices).gather(pl.col("group"))).drop("group")
            for (slices, _), table in zip(self._groupings, tables, strict=True)
        )

    def _cuts(self, days: Sequence[date]) -> slice:
        first = self._days.index(days[0])
        return slice(first, first + len(days))

    @cached_property
    def _customers(self) -> Incidence:
        """Products of customers."""
        customer, code, since = _numbers(self._rows("customer"), "customer", "code", "since")
        return incidence(customer, code, since=since, cuts=len(self._days))

    @cached_property
    def _orders(self) -> Incidence:
        """Products of orders; orders are numbered without a gap."""
        order, code, since = _numbers(self._rows("order"), "order", "code", "since")
        return incidence(order, code, since=since, cuts=len(self._days))

    @cached_property
    def _groupings(self) -> list[tuple[pl.Series, Grouping]]:
        """The orders as one group, and by the value of each dimension, with the slices that the groups stand for."""
        columns = [f"slices.{name}" for name in self._facts.shape.dimensions]
        orders = self._facts.lake.collect(
            lambda: self._facts.scan("order_products").group_by("order").agg(pl.col(columns).first()).sort("order")
        )

        def grouping(own: pl.Series) -> tuple[pl.Series, Grouping]:
            slices = own.unique().sort()
            return slices, Grouping(slices.search_sorted(own).cast(pl.Int64).to_numpy(), max(len(slices), 1))

        main = pl.repeat(MAIN_SLICE, orders.height, dtype=pl.UInt32, eager=True)
        return [grouping(own) for own in (main, *orders.select(columns))]

    def _rows(self, *columns: str) -> pl.DataFrame:
        """Products of orders: these columns, ``code`` and ``since``, the number of the first report day they count on."""
        found = self._facts.lake.collect(lambda: self._facts.scan("order_products").select("day", "item", *columns))
        places = self._products.names["position"].gather(found["item"])
        since = pl.Series(self._days, dtype=pl.Date).search_sorted(found["day"], side="left")
        return found.select(columns).with_columns(places.alias("code"), since.alias("since"))

    def _places_by_revenue(self, days: Sequence[date]) -> npt.NDArray[Any]:
        """By report day and product its place by revenue, then by name."""
        names = self._products.names.with_row_index("code")
        sales = self._products.sales.filter(pl.col("slice") == MAIN_SLICE)

        def places(day: date) -> npt.NDArray[Any]:
            sums = sales.filter(pl.col("day") <= day).group_by("code").agg(pl.col("revenue").sum())
            rows = names.join(sums, on="code", how="left").with_columns(pl.col("revenue").round(MONEY_DIGITS))
            ordered = rows.sort("revenue", "position", descending=[True, False], nulls_last=True)
            return ordered.with_row_index("place").sort("position")["place"].to_numpy()

        return np.stack([places(day) for day in days])


def _numbers(rows: pl.DataFrame, *columns: str) -> tuple[npt.NDArray[Any], ...]:
    return tuple(rows[column].cast(pl.Int64).to_numpy() for column in columns)


def _dated(found: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    return found.with_columns(day=pl.lit(pl.Series(days, dtype=pl.Date)).gather(pl.col("cut"))).drop("cut")
