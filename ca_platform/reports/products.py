"""Products and categories: ranking, sales by day, key figures.

Each is a ``code`` here, the number of a row of ``names``: ``name``, and ``position`` among the sorted names, null last.
"""

from __future__ import annotations

import polars as pl

from ca_platform.reports.periods import share
from ca_platform.sorting import place_in_group

# Revenue that differs by less counts as equal in a ranking: shares of discounts are cut at the eighth digit.
MONEY_DIGITS = 4
_SUMS = ("orders", "units", "revenue", "customers")
_KEY = ("slice", "code")
_NUMBERS = 2**32


def most_ordered(sales: pl.LazyFrame, names: pl.DataFrame, column: str) -> pl.LazyFrame:
    """Products, or categories, by the number of orders that contain them: in each slice a rank from 1 without ties.

    Args:
        sales: ``slice``, ``code``, ``orders``, ``units``, ``revenue``, ``customers`` of any days.
        column: what the name is called.
    """
    placed = (
        sales.group_by(_KEY)
        .agg(pl.col(_SUMS).sum())
        .with_columns(_picked(names["position"]).alias("position"), amount=pl.col("revenue").round(MONEY_DIGITS))
    )
    ordered = placed.sort("slice", "orders", "amount", "position", descending=[False, True, True, False])
    rank = place_in_group("slice", dtype=pl.Int64) + 1
    return ordered.with_columns(_picked(names["name"]).alias(column), _units(), rank=rank)


def daily_sales(sales: pl.LazyFrame, names: pl.DataFrame) -> pl.LazyFrame:
    """Sales by day and product.

    Args:
        sales: ``product_days`` of some days with ``code``.
    """
    return sales.with_columns(_picked(names["name"]).alias("product"), _units(), date="day")


def product_kpis(sales: pl.LazyFrame, names: pl.DataFrame, categories: pl.Series) -> pl.LazyFrame:
    """Key figures of each product.

    Args:
        sales: ``product_days`` with ``code`` and ``newest``, see ``newest_category``; several days added up at will.
        categories: by their number.
    """
    sums = sales.group_by(_KEY).agg(pl.col(*_SUMS, "discount", "repeaters").sum(), pl.col("newest").max())
    category = pl.lit(categories).gather(pl.col("newest") % _NUMBERS)
    named = sums.with_columns(_picked(names["name"]).alias("product"), _units(), category=category)
    return named.with_columns(
        units_per_customer=share(pl.col("units"), pl.col("customers")),
        repeat_rate=share(pl.col("repeaters"), pl.col("customers")),
    )


def newest_category(day: str, number: str) -> pl.Expr:
    """A whole number of which the largest has the number of the category on the newest day."""
    return pl.col(day).to_physical().cast(pl.Int64) * _NUMBERS + pl.col(number)


def _picked(values: pl.Series) -> pl.Expr:
    # Picking by position is cheaper than a join.
    return pl.lit(values).gather(pl.col("code"))


def _units() -> pl.Expr:
    return pl.col("units").cast(pl.Float64)
