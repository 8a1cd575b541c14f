"""Histogram of order amounts and of customers' mean amounts.

Amounts are compared as whole numbers, so that a value that lies exactly on an edge falls on the right side of it:
percentiles are multiples of 1e-6 of the currency, edges of 5e-8.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from ca_platform.sorting import at_rank

BINS = 20
_INT, _NARROW = pl.Int128(), pl.Int64()
_MOST = 2**63 - 1
# Units of 1e-4 (money in the lake) in units of 5e-8 (edges).
_FINE = 2000


def amount_bins(amounts: pl.LazyFrame) -> pl.LazyFrame:
    """Percentiles and extremes of the order amounts of each slice: ``low``, ``width``, ``least``, ``most``, ``orders``.

    Args:
        amounts: ``slice``, ``amount``, ``orders``, in order of slice and amount; of each slice at least one order.

    Returns:
        ``least`` and ``most`` in units of 1e-4, ``low`` and ``width`` (of all inner bins) in units of 1e-6.
    """
    counted = amounts.select(pl.col("slice").set_sorted(), pl.col("amount").to_physical().cast(pl.Int64), "orders")
    last = pl.col("orders").sum() - 1

    def percentile(percent: int) -> pl.Expr:
        rank, part = last * percent // 100, last * percent % 100
        ends = (rank, pl.min_horizontal(rank + 1, last))
        below, above = (at_rank(pl.col("amount"), pl.col("orders"), end).cast(_INT) for end in ends)
        return below * 100 + (above - below) * part

    edges = counted.group_by("slice", maintain_order=True).agg(
        low=percentile(1),
        high=percentile(99),
        least=pl.col("amount").first().cast(_INT),
        most=pl.col("amount").last().cast(_INT),
        orders=pl.col("orders").sum().cast(_INT),
    )
    return edges.select("slice", "low", "least", "most", "orders", width=pl.col("high") - pl.col("low"))


def bin_of(total: pl.Expr, count: pl.Expr, number: pl.DataType = _INT) -> pl.Expr:
    """Bin of a mean ``total / count``: -1 below, 0 to the last, one more above. Needs ``low`` and ``width``.

    Args:
        total: in units of 1e-4.
        number: type of all these that holds every product of them.
    """
    low, width, count = pl.col("low"), pl.col("width"), count.cast(number)
    above_low = total.cast(number) * _FINE - low * BINS * count
    position = above_low // (width * pl.when(width > 0).then(count))
    # The upper edge of the last bin belongs to it.
    on_top = above_low == width * BINS * count
    spread = pl.when(on_top).then(BINS - 1).otherwise(position.clip(-1, BINS))
    single = pl.when(above_low < 0).then(-1).when(above_low > 0).then(1).otherwise(0)
    return pl.when(width > 0).then(spread).otherwise(single).cast(pl.Int64)


def purchase_amount_distribution(amounts: pl.LazyFrame, means: pl.LazyFrame, bins: pl.DataFrame) -> pl.LazyFrame:
    """Orders by amount and customers by mean amount in 20 bins from the 1st to the 99th percentile of the amounts.

    Args:
        amounts: ``slice``, ``amount``, ``orders``.
        means: ``slice``, ``orders``, ``revenue`` of customers; ``customers`` is 1, or -1 where a row is taken back.
        bins: ``amount_bins`` of the amounts.
    """
    number = _wide_enough(bins)
    inner = _of_slice(bins, number)
    in_orders = (
        amounts.with_columns(inner)
        .group_by("slice", bin=bin_of(pl.col("amount").to_physical(), pl.lit(1), number))
        .agg(pl.col("orders").sum())
    )
    in_customers = (
        means.with_columns(inner)
        .group_by("slice", bin=bin_of(pl.col("revenue").to_physical(), pl.col("orders"), number))
        .agg(pl.col("customers").sum())
    )
    grid = edges(bins.lazy())
    for counted, measure in ((in_orders, "orders"), (in_customers, "customers")):
        grid = grid.join(counted, on=["slice", "bin"], how="left").with_columns(pl.col(measure).fill_null(0))
    return grid


def _wide_enough(bins: pl.DataFrame) -> pl.DataType:
    """The type that products of these amounts need: that of 64 bits, where it will do, takes half the time."""
    largest = pl.max_horizontal(pl.col("least").abs(), pl.col("most").abs()) * pl.col("orders")
    # No customer has more than all orders; a difference may be twice as large as what it is made of.
    return _NARROW if int(bins.select(largest.max()).item() or 0) * _FINE * 2 <= _MOST else _INT


def _of_slice(bins: pl.DataFrame, number: pl.DataType) -> list[pl.Expr]:
    """``low`` and ``width`` of the bins of each row's ``slice``, by position: cheaper than a join."""
    last = int(bins["slice"].max() or 0)  # type: ignore[arg-type]
    by_slice = pl.DataFrame({"slice": range(last + 1)}, schema={"slice": bins.schema["slice"]}).join(
        bins, on="slice", how="left", maintain_order="left"
    )
    return [pl.lit(by_slice[name].cast(number)).gather(pl.col("slice")).alias(name) for name in ("low", "width")]


def edges(bins: pl.LazyFrame) -> pl.LazyFrame:
    """All bins of each slice with their edges, the two overflow bins too, in Decimal."""
    inner = pl.when(pl.col("width") > 0).then(BINS).otherwise(1)
    numbers = pl.LazyFrame({"bin": range(-1, BINS + 1)}, schema={"bin": pl.Int64})
    grid = bins.with_columns(inner=inner).join(numbers, how="cross").filter(pl.col("bin") <= pl.col("inner"))

    def edge(number: pl.Expr) -> pl.Expr:
        return pl.col("low") * BINS + pl.col("width") * (number * BINS // pl.col("inner"))

    low_end = pl.when(pl.col("bin") < 0).then(pl.col("least") * _FINE).otherwise(edge(pl.col("bin")))
    high_end = pl.when(pl.col("bin") == pl.col("inner")).then(pl.col("most") * _FINE).otherwise(edge(pl.col("bin") + 1))
    unit = pl.lit(Decimal("0.00000005"), pl.Decimal(38, 8))
    return grid.select(
        "slice",
        "bin",
        bin_start=low_end.cast(pl.Decimal(38, 0)) * unit,
        bin_end=high_end.cast(pl.Decimal(38, 0)) * unit,
        is_overflow=(pl.col("bin") < 0) | (pl.col("bin") == pl.col("inner")),
        bin_index=pl.col("bin") + 1,
    )
