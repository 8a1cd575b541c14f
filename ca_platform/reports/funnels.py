"""How sessions advance from step to step.

Steps are session_start, the declared actions in their order, and purchase. The hour and the day of a session are those
of its start, for every step. All inputs hold the days up to the report day, by ``slice``.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ca_platform.reports.periods import MINUTE, Calendar, Every, hours, in_units, period, share, spread
from ca_platform.sorting import at_rank


def sessions_by_period(
    steps: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...], every: Every
) -> pl.LazyFrame:
    """Sessions of each period that carry the step, quiet periods included.

    Args:
        steps: ``slice``, ``day`` and a count ``steps.NAME`` for each step.
    """
    columns = [_open(name) for name in names]
    counts = steps.group_by("slice", date=period(every)).agg(pl.col(columns).sum())
    wide = spread(slices.join(calendar.periods(every), how="cross"), counts, ["slice", "date"], columns)
    first = pl.col(columns[0])

    def row(index: int) -> dict[str, pl.Expr]:
        own = pl.col(columns[index])
        return {
            "sessions": own,
            "share_of_sessions": share(own, first),
            "share_of_previous": share(own, pl.col(columns[index - 1])) if index else pl.lit(None, pl.Float64),
        }

    return _by_step(wide, ["slice", "date", "is_partial"], names, row)


def sessions_by_hour(
    steps: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...]
) -> pl.LazyFrame:
    """Sessions of each step in each local hour of the day, a mean over all calendar days.

    Args:
        steps: ``slice``, ``hour`` and a count ``steps.NAME`` for each step.
    """
    columns = [_open(name) for name in names]
    counts = steps.group_by("slice", "hour").agg(pl.col(columns).sum())
    wide = spread(slices.join(hours(), how="cross"), counts, ["slice", "hour"], columns)
    return _by_step(
        wide,
        ["slice", "hour"],
        names,
        lambda index: {
            "mean_sessions": pl.col(columns[index]).cast(pl.Float64) / calendar.days,
            "days": pl.lit(calendar.days, pl.Int64),
        },
    )


def session_conversion(
    steps: pl.LazyFrame, times: pl.LazyFrame, slices: pl.LazyFrame, names: tuple[str, ...]
) -> pl.LazyFrame:
    """Conversion over all sessions: open counts carry the step, closed ones every earlier step too.

    Args:
        steps: ``slice``, a count ``steps.NAME`` for each step, and ``closed.NAME`` for each but the first.
        times: ``slice``, ``step``, ``microseconds`` since the step before, ``sessions``, in order of slice, step and
            time.
    """
    opened = [_open(name) for name in names]
    closed = [opened[0], *(f"closed.{name}" for name in names[1:])]
    columns = list(dict.fromkeys([*opened, *closed]))
    totals = spread(slices, steps.group_by("slice").agg(pl.col(columns).sum()), ["slice"], columns)

    def row(index: int) -> dict[str, pl.Expr]:
        own, previous = pl.col(closed[index]), pl.col(closed[index - 1])
        return {
            "sessions_open": pl.col(opened[index]),
            "sessions_closed": own,
            "conversion_from_start": share(own, pl.col(closed[0])),
            "conversion_from_previous": share(own, previous) if index else pl.lit(None, pl.Float64),
        }

    return _by_step(totals, ["slice"], names, row).join(_median_minutes(times, names), on=["slice", "step"], how="left")


def _open(name: str) -> str:
    """Column that counts the sessions with the step. No name of a step has a dot: it meets no other column."""
    return f"steps.{name}"


def _by_step(
    wide: pl.LazyFrame, key: list[str], names: tuple[str, ...], row: Callable[[int], dict[str, pl.Expr]]
) -> pl.LazyFrame:
    """One row for each step, with its name and ``step_index``."""
    return pl.concat(
        wide.select(*key, pl.lit(name).alias("step"), pl.lit(index, pl.Int64).alias("step_index"), **row(index))
        for index, name in enumerate(names)
    )


def _median_minutes(times: pl.LazyFrame, names: tuple[str, ...]) -> pl.LazyFrame:
    """Median of counted times; of an even number the mean of the middle two."""
    step = pl.col("step").cast(pl.Enum(names)).to_physical()
    # Groups of one sorted number are found many times faster than those of two columns.
    group = (pl.col("slice").cast(pl.Int64) * len(names) + step).set_sorted()
    total = pl.col("sessions").sum()
    low, high = (at_rank(pl.col("microseconds"), pl.col("sessions"), rank) for rank in ((total - 1) // 2, total // 2))
    medians = times.group_by(group.alias("group"), maintain_order=True).agg(
        pl.col("slice").first(),
        pl.col("step").first().cast(pl.String),
        median_minutes_from_previous=in_units(low + high, 2 * MINUTE),
    )
    return medians.drop("group")
