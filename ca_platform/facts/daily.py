"""Facts that need the sessions of their own day alone: counts of steps, their times, amounts of orders.

Pure functions of sessions, for any number of days at once. Every fact holds ``main`` and each value of each dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from ca_platform.calendar import local_hour

SLICE = ("dimension", "value")


def by_slice(
    sessions: pl.LazyFrame, dimensions: Sequence[str], build: Callable[[pl.LazyFrame], pl.LazyFrame]
) -> pl.LazyFrame:
    """``build`` for the whole shop and for each dimension, one below the other.

    Args:
        build: gets the sessions with the columns ``dimension`` and ``value`` and must group by them.
    """
    main = sessions.with_columns(dimension=pl.lit("main"), value=pl.lit(None, pl.String))
    others = [sessions.with_columns(dimension=pl.lit(name), value=pl.col(f"dimensions.{name}")) for name in dimensions]
    return pl.concat([build(frame) for frame in (main, *others)])


def carries(actions: Sequence[str]) -> list[pl.Expr]:
    """For each step whether a session carries it: session_start, the actions, purchase."""
    return [pl.lit(value=True), *(pl.col(f"actions.{name}") for name in actions), pl.col("has_purchased")]


def session_steps(
    sessions: pl.LazyFrame, dimensions: Sequence[str], actions: Sequence[str], time_zone: str
) -> pl.LazyFrame:
    """Per day, slice and local hour of the start: sessions, those that carry each step, orders and their money.

    ``steps.NAME`` counts the sessions that carry the step, ``closed.NAME`` those that carry every earlier one too.
    """
    steps, carried = ("session_start", *actions, "purchase"), carries(actions)
    counts: dict[str, pl.Expr] = {f"steps.{name}": pl.col(f"actions.{name}").sum() for name in actions}
    counts |= {f"closed.{name}": pl.all_horizontal(carried[1 : n + 2]).sum() for n, name in enumerate(steps[1:])}

    def build(frame: pl.LazyFrame) -> pl.LazyFrame:
        hour = local_hour(pl.col("session_start_date"), time_zone).cast(pl.Int64)
        return frame.group_by("day", *SLICE, hour=hour).agg(
            sessions=pl.len().cast(pl.Int64),
            orders=pl.col("has_purchased").sum().cast(pl.Int64),
            revenue=pl.col("payment_amount").sum(),
            discount=pl.col("discount_amount").sum(),
            **{name: count.cast(pl.Int64) for name, count in counts.items()},
        )

    return by_slice(sessions, dimensions, build)


def step_times(sessions: pl.LazyFrame, dimensions: Sequence[str], actions: Sequence[str]) -> pl.LazyFrame:
    """Per day, slice and action: how many sessions took how long since the step before.

    Over sessions that carry both steps and have an instant for both; session_start always has one.
    """
    carried = carries(actions)
    instants = [pl.col("session_start_date"), *(pl.col(f"action_times.{name}") for name in actions)]

    def build(frame: pl.LazyFrame) -> pl.LazyFrame:
        return pl.concat([_times(frame, name, n + 1) for n, name in enumerate(actions)])

    def _times(frame: pl.LazyFrame, name: str, index: int) -> pl.LazyFrame:
        time = (instants[index] - instants[index - 1]).dt.total_microseconds()
        both = carried[index] & carried[index - 1] & time.is_not_null()
        groups = frame.filter(both).group_by("day", *SLICE, microseconds=time).agg(sessions=pl.len().cast(pl.Int64))
        return groups.select("day", *SLICE, pl.lit(name).alias("step"), "microseconds", "sessions")

    if not actions:
        return sessions.limit(0).select(
            "day",
            *(pl.lit("").alias(name) for name in (*SLICE, "step")),
            *(pl.lit(0, pl.Int64).alias(name) for name in ("microseconds", "sessions")),
        )
    return by_slice(sessions, dimensions, build)


def order_amounts(sessions: pl.LazyFrame, dimensions: Sequence[str]) -> pl.LazyFrame:
    """Per day, slice and amount: how many orders."""
    orders = sessions.filter("has_purchased")

    def build(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.group_by("day", *SLICE, amount="payment_amount").agg(orders=pl.len().cast(pl.Int64))

    return by_slice(orders, dimensions, build)


def active_customers(sessions: pl.LazyFrame, dimensions: Sequence[str]) -> pl.LazyFrame:
    """Per day, slice and activity (``session``, ``order``): customers by the days since they were last active.

    From this the distinct customers of any window of up to seven days follow without looking at customers again: each
    counts on the first active day of the window, the one whose gap reaches back before it.

    Args:
        sessions: also those of the six days before; rows of those days must be cut off by the caller.
    """
    activities = {"session": sessions, "order": sessions.filter("has_purchased")}
    return pl.concat(
        by_slice(rows, dimensions, _gaps).select("day", *SLICE, pl.lit(name).alias("activity"), "gap", "customers")
        for name, rows in activities.items()
    )


def _gaps(sessions: pl.LazyFrame) -> pl.LazyFrame:
    days = sessions.select(*SLICE, "client", "day").unique().sort("value", "client", "day")
    same = pl.col("value").eq_missing(pl.col("value").shift(1)) & (pl.col("client") == pl.col("client").shift(1))
    since = (pl.col("day") - pl.col("day").shift(1)).dt.total_days()
    gap = pl.when(same).then(since).otherwise(7).clip(upper_bound=7)
    return days.with_columns(gap=gap.fill_null(7)).group_by("day", *SLICE, "gap").agg(customers=pl.len().cast(pl.Int64))
