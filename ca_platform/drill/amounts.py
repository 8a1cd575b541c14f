"""Which orders, and whom, the bins of order amounts count: the bins are those that the report itself makes."""

from __future__ import annotations

import polars as pl

from ca_platform.drill.cells import Count
from ca_platform.drill.scope import ORDER_COLUMNS, PAIR, Scope
from ca_platform.reports import amounts
from ca_platform.store.money import round_money

_REPORT = "purchase_amount_distribution"
# The number alone tells one bin from another, whose edges may be the same to the cent; the edges are what is said of it.
_KEY = ("bin_index", "bin_start", "bin_end", "is_overflow")


def orders(scope: Scope) -> pl.LazyFrame:
    """Orders by the bin of their amount."""
    rows = scope.purchases().with_columns(revenue="payment_amount", orders=pl.lit(1))
    return _binned(rows, scope).select("slice", *_KEY, *ORDER_COLUMNS)


def customers(scope: Scope) -> pl.LazyFrame:
    """Customers by the bin of the mean amount of their orders."""
    sums = scope.fact("customer_orders").group_by(PAIR).agg(revenue=pl.col("amount").sum(), orders=pl.len())
    return _binned(sums, scope).select(*PAIR, *_KEY)


def _binned(rows: pl.LazyFrame, scope: Scope) -> pl.LazyFrame:
    """Rows of ``revenue`` and ``orders`` with the edges of the bin of their mean, rounded as the report shows them."""
    scope.check("order_amounts")
    bins = amounts.amount_bins(scope.tables.order_amounts.lazy().filter(scope.in_slices())).collect().lazy()
    edges = amounts.edges(bins).with_columns(round_money(pl.col("bin_start", "bin_end"), scope.minor_digits))
    number = amounts.bin_of(pl.col("revenue").to_physical(), pl.col("orders"))
    return rows.join(bins, on="slice").with_columns(bin=number).join(edges, on=["slice", "bin"])


AMOUNTS: tuple[Count, ...] = (
    Count(_REPORT, "orders", "orders", _KEY, orders),
    Count(_REPORT, "customers", "customers", _KEY, customers),
)
