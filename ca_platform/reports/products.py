"""Products and categories: ranking, sales by day, key figures.

Each is a ``code`` here, the number of a row of ``names``: ``name``, and ``position`` among the sorted names, null last.
"""

from __future__ import annotations

import polars as pl

from ca_platform.reports.periods import share

# Revenue that differs by less counts as equal in a ranking: shares of discounts are cut at the eighth digit.
MONEY_DIGITS = 4
_SUMS = ("orders", "units", "revenue", "customers")
_KEY = ("slice", "code")


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
    index = pl.int_range(pl.len(), dtype=pl.Int64)
    is_first = (pl.col("slice") != pl.col("slice").shift(1)).fill_null(value=True)
    rank = index - pl.when(is_first).then(index).forward_fill() + 1
    return ordered.with_columns(_picked(names["name"]).alias(column), _units(), rank=rank)


def daily_sales(sales: pl.LazyFrame, names: pl.DataFrame) -> pl.LazyFrame:
    """Sales by day and product.

    Args:
        sales: ``product_days`` of some days with ``code``.
    """
    return sales.with_columns(_picked(names["name"]).alias("product"), _units(), date="day")


def product_kpis(sales: pl.LazyFrame, names: pl.DataFrame) -> pl.LazyFrame:
    """Key figures of each product.

    Args:
        sales: ``product_days`` with ``code``, several days added up at will: the newest ``day`` has the category.
    """
    sums = sales.group_by(_KEY).agg(pl.col(*_SUMS, "discount", "repeaters").sum(), newest_category())
    return sums.with_columns(_picked(names["name"]).alias("product"), _units()).with_columns(
        units_per_customer=share(pl.col("units"), pl.col("customers")),
        repeat_rate=share(pl.col("repeaters"), pl.col("customers")),
    )


def newest_category() -> pl.Expr:
    """Category on the newest day of a group."""
    return pl.col("category").get(pl.col("day").arg_max())


def _picked(values: pl.Series) -> pl.Expr:
    # Picking by position is cheaper than a join.
    return pl.lit(values).gather(pl.col("code"))


def _units() -> pl.Expr:
    return pl.col("units").cast(pl.Float64)
