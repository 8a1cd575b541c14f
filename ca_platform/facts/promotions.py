"""Facts of promotions: orders that carry one by day and hour, and who used which for the first time.

Pure functions. A promotion_id on a session without purchase says nothing; null and empty alike stand for no promotion.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from ca_platform.calendar import local_hour
from ca_platform.facts.customers import PAIR
from ca_platform.facts.daily import SLICE, by_slice

# A further order so soon after the first with a promotion counts as a repeat.
REPEAT_WITHIN = timedelta(days=30)
_PROMOTION = "promotion_id"


def promotion(column: str = _PROMOTION) -> pl.Expr:
    """The promotion of a row, null where there is none."""
    return pl.col(column).replace("", None)


def promotion_orders(sessions: pl.LazyFrame, dimensions: Sequence[str], time_zone: str) -> pl.LazyFrame:
    """Per day, slice, promotion (null: none) and local hour of the start: orders, revenue, discount."""
    orders = sessions.filter("has_purchased").with_columns(promotion())

    def build(frame: pl.LazyFrame) -> pl.LazyFrame:
        hour = local_hour(pl.col("session_start_date"), time_zone).cast(pl.Int64)
        return frame.group_by("day", *SLICE, _PROMOTION, hour=hour).agg(
            orders=pl.len().cast(pl.Int64),
            revenue=pl.col("payment_amount").sum(),
            discount=pl.col("discount_amount").sum(),
        )

    return by_slice(orders, dimensions, build)


def promoted(orders: pl.LazyFrame, promotions: pl.LazyFrame) -> pl.LazyFrame:
    """Orders in their sequence that carry a promotion, with its id.

    Args:
        orders: ``slice``, ``customer``, ``number``, ``day``, ``at``, ``place``, ``amount``.
        promotions: ``promotion_id`` by ``place`` of the session.
    """
    named = promotions.select("place", promotion()).filter(pl.col(_PROMOTION).is_not_null())
    return orders.join(named, on="place").select("day", *PAIR, _PROMOTION, "number", "at", "amount")


def promotion_spending(promoted: pl.LazyFrame) -> pl.LazyFrame:
    """Per day, slice, customer and promotion: orders that carry it, and what was paid for them."""
    return promoted.group_by("day", *PAIR, _PROMOTION).agg(
        orders=pl.len().cast(pl.Int64), amount=pl.col("amount").sum()
    )


def promotion_firsts(promoted: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """First orders with a promotion of those who had none with it before.

    Args:
        known: the same of all days before.
    """
    key = [*PAIR, _PROMOTION]
    # All grow with every order of a customer.
    found = promoted.group_by(key).agg(pl.col("day", "number", "at").min())
    old = known.join(found.select(key), on=key, how="semi").select(key)
    return found.join(old, on=key, how="anti").select("day", *key, "number", "at")


def promotion_customers(firsts: pl.LazyFrame, orders: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Per day, slice and promotion: customers who used it first, and those who came again.

    Args:
        firsts: ``promotion_firsts`` of these days.
        orders: all orders of these days in their sequence, whatever they carry.
        known: ``promotion_firsts`` of the days before.
    """
    again = came_again(orders, pl.concat([known, firsts], how="vertical_relaxed"))
    key = ["day", "slice", _PROMOTION]
    events = pl.concat(
        [
            firsts.select(*key, customers=pl.lit(1), new_customers=pl.col("number") == 1, repeat_customers=pl.lit(0)),
            again.select(*key, customers=pl.lit(0), new_customers=pl.lit(0), repeat_customers=pl.lit(1)),
        ],
        how="vertical_relaxed",
    )
    measures = pl.col("customers", "new_customers", "repeat_customers")
    return events.with_columns(measures.cast(pl.Int64)).group_by(key).agg(measures.sum())


def came_again(orders: pl.LazyFrame, first_uses: pl.LazyFrame) -> pl.LazyFrame:
    """The order after the first with a promotion, whatever it carries, where it came soon enough.

    Args:
        orders: in their sequence: ``day``, ``slice``, ``customer``, ``number``, ``at``.
        first_uses: ``promotion_firsts``.
    """
    after = first_uses.select(*PAIR, _PROMOTION, number=(pl.col("number") + 1).cast(pl.UInt32), first_at="at")
    return (
        orders.with_columns(pl.col("number").cast(pl.UInt32))
        .join(after, on=[*PAIR, "number"])
        .filter(pl.col("at") - pl.col("first_at") <= REPEAT_WITHIN)
    )
