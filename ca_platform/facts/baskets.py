"""Facts of baskets: what each line brings, which customer bought which product how often, sales by day.

Pure functions of the lines of some days with their orders, and of the facts of all days before. Customers, slices and
products are numbers here. Only orders count: lines without one are left out by the join that makes ``lines``.

The discount of an order is spread in proportion to price × quantity − line discount, by quantity where these add up to
0. Everything is a whole number of 1e-8 of the currency, and the shares are differences of the rounded running total, so
that they add up to the discount exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.sorting import is_first, is_last, place_in_group

_INT = pl.Int128()
# 1e-8 of the currency: a price and a quantity with four digits each.
EXACT = pl.Decimal(38, 8)
_SCALE = 10**4
# Where a weight times the discount has so many digits, the weights lose so many, so that the product fits 128 bits.
_CUTS = ((37, 5), (42, 10), (47, 15), (52, 20), (57, 25))


def with_amounts(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with ``revenue`` and ``discount`` (their own and the share of the order's), exact.

    Args:
        lines: ``order``, ``price``, ``quantity``, ``line_discount``, ``order_discount``; those of an order follow each
            other.
    """
    money = {name: pl.col(name).to_physical().cast(_INT) for name in ("price", "quantity")}
    off = {name: pl.col(name).to_physical().cast(_INT) * _SCALE for name in ("line_discount", "order_discount")}
    rows = lines.select("order", **off, quantity=money["quantity"], base=money["price"] * money["quantity"])
    rows = rows.with_columns(base=pl.col("base") - pl.col("line_discount"))
    weights = _cut_weights(rows, pl.col("base"))
    # Where the weights cancel each other out there is no proportion either.
    is_even = weights["total"] == 0
    if is_even.any():
        weights = _cut_weights(rows, pl.when(pl.lit(is_even)).then("quantity").otherwise("base"))
    until_here = pl.col("order_discount") * pl.col("running") // pl.col("total")
    shares = pl.concat([rows, weights], how="horizontal").with_columns(until=until_here)
    share = pl.col("until") - pl.when(is_first("order")).then(0).otherwise(pl.col("until").shift(1))
    found = shares.with_columns(share=share).select(
        revenue=(pl.col("base") - pl.col("share")).reinterpret(dtype=EXACT),
        discount=(pl.col("line_discount") + pl.col("share")).reinterpret(dtype=EXACT),
    )
    return lines.with_columns(found)


def _cut_weights(rows: pl.DataFrame, weight: pl.Expr) -> pl.DataFrame:
    """Running total of the weights of an order, and the ``total``, both cut so that the discount times them fits."""
    first, last = is_first("order"), is_last("order")

    def running(value: pl.Expr) -> pl.Expr:
        added = value.cum_sum()
        return added - pl.when(first).then(added - value).forward_fill()

    def whole(value: pl.Expr) -> pl.Expr:
        return pl.when(last).then(value).backward_fill()

    size = whole(pl.col("size")).cast(pl.Float64) * pl.col("order_discount").cast(pl.Float64)
    cut = pl.lit(1, _INT)
    for digits, lost in _CUTS:
        cut = pl.when(size >= 10.0**digits).then(pl.lit(10**lost, _INT)).otherwise(cut)
    sums = rows.select("order", "order_discount", running=running(weight), size=running(weight.abs()))
    return sums.with_columns(running=pl.col("running") // cut).select("running", total=whole(pl.col("running")))


def new_products(lines: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Products in an order for the first time: ``day``, ``product``."""
    found = lines.group_by("product").agg(pl.col("day").min())
    return found.join(known.select("product"), on="product", how="anti")


def order_products(lines: pl.DataFrame) -> pl.DataFrame:
    """Every order with each of its products once, in the order of ``order``.

    Args:
        lines: ``day``, ``order``, ``customer``, ``item``, ``slices.*``, ``quantity``, ``revenue``, ``discount``,
            ``category``; in the order of ``order`` and of the lines.
    """
    slices = pl.col(r"^slices\..*$")
    return (
        lines.group_by("order", "item", maintain_order=True)
        .agg(
            pl.col("day", "customer").first(),
            slices.first(),
            units=pl.col("quantity").sum(),
            revenue=pl.col("revenue").sum(),
            discount=pl.col("discount").sum(),
            category=pl.col("category").last(),
        )
        .sort("order", "item")
    )


def counted(rows: pl.DataFrame, dimensions: Sequence[str], past: pl.DataFrame) -> pl.DataFrame:
    """``order_products`` with ``number`` and ``numbers.NAME``: the how many-th order of the customer with the product.

    Args:
        past: what ``order_products`` of the days before has of these customers and products, see ``past_pairs``.
    """
    columns = {"number": None, **{f"numbers.{name}": f"slices.{name}" for name in dimensions}}
    for number, own in columns.items():
        key = ["customer", "item"] if own is None else [own, "customer", "item"]
        before = past.group_by(key).agg(before=pl.col(number).max())
        # One sort is many times faster than a window.
        rows = (
            rows.sort(*key, "order")
            .with_columns((place_in_group(*key) + 1).alias(number))
            .join(before, on=key, how="left", maintain_order="left")
            .with_columns(pl.col(number) + pl.col("before").fill_null(0))
            .drop("before")
        )
    return rows.sort("order", "item")


def past_pairs(known: pl.LazyFrame, rows: pl.DataFrame) -> pl.LazyFrame:
    """Of the orders before, those of the same customers and products."""
    key = ["customer", "item"]
    numbers = pl.col(r"^(number|slices\..*|numbers\..*)$")
    return known.select(*key, numbers).join(rows.lazy().select(key).unique(), on=key, how="semi")


def product_days(rows: pl.LazyFrame, dimensions: Sequence[str]) -> pl.LazyFrame:
    """Per day, slice and product: orders, units, money, customers who are new to it, who came again for it.

    Args:
        rows: ``order_products`` in the order of ``order``.
    """

    def of(slice_: pl.Expr, number: str) -> pl.LazyFrame:
        return rows.group_by("day", slice_.alias("slice"), "item").agg(
            orders=pl.len().cast(pl.Int64),
            units=pl.col("units").sum(),
            revenue=pl.col("revenue").sum(),
            discount=pl.col("discount").sum(),
            customers=(pl.col(number) == 1).sum().cast(pl.Int64),
            repeaters=(pl.col(number) == 2).sum().cast(pl.Int64),
            category=pl.col("category").last(),
        )

    main = of(pl.lit(MAIN_SLICE, pl.UInt32), "number")
    return pl.concat([main, *(of(pl.col(f"slices.{name}"), f"numbers.{name}") for name in dimensions)])


def order_categories(lines: pl.LazyFrame, dimensions: Sequence[str]) -> pl.LazyFrame:
    """Every order with each of its categories once, for ``main`` and for each dimension."""
    once = lines.group_by("order", "category").agg(
        pl.col("day", "customer").first(),
        pl.col(r"^slices\..*$").first(),
        units=pl.col("quantity").sum(),
        revenue=pl.col("revenue").sum(),
    )
    slices = [pl.lit(MAIN_SLICE, pl.UInt32), *(pl.col(f"slices.{name}") for name in dimensions)]
    kept = ("day", "customer", "category", "units", "revenue")
    return pl.concat([once.select(own.alias("slice"), *kept) for own in slices])


def category_buyers(orders: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """First orders of customers in a category: ``day``, ``slice``, ``customer``, ``category``."""
    key = ["slice", "customer", "category"]
    found = orders.group_by(key).agg(pl.col("day").min())
    old = known.join(found.select(key), on=key, how="semi", nulls_equal=True).select(key)
    return found.join(old, on=key, how="anti", nulls_equal=True).select("day", *key)


def category_days(orders: pl.LazyFrame, buyers: pl.LazyFrame) -> pl.LazyFrame:
    """Per day, slice and category: orders, units, revenue, customers who are new to it."""
    key = ["day", "slice", "category"]
    sales = orders.group_by(key).agg(
        orders=pl.len().cast(pl.Int64), units=pl.col("units").sum(), revenue=pl.col("revenue").sum()
    )
    new = buyers.group_by(key).agg(customers=pl.len().cast(pl.Int64))
    return sales.join(new, on=key, how="left", nulls_equal=True).with_columns(pl.col("customers").fill_null(0))
