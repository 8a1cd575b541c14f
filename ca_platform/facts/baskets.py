"""Facts of baskets: what each line brings, which customer bought which product how often, sales by day.

Pure functions of the lines of some days with their orders, and of the facts of all days before. Customers, slices and
products are numbers here, categories enumerations of their names. Only orders count: lines without one are left out by the join that makes ``lines``.

The discount of an order is spread in proportion to price × quantity − line discount, by quantity where these add up to
0. Everything is a whole number of 1e-8 of the currency, and the shares are differences of the rounded running total, so
that they add up to the discount exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from ca_platform.calendar import days_together
from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.sorting import grouped, is_first, is_last, places

_INT = pl.Int128()
# Rows of which all slices are counted at once.
_PIECE_ROWS = 100_000
_PAIR = ["customer", "item"]
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

    sums = rows.select("order", "order_discount", running=running(weight), size=running(weight.abs()))
    size = sums.select(whole(pl.col("size")).cast(pl.Float64) * pl.col("order_discount").cast(pl.Float64)).to_series()
    if (size.max() or 0.0) >= 10.0 ** _CUTS[0][0]:  # type: ignore[operator]
        sums = sums.with_columns(size=size).with_columns(pl.col("running") // _cut(pl.col("size")))
    return sums.select("running", total=whole(pl.col("running")))


def _cut(size: pl.Expr) -> pl.Expr:
    cut = pl.lit(1, _INT)
    for digits, lost in _CUTS:
        cut = pl.when(size >= 10.0**digits).then(pl.lit(10**lost, _INT)).otherwise(cut)
    return cut


def with_codes(lines: pl.DataFrame) -> pl.DataFrame:
    """Products and categories as enumerations of their sorted names, which are as fast as numbers everywhere."""

    def own(name: str) -> pl.Series:
        return lines[name].cast(pl.Enum(lines[name].unique().drop_nulls().sort()))

    return lines.with_columns(own("product"), own("category"))


def new_products(lines: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Products in an order for the first time: ``day``, ``product``."""
    found = lines.group_by("product").agg(pl.col("day").min()).with_columns(pl.col("product").cast(pl.String))
    return found.join(known.select("product"), on="product", how="anti")


def order_products(lines: pl.DataFrame) -> pl.DataFrame:
    """Every order with each of its products once, in the order of ``order``.

    Args:
        lines: ``day``, ``order``, ``at``, ``customer``, ``item``, ``slices.*``, ``quantity``, ``revenue``, ``discount``,
            ``category``; in the order of ``order`` and of the lines.
    """
    return grouped(
        lines,
        ["order", "item"],
        pl.col("day", "at", "customer").first(),
        pl.col(r"^slices\..*$").first(),
        units=pl.col("quantity").sum(),
        revenue=pl.col("revenue").sum(),
        discount=pl.col("discount").sum(),
        category=pl.col("category").last(),
    )


def counted(rows: pl.DataFrame, dimensions: Sequence[str], past: pl.DataFrame) -> pl.DataFrame:
    """``order_products`` with ``number`` and ``numbers.NAME``: the how many-th order of the customer with the product.

    Args:
        past: what ``order_products`` of the days before has of these customers and products, see ``past_pairs``.
    """

    def number(key: list[str]) -> pl.Series:
        every = pl.concat([past.select(key), rows.select(key)])
        return places(every, key)[past.height :] + 1

    dimensional = {f"numbers.{name}": number([f"slices.{name}", *_PAIR]) for name in dimensions}
    return rows.with_columns(number=number(_PAIR), **dimensional)


def past_pairs(known: pl.LazyFrame, rows: pl.DataFrame) -> pl.LazyFrame:
    """Of the orders before, those of the same customers and products."""
    here = rows.lazy().select(_PAIR).unique()
    return known.select(*_PAIR, pl.col(r"^slices\..*$")).join(here, on=_PAIR, how="semi")


def product_days(rows: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Per day, slice and product: orders, units, money, customers who are new to it, who came again for it.

    Args:
        rows: ``order_products`` in the order of ``order``.
    """
    money = ("units", "revenue", "discount")
    numbers = ("number", *(f"numbers.{name}" for name in dimensions))

    def sold(some: pl.DataFrame) -> pl.DataFrame:
        every = pl.concat(
            some.select("day", own.alias("slice"), "item", *money, "category", number=number)
            for (own, _), number in zip(_slices(dimensions), numbers, strict=True)
        )
        return grouped(
            every,
            ["day", "slice", "item"],
            pl.col(money).sum(),
            orders=_count(),
            customers=_count(pl.col("number") == 1),
            repeaters=_count(pl.col("number") == 2),
            category=pl.col("category").last(),
        )

    return pl.concat(map(sold, _in_pieces(rows)))


def order_categories(lines: pl.DataFrame) -> pl.DataFrame:
    """Every order with each of its categories once, in the order of ``order``.

    Args:
        lines: as those of ``order_products``.
    """
    return grouped(
        lines,
        ["order", "category"],
        pl.col("day", "customer").first(),
        pl.col(r"^slices\..*$").first(),
        units=pl.col("quantity").sum(),
        revenue=pl.col("revenue").sum(),
    )


def with_new_buyers(orders: pl.DataFrame, dimensions: Sequence[str], past: pl.DataFrame) -> pl.DataFrame:
    """``order_categories`` with ``is_new``: whether it is the customer's first order in the category; likewise by slice.

    Args:
        past: what ``category_buyers`` of the days before has of these customers, see ``past_buyers``.
    """

    def is_new(own: pl.Expr) -> pl.Series:
        rows = orders.select(own.alias("slice"), "customer", "category")
        before = past.filter(pl.col("slice").is_in(rows["slice"].unique().implode()))
        return places(pl.concat([before, rows]), rows.columns)[before.height :] == 0

    return orders.with_columns(is_new(own).alias(f"is_new{end}") for own, end in _slices(dimensions))


def past_buyers(known: pl.LazyFrame, orders: pl.DataFrame) -> pl.LazyFrame:
    """Of ``category_buyers`` of the days before, the customers and categories of these orders."""
    names = orders.schema["category"]
    category = pl.col("category")
    # What is not sold here has no number here.
    own = known.filter(category.is_null() | category.is_in(categories(orders, "category").implode()))
    here = orders.lazy().select("customer").unique()
    return own.join(here, on="customer", how="semi").select("slice", "customer", category.cast(names))


def category_buyers(orders: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """First orders of customers in a category: ``day``, ``slice``, ``customer``, ``category``.

    Args:
        orders: see ``with_new_buyers``.
    """
    return pl.concat(
        orders.filter(f"is_new{end}").select("day", own.alias("slice"), "customer", "category")
        for own, end in _slices(dimensions)
    )


def category_days(orders: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Per day, slice and category: orders, units, revenue, customers who are new to it.

    Args:
        orders: see ``with_new_buyers``.
    """
    money = ("units", "revenue")

    def sold(some: pl.DataFrame) -> pl.DataFrame:
        every = pl.concat(
            some.select("day", own.alias("slice"), "category", *money, is_new=f"is_new{end}")
            for own, end in _slices(dimensions)
        )
        return grouped(
            every,
            ["day", "slice", "category"],
            pl.col(money).sum(),
            orders=_count(),
            customers=_count(pl.col("is_new")),
        )

    return pl.concat(map(sold, _in_pieces(orders)))


def _in_pieces(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows in the order of days, cut between days: pieces that a processor's cache holds are counted faster."""
    days = rows["day"].rle().struct.unnest()
    lengths = dict(zip(days["value"], days["len"], strict=True))
    low = 0
    # Without rows there is one piece, too.
    for run in days_together(lengths, _PIECE_ROWS) or [[]]:
        high = low + sum(lengths[day] for day in run)
        yield rows[low:high]
        low = high


def categories(frame: pl.DataFrame, column: str) -> pl.Series:
    """All values of an enumeration, by their number."""
    dtype = frame.schema[column]
    assert isinstance(dtype, pl.Enum)  # noqa: S101
    return dtype.categories


def _slices(dimensions: Sequence[str]) -> list[tuple[pl.Expr, str]]:
    """The slice of an order for the whole shop and for each dimension, and the ends of the names of its columns."""
    main = pl.lit(MAIN_SLICE, pl.UInt32), ""
    return [main, *((pl.col(f"slices.{name}"), f".{name}") for name in dimensions)]


def _count(rows: pl.Expr | None = None) -> pl.Expr:
    """How many rows, or how many such rows."""
    return (pl.len() if rows is None else rows.sum()).cast(pl.Int64)
