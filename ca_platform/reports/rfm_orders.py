"""What scores need of each customer's orders: last order, gaps, money, as known from one day on up to another.

Orders within an hour of another count once for gaps, at the instant of the first of them: a basket that was paid in two
parts says nothing about when a customer comes again. The hour runs from that first order.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from ca_platform.facts.churn import buyers

ONE_VISIT = 3_600_000_000
"""In microseconds."""
PAIR = ["slice", "customer"]
STATE = ("number", "first", "last", "visit", "visits", "revenue")
"""Orders; instants of the first, of the last, and of the first one of the last visit; visits; revenue."""

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def states(orders: pl.LazyFrame, first: date) -> pl.DataFrame:
    """What is known of each buyer (``STATE``) from each ``day`` on, up to ``until``, the day before the next order.

    Sorted by ``slice``, ``customer`` and ``day``. What was known before ``first`` is left out.

    Args:
        orders: ``customer_orders``.
    """
    repeats = close_orders(orders).lazy()
    rows = pl.concat([_known(orders, repeats, first), _later(orders, repeats, first)])
    rows = rows.sort(*PAIR, "day").collect(engine="streaming").lazy()
    is_next = pl.all_horizontal(pl.col(name).shift(-1) == pl.col(name) for name in PAIR)
    is_first = ~is_next.shift(1).fill_null(value=False)
    repeated = pl.col("repeats").cum_sum()
    before = pl.when(is_first).then(repeated - pl.col("repeats")).forward_fill()
    found = rows.select(
        *PAIR,
        "number",
        "last",
        "revenue",
        "day",
        first=pl.when(is_first).then("first").forward_fill(),
        visit="visit",
        visits=pl.col("number").cast(pl.Int64) - (repeated - before),
        until=pl.when(is_next).then(pl.col("day").shift(-1).dt.offset_by("-1d")),
    )
    return found.select(*PAIR, "day", "until", *STATE).collect()


_REPEATS = [pl.len().cast(pl.Int64).alias("repeats"), pl.col("at").max().alias("repeated"), pl.col("visit").max()]


def _known(orders: pl.LazyFrame, repeats: pl.LazyFrame, first: date) -> pl.LazyFrame:
    """The state of each buyer on the first day, with all repeats up to it."""
    is_known = pl.col("day") <= first
    whole = buyers(orders.filter(is_known), revenue=pl.col("revenue"))
    own = repeats.filter(is_known).group_by(PAIR).agg(_REPEATS)
    return _with_visit(whole.join(own, on=PAIR, how="left").with_columns(day=pl.lit(first, pl.Date)))


def _later(orders: pl.LazyFrame, repeats: pl.LazyFrame, first: date) -> pl.LazyFrame:
    """What each later day with an order says of a buyer; ``repeats`` are those of the day."""
    key, is_later = [*PAIR, "day"], pl.col("day") > first
    whole = orders.filter(is_later).group_by(key)
    days = whole.agg(pl.col("number", "revenue").max(), first=pl.col("at").min(), last=pl.col("at").max())
    own = repeats.filter(is_later).group_by(key).agg(_REPEATS)
    return _with_visit(days.join(own, on=key, how="left"))


def _with_visit(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The last visit began with the last order, unless that one is a repeat."""
    is_repeat = (pl.col("repeated") == pl.col("last")).fill_null(value=False)
    return rows.select(
        *PAIR,
        "day",
        "number",
        "revenue",
        "first",
        "last",
        visit=pl.when(is_repeat).then("visit").otherwise("last"),
        repeats=pl.col("repeats").fill_null(0),
    )


def close_orders(orders: pl.LazyFrame) -> pl.DataFrame:
    """Orders within an hour of the first one of their visit: ``slice``, ``customer``, ``day``, ``at``, ``visit``.

    ``visit`` is the instant of that first one. Few orders follow another within an hour, and only these can.
    """
    gap = (pl.col("at") - pl.col("previous_at")).dt.total_microseconds()
    near = orders.filter(gap <= ONE_VISIT).select(*PAIR, "number", "day", "at", "previous_at")
    rows = near.sort(*PAIR, "number").collect(engine="streaming")
    follows = rows.select(
        pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in PAIR)
        & (pl.col("number") == pl.col("number").shift(1) + 1)
    )
    at, previous = (rows[name].to_physical().to_numpy() for name in ("at", "previous_at"))
    begun, is_repeat = begins(at, previous, follows.to_series().fill_null(value=False).to_numpy())
    visits = pl.Series("visit", begun).cast(rows.schema["at"])
    return rows.select(*PAIR, "day", "at", visits).filter(pl.Series(is_repeat))


def begins(at: Ints, previous: Ints, follows: Flags) -> tuple[Ints, Flags]:
    """When the visit of each order began, in microseconds, and whether the order belongs to one that began before it.

    Place by place in each chain of orders that are near the one before: an order within an hour of the first of the
    visit belongs to it, any other begins the next one.

    Args:
        at, previous: instants of the order and of the one before.
        follows: whether the row before is that one; else it is near no other and began a visit itself.

    >>> minute = 60_000_000
    >>> begun, _ = begins(np.array([50, 70, 80]) * minute, np.array([0, 50, 70]) * minute, np.array([0, 1, 1], bool))
    >>> begun // minute
    array([ 0, 70, 70])
    """
    place = np.arange(len(at))
    place -= np.maximum.accumulate(np.where(follows, 0, place)) if len(at) else place
    begun, is_repeat = at.copy(), np.zeros(len(at), np.bool_)
    for rows in np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1]):
        base = np.where(follows[rows], begun[rows - 1], previous[rows])
        is_repeat[rows] = at[rows] - base <= ONE_VISIT
        begun[rows] = np.where(is_repeat[rows], base, at[rows])
    return begun, is_repeat
