"""The compact tables of products and categories, for some report days.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in pure functions.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

import polars as pl

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
    number = slice_number(lake, day, place)
    if number is None:
        return None
    last = day - timedelta(days=1)
    if not lake.parts("product_days", first, last):
        return pl.DataFrame()
    sales = lake.collect(lambda: lake.scan("product_days", first, last).filter(pl.col("slice") == number))
    names = lake.collect(lambda: lake.scan("product_numbers", None, last).sort("item"))
    return daily_sales(sales.lazy().rename({"item": "code"}), names.rename({"product": "name"})).collect()


def slice_number(lake: Lake, day: date, place: tuple[str, str | None]) -> int | None:
    """The number of a dimension (or main) and value in the facts; None where no session up to the day has it."""
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
    def sorted_names(self) -> pl.Series:
        """Names of all products, sorted, as an enumeration of themselves."""
        sorted_names = self.names.sort("position")["name"]
        return sorted_names.cast(pl.Enum(sorted_names))

    @cached_property
    def sales(self) -> pl.DataFrame:
        """Sales of products by slice; of ``newest`` see ``products.newest_category``."""
        sums = pl.col("orders", "units", "revenue", "discount", "customers", "repeaters").sum()
        numbers = self.categories.to_frame().lazy().with_row_index("group")

        def build() -> pl.LazyFrame:
            rows = self._facts.with_totals("product_days", "product_totals").rename({"item": "code"})
            coded = rows.join(numbers, on="category", how="left", nulls_equal=True)
            newest = coded.with_columns(newest=newest_category("day", "group"))
            return newest.group_by("slice", "code", self._facts.counts_from()).agg(sums, pl.col("newest").max())

        return self._facts.lake.collect(build)

    @cached_property
    def categories(self) -> pl.Series:
        """Categories of products by their number; null is one."""

        def build() -> pl.LazyFrame:
            return self._facts.with_totals("product_days", "product_totals").select(pl.col("category").unique())

        return self._facts.lake.collect(build).to_series()

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
        sums = pl.col("orders", "units", "revenue", "customers").sum()

        def build() -> pl.LazyFrame:
            rows = self._facts.with_totals("category_days", "category_totals")
            return rows.group_by("slice", "category", self._facts.counts_from()).agg(sums)

        return self._facts.lake.collect(build)
