"""How customers advance from the download to their first purchase, by milestone.

As of a day, a customer with a row whose download lies on or before that day counts with that row; any other counts with
the first session as imputed download and no other milestone of the row. So a customer has up to two *spells*: an imputed
one that ends when the download comes, and the real one. A dimension value has its customers from their first session
with that value on; what the row says stays the customer's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import INSTANT, local_day, local_hour
from ca_platform.reports.periods import Calendar, Every, hours, period, share, spread

LIMITS = (7, 30)
SESSION_STEPS = ("first_session", "first_purchase")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The report days of a computation, from the first to the last of them."""

    first: date
    last: date
    time_zone: str


def spells(
    clients: pl.LazyFrame, sessions: pl.LazyFrame, rows: pl.LazyFrame, milestones: tuple[str, ...], days: Days
) -> pl.LazyFrame:
    """What is known of each customer: ``customer``, ``client``, ``since``, ``until``, ``download``, ``at.NAME``.

    In order of ``client``.

    Args:
        clients: ``day`` of the first session, ``customer``, ``client``.
        sessions: first session of each ``customer`` in the whole shop, ``at``.
        rows: the customers' snapshot: ``client``, ``download`` and ``at.NAME`` of the other milestones.
        milestones: those of the snapshot without the download.
    """
    # No name of a milestone has a dot, so columns named after them meet no other.
    instants = [f"at.{name}" for name in milestones]
    known = clients.join(sessions.select("customer", "at"), on="customer").select("day", "customer", "client", "at")
    everybody = known.join(
        rows.select("client", "download", *instants), on="client", how="full", coalesce=True
    ).with_columns(visible=local_day(pl.col("download"), days.time_zone))
    kept = ["customer", "client", "since", "until", "download", *instants]
    is_late = pl.col("visible").is_null() | (pl.col("visible") > pl.col("day"))
    imputed = everybody.filter(pl.col("customer").is_not_null() & is_late).with_columns(
        pl.lit(None, INSTANT).alias(name) for name in instants
    )
    imputed = imputed.with_columns(
        since=pl.col("day"),
        download=pl.col("at"),
        until=pl.when(pl.col("visible") <= days.last).then(pl.col("visible") - _ONE_DAY),
    )
    real = everybody.filter(pl.col("visible") <= days.last).with_columns(
        since=pl.col("visible"), until=pl.lit(None, pl.Date)
    )
    is_over = pl.col("until").is_not_null() & (pl.col("until") < days.first)
    return pl.concat([imputed.filter(~is_over).select(kept), real.select(kept)]).sort("client")


def valid_on(day: date, since: str = "since") -> pl.Expr:
    """Whether a row counts at the end of a day: from ``since`` on, up to and with ``until`` where there is one."""
    return (pl.col(since) <= day) & (pl.col("until").is_null() | (pl.col("until") >= day))


def profiles(spells: pl.LazyFrame, milestones: tuple[str, ...], days: Days) -> pl.LazyFrame:
    """Spells with what reports count: ``day.NAME``, ``hour.NAME``, and ``7.NAME``, ``30.NAME``: how soon it came."""
    columns: list[pl.Expr] = []
    for name in ("download", *milestones):
        at = pl.col("download" if name == "download" else f"at.{name}")
        columns += [
            local_day(at, days.time_zone).alias(f"day.{name}"),
            local_hour(at, days.time_zone).cast(pl.Int8).alias(f"hour.{name}"),
        ]
        columns += [(at - pl.col("download") <= timedelta(days=n)).alias(f"{n}.{name}") for n in LIMITS]
    return spells.select("customer", "since", "until", "download", *columns).with_columns(
        cohort=period("1w", "day.download")
    )


def members(profiles: pl.LazyFrame, first_sessions: pl.LazyFrame) -> pl.LazyFrame:
    """Profiles by slice: ``since`` is the day from which the customer counts there as this spell says.

    Args:
        first_sessions: ``day``, ``slice``, ``customer`` of each dimension value.
    """
    here = profiles.with_columns(slice=pl.lit(0, pl.UInt32))
    there = first_sessions.filter(pl.col("slice") > 0).select("slice", "customer", "day")
    joined = there.join(profiles, on="customer").with_columns(since=pl.max_horizontal("day", "since")).drop("day")
    return pl.concat([here, joined.select(here.collect_schema().names())])


def counted(events: pl.LazyFrame, key: list[str], counts: dict[str, pl.Expr], days: Days) -> pl.LazyFrame:
    """Sums of events by key and by the report day from which on they count; what ends is taken back.

    Args:
        events: ``since``, the first day that knows of the event, and ``until``, the last, or null.
        counts: number by name for one event.
    """
    real = events.filter(pl.col("until").is_null() | (pl.col("since") <= pl.col("until")))
    begins = real.filter(pl.col("since") <= days.last).select(
        pl.max_horizontal("since", pl.lit(days.first)).alias("day"), *key, **counts
    )
    if days.first == days.last:
        return begins.group_by("day", *key).agg(pl.col(counts.keys()).sum())
    ends = real.filter(pl.col("until") < days.last).select(
        (pl.col("until") + _ONE_DAY).alias("day"), *key, **{name: -count for name, count in counts.items()}
    )
    return pl.concat([begins, ends]).group_by("day", *key).agg(pl.col(counts.keys()).sum())


def occurrences(members: pl.LazyFrame, name: str, unit: str, days: Days, start: date) -> pl.LazyFrame:
    """Customers by slice and ``day`` or ``hour`` (``unit``) of a milestone that lies on or after ``start``."""
    events = occurring(members, name, start).select("slice", "until", "since", at=f"{unit}.{name}")
    summed = counted(events, ["slice", "at"], {"customers": pl.lit(1, pl.Int64)}, days)
    column = pl.col("at").cast(pl.Date if unit == "day" else pl.Int64).alias("date" if unit == "day" else "hour")
    return summed.select("day", "slice", pl.lit(name).alias("step"), column, "customers")


def occurring(members: pl.LazyFrame, name: str, start: date) -> pl.LazyFrame:
    """The members whose milestone lies on or after ``start``; ``since`` is the day from which on that is known."""
    return members.filter(pl.col(f"day.{name}") >= start).with_columns(since=pl.max_horizontal("since", f"day.{name}"))


def cohort_sizes(members: pl.LazyFrame, days: Days, start: date) -> pl.LazyFrame:
    """Customers by slice and download week."""
    events = downloads(members, start).select("slice", "cohort", "since", "until")
    return counted(events, ["slice", "cohort"], {"customers": pl.lit(1, pl.Int64)}, days)


def downloads(members: pl.LazyFrame, start: date) -> pl.LazyFrame:
    """The members whose download belongs to a period: it is not before the start."""
    return members.filter(pl.col("day.download") >= start)


def cohort_milestones(members: pl.LazyFrame, name: str, days: Days, start: date) -> pl.LazyFrame:
    """Customers by slice and download week who reached a milestone of the snapshot, and how soon."""
    return _reached(milestone_events(members, name, start), name, days)


def milestone_events(members: pl.LazyFrame, name: str, start: date) -> pl.LazyFrame:
    """Each of them: ``slice``, ``customer``, ``cohort``, known from ``since`` to ``until``, whether ``within_N``."""
    return (
        downloads(members, start)
        .filter(pl.col(f"day.{name}").is_not_null())
        .select(
            "slice",
            "customer",
            "cohort",
            "until",
            since=pl.max_horizontal("since", f"day.{name}"),
            **{f"within_{n}": pl.col(f"{n}.{name}") for n in LIMITS},
        )
    )


def cohort_firsts(profiles: pl.LazyFrame, firsts: pl.LazyFrame, name: str, days: Days, start: date) -> pl.LazyFrame:
    """The same for a first session or purchase within each slice.

    Args:
        firsts: ``day``, ``slice``, ``customer``, ``at``.
    """
    return _reached(first_events(profiles, firsts, start), name, days)


def first_events(profiles: pl.LazyFrame, firsts: pl.LazyFrame, start: date) -> pl.LazyFrame:
    """Each of them, as of ``milestone_events``."""
    after = pl.col("at") - pl.col("download")
    known = downloads(profiles, start).select("customer", "since", "until", "download", "cohort")
    return firsts.join(known, on="customer").select(
        "slice",
        "customer",
        "cohort",
        "until",
        since=pl.max_horizontal("day", "since"),
        **{f"within_{n}": after <= timedelta(days=n) for n in LIMITS},
    )


def _reached(events: pl.LazyFrame, name: str, days: Days) -> pl.LazyFrame:
    counts = {f"within_{n}": pl.col(f"within_{n}").cast(pl.Int64) for n in LIMITS}
    summed = counted(events, ["slice", "cohort"], {**counts, "ever": pl.lit(1, pl.Int64)}, days)
    return summed.select("day", "slice", "cohort", pl.lit(name).alias("step"), *counts, "ever")


def by_name(rows: pl.LazyFrame, key: list[str], names: tuple[str, ...]) -> pl.LazyFrame:
    """One column ``customers.NAME`` for each milestone in the place of one row."""
    counts = {_of(name): pl.col("customers").filter(pl.col("step") == name).sum() for name in names}
    return rows.group_by(key).agg(**counts)


def _of(name: str) -> str:
    return f"customers.{name}"


def customers_by_period(
    dates: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...], every: Every
) -> pl.LazyFrame:
    """Customers whose milestone lies in the period, quiet periods included.

    Args:
        dates: ``slice``, ``date``, and a count ``customers.NAME`` for each milestone.
    """
    columns = [_of(name) for name in names]
    counts = dates.group_by("slice", date=period(every, "date")).agg(pl.col(columns).sum())
    wide = spread(slices.join(calendar.periods(every), how="cross"), counts, ["slice", "date"], columns)
    rows = [
        wide.select("slice", "date", "is_partial", *_step(index, name), customers=_of(name))
        for index, name in enumerate(names)
    ]
    return pl.concat(rows)


def customers_by_hour(
    moments: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...]
) -> pl.LazyFrame:
    """Customers by the local hour of the milestone's own instant, a mean over all calendar days.

    Args:
        moments: ``slice``, ``hour``, and a count ``customers.NAME`` for each milestone.
    """
    columns = [_of(name) for name in names]
    counts = moments.group_by("slice", "hour").agg(pl.col(columns).sum())
    wide = spread(slices.join(hours(), how="cross"), counts, ["slice", "hour"], columns)
    days = pl.lit(calendar.days, pl.Int64).alias("days")
    rows = [
        wide.select(
            "slice",
            "hour",
            *_step(index, name),
            days,
            mean_customers=pl.col(_of(name)).cast(pl.Float64) / calendar.days,
        )
        for index, name in enumerate(names)
    ]
    return pl.concat(rows)


def _step(index: int, name: str) -> list[pl.Expr]:
    return [pl.lit(name).alias("step"), pl.lit(index, pl.Int64).alias("step_index")]


def customer_conversion(
    sizes: pl.LazyFrame, reached: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, names: tuple[str, ...]
) -> pl.LazyFrame:
    """The customers of each download week, followed to each later milestone; elapsed time, censored where it runs.

    Args:
        sizes: ``slice``, ``cohort``, ``customers``.
        reached: ``slice``, ``cohort``, ``step``, ``within_7``, ``within_30``, ``ever``.
        names: all milestones, the download first.
    """
    weeks = slices.join(calendar.cohorts(LIMITS), how="cross")
    size = sizes.group_by("slice", "cohort").agg(cohort_size=pl.col("customers").sum())
    cohorts = spread(weeks, size, ["slice", "cohort"], ["cohort_size"])
    measures = [*(f"within_{n}" for n in LIMITS), "ever"]
    counts = reached.group_by("slice", "cohort", "step").agg(pl.col(measures).sum())
    later = pl.LazyFrame(
        {"step": names[1:], "step_index": range(1, len(names))}, schema_overrides={"step_index": pl.Int64}
    )
    grid = cohorts.join(later, how="cross")
    rows = spread(grid, counts, ["slice", "cohort", "step"], measures)
    columns = {"customers_ever": pl.col("ever"), "rate_ever": share(pl.col("ever"), pl.col("cohort_size"))}
    for n in LIMITS:
        inside = pl.when(~pl.col(f"is_censored_{n}d")).then(pl.col(f"within_{n}"))
        columns |= {f"customers_{n}d": inside, f"rate_{n}d": share(inside, pl.col("cohort_size"))}
    return rows.with_columns(**columns)
