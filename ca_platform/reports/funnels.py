"""How sessions advance from step to step.

Steps are session_start, the declared actions in their order, and purchase. The hour and the day of a session are those
of its start, for every step. All inputs hold the days up to the report day, by ``slice``.
"""

from __future__ import annotations

import polars as pl

from ca_platform.reports.periods import Calendar, Every, by_step, hours, period, share, spread


def sessions_by_period(
    steps: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...], every: Every
) -> pl.LazyFrame:
    """Sessions of each period that carry the step, quiet periods included.

    Args:
        steps: ``slice``, ``day`` and a count for each step.
    """
    counts = steps.group_by("slice", date=period(every)).agg(pl.col(names).sum())
    wide = spread(slices.join(calendar.periods(every), how="cross"), counts, ["slice", "date"], list(names))
    shares = []
    for index, name in enumerate(names):
        previous = share(pl.col(name), pl.col(names[index - 1])) if index else pl.lit(None, pl.Float64)
        row = {
            "step": pl.lit(name),
            "step_index": pl.lit(index, pl.Int64),
            "sessions": pl.col(name),
            "share_of_sessions": share(pl.col(name), pl.col(names[0])),
            "share_of_previous": previous,
        }
        shares.append(wide.select("slice", "date", "is_partial", **row))
    return pl.concat(shares)


def sessions_by_hour(
    steps: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...]
) -> pl.LazyFrame:
    """Sessions of each step in each local hour of the day, a mean over all calendar days.

    Args:
        steps: ``slice``, ``hour`` and a count for each step.
    """
    counts = steps.group_by("slice", "hour").agg(pl.col(names).sum())
    wide = spread(slices.join(hours(), how="cross"), counts, ["slice", "hour"], list(names))
    means = wide.with_columns(pl.col(names).cast(pl.Float64) / calendar.days)
    return by_step(means, ["slice", "hour"], names, "mean_sessions").with_columns(days=pl.lit(calendar.days, pl.Int64))


def session_conversion(
    steps: pl.LazyFrame, times: pl.LazyFrame, slices: pl.LazyFrame, names: tuple[str, ...]
) -> pl.LazyFrame:
    """Conversion over all sessions: open counts carry the step, closed ones every earlier step too.

    Args:
        steps: ``slice``, a count for each step, and ``closed.NAME`` for each but the first.
        times: ``slice``, ``step``, ``microseconds`` since the step before, ``sessions``.
    """
    closed = {names[0]: names[0]} | {name: f"closed.{name}" for name in names[1:]}
    columns = list(dict.fromkeys([*names, *closed.values()]))
    totals = spread(slices, steps.group_by("slice").agg(pl.col(columns).sum()), ["slice"], columns)
    rows = [
        totals.select(
            "slice",
            step=pl.lit(name),
            step_index=pl.lit(index, pl.Int64),
            sessions_open=pl.col(name),
            sessions_closed=pl.col(closed[name]),
            conversion_from_start=share(pl.col(closed[name]), pl.col(names[0])),
            conversion_from_previous=share(pl.col(closed[name]), pl.col(closed[names[index - 1]]))
            if index
            else pl.lit(None, pl.Float64),
        )
        for index, name in enumerate(names)
    ]
    return pl.concat(rows).join(_median_minutes(times), on=["slice", "step"], how="left")


def _median_minutes(times: pl.LazyFrame) -> pl.LazyFrame:
    """Median of counted times; of an even number the mean of the middle two."""
    key = ["slice", "step"]
    counted = times.group_by(*key, "microseconds").agg(pl.col("sessions").sum()).sort(*key, "microseconds")
    up_to = pl.col("sessions").cum_sum()
    total = pl.col("sessions").sum()
    low = pl.col("microseconds").filter(up_to > (total - 1) // 2).first()
    high = pl.col("microseconds").filter(up_to > total // 2).first()
    minutes = (low + high).cast(pl.Float64) / 2 / 60e6
    return counted.group_by(key, maintain_order=True).agg(median_minutes_from_previous=minutes)
