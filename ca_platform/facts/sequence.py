"""Facts of the sequence of each customer's orders: numbers, gaps, first orders of a week or month.

Pure functions of the orders of some days and of ``customer_orders`` of all days before. As in ``customers``, slices and
customers are numbers here. What touches every order is counted by day, so that a report need not look at orders again.
"""

from __future__ import annotations

import polars as pl

from ca_platform.calendar import local_day
from ca_platform.catalogue.cohorts import LAST_OFFSET
from ca_platform.facts.customers import PAIR
from ca_platform.money import MONEY_SUM
from ca_platform.sorting import first_in_group, sort_by

# Later orders belong to no cohort table.
LAST_NUMBER = 4
# Ages of customers that are told apart; older ones are counted together one further.
LAST_AGE = {"week": 52, "month": 24}


def numbered_orders(orders: pl.DataFrame, past: pl.DataFrame, time_zone: str) -> pl.DataFrame:
    """Orders in the sequence of each customer in each slice, with what came before.

    Args:
        orders: ``slice``, ``customer``, ``day``, ``at``, ``place``, ``amount``; the place grows from day to day and, of
            the same customer, from order to order.
        past: of the pairs with orders before: how many (``number``), ``first_at``, ``last_at``, ``revenue``.

    Returns:
        ``day``, ``slice``, ``customer``, ``place``, ``number``, ``at``, ``previous_at``, ``amount``, ``revenue`` up to
        the order, and the local days of the first and of the previous order.
    """
    names = {"number": "number_before", "revenue": "revenue_before"}
    days = {f"{name}_day": local_day(pl.col(f"{name}_at"), time_zone) for name in ("first", "last")}
    before = past.rename(names).with_columns(**days).drop("first_at")
    rows = sort_by(orders, [*PAIR, "place"]).join(before, on=PAIR, how="left", maintain_order="left")
    # Found once: a fill for each column that looks back would take longer than everything else here.
    rows = rows.with_columns(first=first_in_group(*PAIR))
    index, first = pl.int_range(pl.len(), dtype=pl.UInt32), pl.col("first")

    def previous(name: str) -> pl.Expr:
        """What holds at the order before, of the first that of the past."""
        return pl.when(first == index).then(pl.col(f"last_{name}")).otherwise(pl.col(name).shift(1))

    amount = pl.col("amount").cast(MONEY_SUM)
    total = amount.cum_sum()
    return rows.select(
        "day",
        *PAIR,
        "place",
        number=index - first + 1 + pl.col("number_before").fill_null(0),
        at="at",
        previous_at=previous("at"),
        amount="amount",
        revenue=total - (total - amount).gather(first) + pl.col("revenue_before").fill_null(0),
        first_day=pl.coalesce("first_day", "day").gather(first),
        previous_day=previous("day"),
    )


def past_orders(orders: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Of the pairs in ``orders``, what ``customer_orders`` of the days before says about them."""
    return (
        known.join(orders.select(PAIR).unique(), on=PAIR, how="semi")
        .group_by(PAIR)
        # All grow with every order, amounts being never negative: the largest are the latest.
        .agg(pl.col("number").max(), pl.col("revenue").max(), first_at=pl.col("at").min(), last_at=pl.col("at").max())
    )


def order_numbers(sequence: pl.LazyFrame) -> pl.LazyFrame:
    """Per day, slice and number: customers who had that order, what they paid, how long they took."""
    gap = (pl.col("at") - pl.col("previous_at")).dt.total_microseconds()
    return sequence.group_by("day", "slice", "number").agg(
        customers=pl.len().cast(pl.Int64), revenue=pl.col("amount").sum(), microseconds=gap.sum()
    )


def next_orders(sequence: pl.LazyFrame) -> pl.LazyFrame:
    """Per day, slice and number of the order before: customers by the days and weeks since that order."""
    return pl.concat(
        followers(sequence, unit)
        .group_by("day", "slice", "number", "offset")
        .agg(customers=pl.len().cast(pl.Int64))
        .select("day", "slice", "number", pl.lit(unit).alias("unit"), "offset", "customers")
        for unit in ("day", "week")
    )


def followers(orders: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    """The orders that cohorts count: ``number`` becomes that of the order before, ``offset`` the time since it.

    Args:
        orders: with ``previous_day``, the local day of the order before.
    """
    after = orders.filter(pl.col("number").is_between(2, LAST_NUMBER))
    since = age(unit, "previous_day").cast(pl.Int64)
    return after.with_columns(number=pl.col("number") - 1, offset=since).filter(pl.col("offset") <= LAST_OFFSET)


def period_buyers(sequence: pl.LazyFrame) -> pl.LazyFrame:
    """Per day, slice and age of the customer: first orders of the week, and of the month, and all orders of the day."""
    return pl.concat(
        aged(sequence, unit)
        .group_by("day", "slice", "offset")
        .agg(
            customers=pl.col("is_first").sum().cast(pl.Int64),
            returning=pl.col("is_returning").sum().cast(pl.Int64),
            orders=pl.len().cast(pl.Int64),
            revenue=pl.col("amount").sum(),
        )
        .select("day", "slice", pl.lit(unit).alias("unit"), "offset", "customers", "returning", "orders", "revenue")
        for unit in LAST_AGE
    )


def aged(orders: pl.LazyFrame, unit: str) -> pl.LazyFrame:
    """Orders with ``offset``, the customer's age, and whether each ``is_first`` of its week or month.

    The first order of a period ``is_returning`` where the customer also ordered in the period just before.

    Args:
        orders: with ``first_day`` and ``previous_day``, the local days of the first order and of the one before.
    """
    since = age(unit, "previous_day")
    return orders.with_columns(
        offset=age(unit, "first_day").clip(upper_bound=LAST_AGE[unit] + 1).cast(pl.Int64),
        is_first=since.fill_null(1) > 0,
        is_returning=(since == 1).fill_null(value=False),
    )


def age(unit: str, since: str) -> pl.Expr:
    """Calendar days, weeks or months from an earlier local day to ``day``."""
    if unit == "day":
        return (pl.col("day") - pl.col(since)).dt.total_days()
    if unit == "week":
        monday, first = (pl.col(name).dt.truncate("1w") for name in ("day", since))
        return (monday - first).dt.total_days() // 7
    years = pl.col("day").dt.year() - pl.col(since).dt.year()
    return years * 12 + (pl.col("day").dt.month().cast(pl.Int32) - pl.col(since).dt.month().cast(pl.Int32))
