"""The ten funnel reports for the whole shop alone, written directly in Polars over the lake's files.

What a good analyst would write who needs only today's numbers: no facts, no dimensions, no checks. What several
reports share is computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

HISTORY_DAYS = 400


@dataclass(frozen=True, slots=True)
class World:
    """What the queries read, and for which day."""

    sessions: pl.LazyFrame
    customers: pl.LazyFrame
    lines: pl.LazyFrame
    day: date
    start: date
    zone: str
    steps: tuple[str, ...]
    milestones: tuple[str, ...]
    history_days: int = HISTORY_DAYS

    def local(self, instant: str | pl.Expr) -> pl.Expr:
        column = pl.col(instant) if isinstance(instant, str) else instant
        return column.dt.convert_time_zone(self.zone)

    @property
    def days(self) -> int:
        return (self.day - self.start).days + 1

    def periods(self, every: str) -> pl.LazyFrame:
        """All periods up to the day, with ``is_partial``; of days the last ``history_days``."""
        calendar = pl.LazyFrame({"at": pl.date_range(self.start, self.day, eager=True)})
        grid = calendar.group_by(date=pl.col("at").dt.truncate(every)).agg()
        if every == "1d":
            grid = grid.filter(pl.col("date") > self.day - timedelta(days=self.history_days))
        ends = pl.col("date").dt.offset_by(every)
        return grid.with_columns(is_partial=(pl.col("date") < self.start) | (ends > self.day + timedelta(days=1)))


def funnels(world: World) -> dict[str, pl.DataFrame]:
    """All ten reports by name."""
    names = ("session_start", *world.steps, "purchase")
    shared = [_session_hours(world), _milestones(world), _session_conversion(world, names)]
    hours, instants, conversion = (frame.lazy() for frame in pl.collect_all(shared, engine="streaming"))
    periods = {"daily": "1d", "weekly": "1w", "monthly": "1mo"}
    reports = {f"{word}_funnel": _funnel(world, hours, names, every) for word, every in periods.items()}
    reports["hourly_funnel"] = _hourly_funnel(world, hours, names)
    reports |= {f"{word}_funnel_downloads": _downloads(world, instants, every) for word, every in periods.items()}
    reports["hourly_funnel_downloads"] = _hourly_downloads(world, instants)
    reports["session_funnel_conversion"] = conversion
    reports["customer_funnel_conversion"] = _customer_conversion(world, instants)
    return collected(reports)


def collected(reports: dict[str, pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """All reports from one plan."""
    return dict(zip(reports, pl.collect_all(list(reports.values()), engine="streaming"), strict=True))


def _session_hours(world: World) -> pl.LazyFrame:
    """Sessions of each step by local day and hour: small, and all that the session funnels need."""
    carried = [pl.col(f"actions.{step}").sum().cast(pl.Int64).alias(step) for step in world.steps]
    local = world.local("session_start_date")
    return world.sessions.group_by("day", hour=local.dt.hour()).agg(
        pl.len().cast(pl.Int64).alias("session_start"), *carried, purchase=pl.col("has_purchased").sum().cast(pl.Int64)
    )


def _long(wide: pl.LazyFrame, key: str, names: tuple[str, ...], value: str) -> pl.LazyFrame:
    order = pl.Enum(names)
    long = wide.unpivot(names, index=[key], variable_name="step", value_name=value)
    return long.with_columns(step_index=pl.col("step").cast(order).to_physical().cast(pl.Int64)).sort(key, "step_index")


def _funnel(world: World, hours: pl.LazyFrame, names: tuple[str, ...], every: str) -> pl.LazyFrame:
    counts = hours.group_by(date=pl.col("day").dt.truncate(every)).agg(pl.col(names).sum())
    grid = world.periods(every)
    wide = grid.join(counts, on="date", how="left").with_columns(pl.col(names).fill_null(0))
    long = _long(wide, "date", names, "sessions").join(grid, on="date", how="left")
    first, before = pl.col("sessions").first().over("date"), pl.col("sessions").shift(1).over("date")
    return long.with_columns(
        share_of_sessions=_share(pl.col("sessions"), first),
        share_of_previous=pl.when(pl.col("step_index") > 0).then(_share(pl.col("sessions"), before)),
    ).sort("date", "step_index")


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole)


def _hourly_funnel(world: World, hours: pl.LazyFrame, names: tuple[str, ...]) -> pl.LazyFrame:
    counts = hours.group_by(pl.col("hour").cast(pl.Int64)).agg(pl.col(names).sum())
    grid = pl.LazyFrame({"hour": pl.int_range(0, 24, eager=True)})
    wide = grid.join(counts, on="hour", how="left").with_columns(pl.col(names).fill_null(0) / world.days)
    return _long(wide, "hour", names, "mean_sessions").with_columns(days=pl.lit(world.days))


def _milestones(world: World) -> pl.LazyFrame:
    """Per client the instant of each milestone; the download is the first session for a client without a row."""
    purchase = pl.col("session_start_date").filter("has_purchased").min()
    firsts = world.sessions.group_by("client").agg(
        first_session=pl.col("session_start_date").min(), first_purchase=purchase
    )
    own = {name: f"action_times.{name}" for name in world.milestones}
    rows = world.customers.select("client", download="download_date", signup="signup_date", **own)
    joined = rows.join(firsts, on="client", how="full", coalesce=True)
    return joined.with_columns(pl.coalesce("download", "first_session").alias("download"))


def _milestone_names(world: World) -> tuple[str, ...]:
    return ("download", "signup", *world.milestones, "first_session", "first_purchase")


def _downloads(world: World, instants: pl.LazyFrame, every: str) -> pl.LazyFrame:
    names = _milestone_names(world)
    grid = world.periods(every)
    wide = grid
    for name in names:
        period = world.local(name).dt.date().dt.truncate(every)
        in_time = world.local(name).dt.date() >= world.start
        counts = instants.filter(in_time).group_by(date=period).agg(pl.len().cast(pl.Int64).alias(name))
        wide = wide.join(counts, on="date", how="left")
    wide = wide.with_columns(pl.col(names).fill_null(0))
    return _long(wide, "date", names, "customers").join(grid, on="date", how="left").sort("date", "step_index")


def _hourly_downloads(world: World, instants: pl.LazyFrame) -> pl.LazyFrame:
    names = _milestone_names(world)
    wide = pl.LazyFrame({"hour": pl.int_range(0, 24, eager=True)})
    for name in names:
        inside = world.local(name).dt.date().is_between(world.start, world.day)
        hour = world.local(name).dt.hour().cast(pl.Int64)
        wide = wide.join(instants.filter(inside).group_by(hour=hour).agg(pl.len().alias(name)), on="hour", how="left")
    wide = wide.with_columns(pl.col(names).fill_null(0) / world.days)
    return _long(wide, "hour", names, "mean_customers").with_columns(days=pl.lit(world.days))


def _session_conversion(world: World, names: tuple[str, ...]) -> pl.LazyFrame:
    carries = [pl.lit(value=True), *(pl.col(f"actions.{step}") for step in world.steps), pl.col("has_purchased")]
    times = [pl.col("session_start_date"), *(pl.col(f"action_times.{step}") for step in world.steps)]
    sums: list[pl.Expr] = []
    for index, name in enumerate(names):
        closed = pl.all_horizontal(carries[: index + 1])
        sums += [carries[index].sum().alias(f"open {name}") if index else pl.len().alias(f"open {name}")]
        sums += [closed.sum().alias(f"closed {name}") if index else pl.len().alias(f"closed {name}")]
        if 0 < index < len(times):
            minutes = (times[index] - times[index - 1]).dt.total_microseconds() / 60e6
            both = carries[index] & carries[index - 1] & minutes.is_not_null()
            sums.append(minutes.filter(both).median().alias(f"minutes {name}"))
    wide = world.sessions.select(sums)
    rows = [
        wide.select(
            step=pl.lit(name),
            step_index=pl.lit(index, pl.Int64),
            sessions_open=pl.col(f"open {name}").cast(pl.Int64),
            sessions_closed=pl.col(f"closed {name}").cast(pl.Int64),
            conversion_from_start=_share(pl.col(f"closed {name}"), pl.col(f"closed {names[0]}")),
            conversion_from_previous=_share(pl.col(f"closed {name}"), pl.col(f"closed {names[index - 1]}"))
            if index
            else pl.lit(None, pl.Float64),
            median_minutes_from_previous=pl.col(f"minutes {name}")
            if 0 < index < len(times)
            else pl.lit(None, pl.Float64),
        )
        for index, name in enumerate(names)
    ]
    return pl.concat(rows)


def _customer_conversion(world: World, instants: pl.LazyFrame) -> pl.LazyFrame:
    names = _milestone_names(world)[1:]
    cohort = world.local("download").dt.date().dt.truncate("1w")
    started = instants.filter(world.local("download").dt.date() >= world.start)
    elapsed = [(pl.col(name) - pl.col("download")).alias(f"after {name}") for name in names]
    aggregates: list[pl.Expr] = [pl.len().cast(pl.Int64).alias("cohort_size")]
    for name in names:
        after = pl.col(f"after {name}")
        aggregates += [
            (after <= pl.duration(days=days)).sum().cast(pl.Int64).alias(f"{label} {name}")
            for days, label in ((7, "7d"), (30, "30d"))
        ]
        aggregates.append(after.count().cast(pl.Int64).alias(f"ever {name}"))
    wide = started.with_columns(cohort.alias("cohort"), *elapsed).group_by("cohort").agg(aggregates)
    grid = world.periods("1w").select(cohort="date")
    wide = grid.join(wide, on="cohort", how="left").with_columns(pl.exclude("cohort").fill_null(0))
    end = world.day + timedelta(days=1)
    rows = []
    for index, name in enumerate(names):
        columns: dict[str, pl.Expr] = {}
        for days in (7, 30):
            censored = (pl.col("cohort") + pl.duration(days=7 + days)).cast(pl.Date) > end
            columns[f"customers_{days}d"] = pl.when(~censored).then(pl.col(f"{days}d {name}"))
            columns[f"rate_{days}d"] = pl.when(~censored).then(_share(pl.col(f"{days}d {name}"), pl.col("cohort_size")))
            columns[f"is_censored_{days}d"] = censored
        columns["customers_ever"] = pl.col(f"ever {name}")
        columns["rate_ever"] = _share(pl.col(f"ever {name}"), pl.col("cohort_size"))
        rows.append(wide.select("cohort", "cohort_size", step=pl.lit(name), index=pl.lit(index), **columns))
    return pl.concat(rows).sort("cohort", "index").drop("index")
