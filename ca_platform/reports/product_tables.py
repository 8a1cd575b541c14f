"""The compact tables of products and categories, for some report days.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in pure functions.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

import polars as pl

from ca_platform.facts import last_month_end, schema
from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.lake import Lake
from ca_platform.reports.products import daily_sales, newest_category
from ca_platform.reports.reading import FactReader


def sales_before(lake: Lake, first: date, day: date, place: tuple[str, str | None]) -> pl.DataFrame | None:
    """``daily_products_of_sales`` of the days from ``first`` up to the one before ``day``, from the facts.

    Args:
        place: dimension (or main) and value.

    Returns:
        None for a dimension value that no session up to ``day`` has.
    """
    number = _slice_number(lake, day, place)
    if number is None:
        return None
    last = day - timedelta(days=1)
    if not lake.parts("product_days", first, last):
        return pl.DataFrame()
    sales = lake.collect(lambda: lake.scan("product_days", first, last).filter(pl.col("slice") == number))
    names = lake.collect(lambda: lake.scan("product_numbers", None, last).sort("item"))
    return daily_sales(sales.lazy().rename({"item": "code"}), names.rename({"product": "name"})).collect()


def _slice_number(lake: Lake, day: date, place: tuple[str, str | None]) -> int | None:
    dimension, value = place
    if dimension == "main":
        return MAIN_SLICE
    if not lake.parts("dimension_values", None, day):
        return None
    is_own = (pl.col("dimension") == dimension) & pl.col("value").eq_missing(value)
    found = lake.collect(lambda: lake.scan("dimension_values", None, day).filter(is_own).select("slice"))
    return None if found.is_empty() else int(found.item())


class ProductTables:
    """What the reports of products and categories are cut from; see ``products`` for ``code`` and names."""

    def __init__(self, facts: FactReader) -> None:
        self._facts = facts

    @cached_property
    def names(self) -> pl.DataFrame:
        """Every product by its number: ``name``, ``position``."""
        known = self._facts.lake.collect(lambda: self._facts.scan("product_numbers").sort("item"))
        return known.select(name="product", position=pl.col("product").rank("ordinal") - 1)

    @cached_property
    def sales(self) -> pl.DataFrame:
        """Sales of products by slice."""
        columns = ("orders", "units", "revenue", "discount", "customers", "repeaters")
        found = self._summed("product_days", "product_totals", "item", columns, newest_category())
        return found.rename({"item": "code"})

    @cached_property
    def days(self) -> pl.DataFrame:
        """Sales of products by slice on the report days themselves."""
        days = self._facts.scan("product_days", self._facts.days.first)
        return self._facts.lake.collect(lambda: days.rename({"item": "code"}))

    @cached_property
    def category_names(self) -> pl.DataFrame:
        """Every category: ``name``, ``position``, in the order of the names, null last."""
        return self._categories.select(name=pl.col("category").unique().sort(nulls_last=True)).with_row_index(
            "position"
        )

    @cached_property
    def category_sales(self) -> pl.DataFrame:
        """Sales of categories by slice."""
        codes = self.category_names.rename({"name": "category", "position": "code"})
        return self._categories.join(codes, on="category", nulls_equal=True)

    @cached_property
    def _categories(self) -> pl.DataFrame:
        return self._summed("category_days", "category_totals", "category", ("orders", "units", "revenue", "customers"))

    def _summed(self, name: str, totals: str, key: str, columns: tuple[str, ...], *more: pl.Expr) -> pl.DataFrame:
        """All days up to the first report day added up, and each day after it."""
        facts = self._facts
        month = last_month_end(facts.days.first)

        def build() -> pl.LazyFrame:
            old = facts.lake.scan(totals, month, month, schema=schema(totals, facts.shape))
            since = facts.scan(name, max(month + timedelta(days=1), facts.shape.start_date))
            counts_from = facts.counts_from().alias("since")
            rows = pl.concat([old, since]).group_by("slice", key, counts_from).agg(pl.col(columns).sum(), *more)
            return rows.rename({"since": "day"})

        return facts.lake.collect(build)
