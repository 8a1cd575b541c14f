"""The facts of baskets of a run of days, from one reading of their lines and orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.facts import baskets
from ca_platform.facts.customers import numbered
from ca_platform.facts.shape import Shape
from ca_platform.lake import Lake
from ca_platform.money import MONEY
from ca_platform.sorting import sort_by

_ORDERS = {
    "day": pl.Date(),
    "order_id": pl.String(),
    "client": pl.String(),
    "session_start_date": INSTANT,
    "discount_amount": MONEY,
    "has_purchased": pl.Boolean(),
}
_LINES = {
    "day": pl.Date(),
    "order_id": pl.String(),
    "line_number": pl.Int64(),
    "product": pl.String(),
    "category": pl.String(),
    "price": MONEY,
    "quantity": MONEY,
    "discount_amount": MONEY,
}


@dataclass(frozen=True, slots=True)
class Past:
    """What else is known of customers and dimension values.

    Attributes:
        facts: a fact on all days before those of the run.
        new_values: rows of ``dimension_values`` of the run.
        new_clients: rows of ``client_numbers`` of the run.
    """

    facts: Callable[[str], pl.LazyFrame]
    new_values: Callable[[], pl.DataFrame]
    new_clients: Callable[[], pl.DataFrame]


class BasketMaker:
    """Makes the facts of baskets; what several of them share is made once.

    Args:
        days: of the run, following each other.
    """

    def __init__(self, days: Sequence[date], shape: Shape, lake: Lake, past: Past) -> None:
        self._days = days
        self._dimensions = shape.dimensions
        self._lake = lake
        self._past = past

    @cached_property
    def _lines(self) -> pl.DataFrame:
        """Lines of orders with numbers in the place of names, and what they bring; see ``order_products``."""
        names = {name: f"dimensions.{name}" for name in self._dimensions}

        def build() -> pl.LazyFrame:
            orders = self._scan("sessions", {**_ORDERS, **dict.fromkeys(names.values(), pl.String())})
            orders = orders.filter("has_purchased").rename({"discount_amount": "order_discount"})
            orders = orders.with_columns(at="session_start_date")
            placed = orders.sort("day", "session_start_date", "order_id").with_row_index("order")
            clients = self._known("client_numbers", self._past.new_clients()).select("client", "customer")
            values = self._known("dimension_values", self._past.new_values())
            placed = placed.join(clients, on="client")
            for name, column in names.items():
                own = values.filter(pl.col("dimension") == name)
                own = own.select(pl.col("slice").alias(f"slices.{name}"), pl.col("value").alias(column))
                placed = placed.join(own, on=column, how="left", nulls_equal=True)
            lines = self._scan("lines", _LINES).rename({"discount_amount": "line_discount"})
            slices = [f"slices.{name}" for name in names]
            amounts = ("price", "quantity", "line_discount", "order_discount")
            kept = ("day", "order", "at", "line_number", "customer", *slices, "product", "category", *amounts)
            return lines.join(placed, on=["day", "order_id"]).select(kept)

        lines = baskets.with_codes(self._lake.collect(build))
        return baskets.with_amounts(sort_by(lines, ["order", "line_number"]).drop("line_number"))

    def _scan(self, name: str, types: dict[str, pl.DataType]) -> pl.LazyFrame:
        days = list(self._days)
        return self._lake.scan(name, days[0], days[-1], schema=types).filter(pl.col("day").is_in(days))

    def _known(self, name: str, new: pl.DataFrame) -> pl.LazyFrame:
        return pl.concat([self._past.facts(name), new.lazy()], how="vertical_relaxed")

    @cached_property
    def product_numbers(self) -> pl.DataFrame:
        def build() -> pl.LazyFrame:
            known = self._past.facts("product_numbers")
            new = baskets.new_products(self._lines.lazy(), known)
            return numbered(new, "item", known, by=("day", "product")).select("day", "item", "product")

        return self._lake.collect(build)

    @cached_property
    def order_products(self) -> pl.DataFrame:
        names = baskets.categories(self._lines, "product").alias("product").to_frame().lazy()

        def build() -> pl.LazyFrame:
            items = self._known("product_numbers", self.product_numbers).select("product", "item")
            return names.join(items, on="product", how="left", maintain_order="left")

        items = self._lake.collect(build)["item"]
        lines = self._lines.with_columns(item=pl.lit(items).gather(pl.col("product").to_physical()))
        once = baskets.order_products(lines)
        past = self._lake.collect(lambda: baskets.past_pairs(self._past.facts("order_products"), once))
        last = self._lake.collect(lambda: self._past.facts("order_products").select(pl.col("order").max())).item()
        rows = baskets.counted(once, self._dimensions, past)
        # Numbered without a gap, over all days.
        return rows.with_columns(order=pl.col("order").rle_id() + (0 if last is None else last + 1))

    @cached_property
    def product_days(self) -> pl.DataFrame:
        return baskets.product_days(self.order_products, self._dimensions)

    @cached_property
    def _order_categories(self) -> pl.DataFrame:
        """See ``baskets.with_new_buyers``."""
        orders = baskets.order_categories(self._lines)
        past = self._lake.collect(lambda: baskets.past_buyers(self._past.facts("category_buyers"), orders))
        return baskets.with_new_buyers(orders, self._dimensions, past)

    @cached_property
    def category_buyers(self) -> pl.DataFrame:
        return baskets.category_buyers(self._order_categories, self._dimensions)

    @cached_property
    def category_days(self) -> pl.DataFrame:
        return baskets.category_days(self._order_categories, self._dimensions)
