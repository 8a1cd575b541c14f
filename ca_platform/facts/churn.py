"""From when on a silent customer is churned, and who is: the one definition that facts and reports share.

A customer with an order is churned at an instant when the last order is more than a threshold before it. Everything is
compared in whole microseconds, so that a customer who is silent for exactly the threshold is not churned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal

import polars as pl

from ca_platform.calendar import start_of_day

MICROSECONDS_PER_DAY = 86_400_000_000
_INT = pl.Int128()


@dataclass(frozen=True, slots=True)
class ChurnRule:
    """How the threshold is found.

    Attributes:
        method: ``global``: the mean over all gaps between consecutive orders; ``customer``: the customer's own mean gap
            times ``factor``, of one-time buyers the global one as it is; ``fixed``: ``days``.
    """

    method: Literal["global", "customer", "fixed"] = "global"
    factor: float = 2.0
    days: float = 90.0


def buyers(orders: pl.LazyFrame, **more: pl.Expr) -> pl.LazyFrame:
    """Customers with an order by slice: how many orders (``number``), the ``first`` and the ``last``.

    Args:
        orders: ``customer_orders``.
        more: values of an order by name; of each customer the largest.
    """
    # One key in the place of two: twice as fast.
    pair = pl.col("slice").cast(pl.UInt64) * 2**32 + pl.col("customer")
    found = (
        orders.select("number", "at", pair=pair, **more)
        .group_by("pair")
        .agg(pl.col("number", *more).max(), first=pl.col("at").min(), last=pl.col("at").max())
    )
    return found.select(
        slice=(pl.col("pair") // 2**32).cast(pl.UInt32),
        customer=(pl.col("pair") % 2**32).cast(pl.UInt32),
        **{name: pl.col(name) for name in ("number", "first", "last", *more)},
    )


def judged(buyers: pl.LazyFrame, at: datetime, rule: ChurnRule) -> pl.LazyFrame:
    """Buyers up to an instant with ``is_churned`` and their ``limit`` in microseconds; null without a threshold.

    Args:
        buyers: ``slice``, ``number``, ``first``, ``last`` and any other columns; null for those who are none yet.
        at: the end of what ``buyers`` know.
    """
    span = (pl.col("last") - pl.col("first")).dt.total_microseconds().cast(_INT)
    gaps = pl.col("number").cast(_INT) - 1
    if rule.method == "fixed":
        rows = buyers.with_columns(limit=pl.lit(int(_exact(rule.days) * MICROSECONDS_PER_DAY), _INT))
    else:
        # A whole number is above a fraction exactly when it is above its floor.
        overall = buyers.group_by("slice").agg(limit=_floor(span.sum(), gaps.sum()))
        rows = buyers.join(overall, on="slice", how="left")
    if rule.method == "customer":
        factor = _exact(rule.factor)
        own = _floor(span * factor.numerator, gaps * factor.denominator)
        rows = rows.with_columns(limit=pl.coalesce(own, "limit"))
    silent = (pl.lit(at) - pl.col("last")).dt.total_microseconds().cast(_INT)
    return rows.with_columns(is_churned=silent > pl.col("limit"))


def counted(judged: pl.LazyFrame) -> pl.LazyFrame:
    """Per slice: ``customers``, ``churned`` and the mean ``threshold_days``; the latter two null without a threshold."""
    has_threshold = pl.col("limit").is_not_null().all()
    return judged.group_by("slice").agg(
        customers=pl.len().cast(pl.Int64),
        churned=pl.when(has_threshold).then(pl.col("is_churned").sum()).cast(pl.Int64),
        # In whole microseconds, so that the mean does not follow the order of the rows.
        threshold_days=pl.when(has_threshold).then(pl.col("limit").sum().cast(pl.Float64))
        / pl.len()
        / MICROSECONDS_PER_DAY,
    )


def churn_week(orders: pl.LazyFrame, sunday: date, start: date, time_zone: str, rule: ChurnRule) -> pl.LazyFrame:
    """Churn at the end of a Sunday, compared with a week before: one row for each slice with an order.

    Args:
        orders: ``customer_orders`` up to the Sunday.
        start: first day of the shop. The first Monday after it has no Monday before.
    """
    rows = judged_week(orders, sunday, time_zone, rule)
    before = sunday - timedelta(days=7)
    had_threshold = pl.lit(before >= start) if rule.method == "fixed" else pl.col("had_limit").any()
    changes = rows.group_by("slice").agg(
        newly_churned=pl.when(had_threshold).then(pl.col("is_new").sum()).cast(pl.Int64),
        reactivated=pl.when(had_threshold).then(pl.col("is_back").sum()).cast(pl.Int64),
    )
    counts = counted(rows).join(changes, on="slice")
    return counts.select(pl.lit(sunday, pl.Date).alias("day"), pl.all())


def judged_week(orders: pl.LazyFrame, sunday: date, time_zone: str, rule: ChurnRule) -> pl.LazyFrame:
    """Buyers up to a Sunday, judged at its end and a week before.

    Beside what ``judged`` says: who churned in the week (``is_new``), who came back (``is_back``), and whether the
    customer could be judged a week before (``had_limit``).

    Args:
        orders: ``customer_orders`` up to the Sunday.
    """
    before = sunday - timedelta(days=7)
    end, end_before = (start_of_day(day + timedelta(days=1), time_zone) for day in (sunday, before))
    was_there = pl.col("day") <= before
    found = buyers(
        orders,
        number_before=pl.when(was_there).then(pl.col("number")),
        last_before=pl.when(was_there).then(pl.col("at")),
    )
    now = judged(found, end, rule).rename({"is_churned": "is_churned_now", "limit": "limit_now"})
    # The same customers as they were known a week before: null for those who had no order yet.
    columns = {"number": "number_before", "first": "first", "last": "last_before"}
    then = judged(now.select("slice", "customer", "is_churned_now", "limit_now", **columns), end_before, rule)
    is_churned, was_churned = pl.col("is_churned_now"), pl.col("is_churned").fill_null(value=False)
    return then.select(
        "slice",
        "customer",
        is_churned="is_churned_now",
        limit="limit_now",
        is_new=is_churned & ~was_churned,
        is_back=was_churned & ~is_churned,
        had_limit=pl.col("is_churned").is_not_null(),
    )


def _floor(total: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Whole part of a quotient, null where there is nothing to divide by."""
    return total // pl.when(count > 0).then(count)


def _exact(number: float) -> Fraction:
    """The number as it was written in the settings."""
    return Fraction(str(number))
