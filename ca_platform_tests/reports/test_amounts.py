"""Bins of amounts: percentiles by linear interpolation, edges exact, the last bin closed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from ca_platform.reports.amounts import amount_bins, purchase_amount_distribution

TYPES: dict[str, Any] = {"slice": pl.UInt32, "amount": pl.Decimal(18, 4), "orders": pl.Int64}


def histogram(amounts: list[str], means: list[tuple[str, int]] | None = None) -> pl.DataFrame:
    counted = pl.DataFrame([(0, Decimal(a), 1) for a in amounts], schema=TYPES, orient="row").sort("amount").lazy()
    customers = pl.DataFrame(
        [(0, Decimal(total), count, 1) for total, count in means or []],
        schema={"slice": pl.UInt32, "revenue": pl.Decimal(38, 4), "orders": pl.Int64, "customers": pl.Int64},
        orient="row",
    ).lazy()
    bins = amount_bins(counted).collect()
    return purchase_amount_distribution(counted, customers, bins).sort("bin").collect()


def test_amounts_that_lie_on_an_edge_belong_to_the_bin_above_and_the_top_to_the_last() -> None:
    # 1 to 101: the 1st percentile is 2, the 99th is 100, so a bin is 4.9 wide.
    frame = histogram([str(n) for n in range(1, 102)])
    assert frame["bin_start"].to_list()[1:3] == [Decimal(2), Decimal("6.9")]
    assert frame["orders"].item(0) == 1
    assert frame["orders"].item(-1) == 1
    on_edge = histogram([*map(str, range(1, 102)), "6.9"])
    assert on_edge["orders"].sum() == 102


def test_equal_percentiles_give_one_inner_bin_and_two_empty_overflow_bins() -> None:
    frame = histogram(["9.99", "9.99"], [("19.98", 2)])
    assert frame["orders"].to_list() == [0, 2, 0]
    assert frame["customers"].to_list() == [0, 1, 0]
    assert frame["is_overflow"].to_list() == [True, False, True]
    assert frame["bin_index"].to_list() == [0, 1, 2]


def test_mean_that_equals_an_edge_only_exactly_is_on_its_upper_side() -> None:
    # Edges are 0, 0.05, 0.10 …: 0.3 / 3 is one of them exactly, though not in floating point.
    amounts = ["0"] * 100 + ["1"] * 100
    frame = histogram(amounts, [("0.3", 3), ("0.2999", 3), ("3", 3), ("0", 1)])
    inside = frame.filter(~pl.col("is_overflow"))
    assert inside["bin_start"].item(2) == Decimal("0.1")
    assert inside["customers"].to_list() == [1, 1, 1, *[0] * 16, 1]


def test_huge_amounts_do_not_overflow() -> None:
    frame = histogram(["99999999999999.9999", "0.0001"], [("999999999999999999.9999", 2), ("0.0001", 1)])
    assert frame["orders"].sum() == 2
    assert frame["customers"].sum() == 2
