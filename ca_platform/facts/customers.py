"""Facts that need every customer's past: numbers, first sessions and purchases, order sequence.

Pure functions of the sessions of some days and of the facts of all days before. Customers and slices (``main`` is 0,
then each dimension value in the order of its first session) are numbers here, so that joins stay cheap.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ca_platform.calendar import local_hour

PAIR = ("slice", "customer")
MAIN_SLICE = 0


def new_values(sessions: pl.LazyFrame, dimensions: Sequence[str], known: pl.LazyFrame) -> pl.LazyFrame:
    """Dimension values that have their first session: ``day``, ``slice``, ``dimension``, ``value``."""
    found = [
        sessions.group_by(value=f"dimensions.{name}")
        .agg(pl.col("day").min())
        .select("day", pl.lit(name).alias("dimension"), "value", order=pl.lit(n))
        for n, name in enumerate(dimensions)
    ]
    if not found:
        return known.limit(0).select("day", "slice", "dimension", "value")
    new = pl.concat(found).join(known, on=["dimension", "value"], how="anti", nulls_equal=True)
    return numbered(new, "slice", known, by=("day", "order", "value")).select("day", "slice", "dimension", "value")


def new_clients(sessions: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Clients that have their first session: ``day``, ``customer``, ``client``."""
    found = sessions.group_by("client").agg(pl.col("day").min())
    # The many known clients stream past the few of these days, not the reverse.
    old = known.join(found.select("client"), on="client", how="semi").select("client")
    new = found.join(old, on="client", how="anti")
    return numbered(new, "customer", known, by=("day", "client")).select("day", "customer", "client")


def numbered(new: pl.LazyFrame, name: str, known: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """New rows numbered after the known ones. ``slice`` 0 is main."""
    first = 1 if name == "slice" else 0
    last = known.select(last=pl.len().cast(pl.UInt32))
    rows = new.sort(by, nulls_last=False).with_row_index("index").join(last, how="cross")
    return rows.with_columns((pl.col("index") + pl.col("last") + first).cast(pl.UInt32).alias(name))


def visits(
    sessions: pl.LazyFrame, dimensions: Sequence[str], values: pl.LazyFrame, clients: pl.LazyFrame
) -> pl.LazyFrame:
    """Every session once for ``main`` and once for each dimension, with numbers in the place of names."""
    numbered = sessions.join(clients.select("client", "customer"), on="client", how="left")
    kept = ["day", "customer", "session_start_date", "place", "payment_amount", "discount_amount", "has_purchased"]
    frames = [numbered.select(pl.lit(MAIN_SLICE, pl.UInt32).alias("slice"), *kept)]
    for name in dimensions:
        own = values.filter(pl.col("dimension") == name).select("slice", pl.col("value").alias(f"dimensions.{name}"))
        coded = numbered.join(own, on=f"dimensions.{name}", how="left", nulls_equal=True)
        frames.append(coded.select("slice", *kept))
    return pl.concat(frames)


def firsts(visits: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """First visit of each customer in each slice that had none before: ``day``, ``slice``, ``customer``, ``at``."""
    found = visits.group_by(PAIR).agg(pl.col("day").min(), at=pl.col("session_start_date").min())
    old = known.join(found.select(PAIR), on=PAIR, how="semi").select(PAIR)
    return found.join(old, on=PAIR, how="anti").select("day", *PAIR, "at")


def new_customers(first_sessions: pl.LazyFrame, first_purchases: pl.LazyFrame, time_zone: str) -> pl.LazyFrame:
    """Per day, slice, local hour and milestone: customers who reached it for the first time."""
    steps = {"first_session": first_sessions, "first_purchase": first_purchases}
    hour = local_hour(pl.col("at"), time_zone).cast(pl.Int64)
    return pl.concat(
        rows.group_by("day", "slice", hour=hour)
        .agg(customers=pl.len().cast(pl.Int64))
        .select("day", "slice", pl.lit(name).alias("step"), "hour", "customers")
        for name, rows in steps.items()
    )


def customer_days(visits: pl.LazyFrame) -> pl.LazyFrame:
    """What each customer did on each day with a session, in the whole shop."""
    bought = pl.col("session_start_date").filter("has_purchased")
    return (
        visits.filter(pl.col("slice") == MAIN_SLICE)
        .group_by("day", "customer")
        .agg(
            sessions=pl.len().cast(pl.Int64),
            orders=pl.col("has_purchased").sum().cast(pl.Int64),
            revenue=pl.col("payment_amount").sum(),
            discount=pl.col("discount_amount").sum(),
            first_order=bought.min(),
            last_order=bought.max(),
        )
    )
