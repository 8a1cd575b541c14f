"""The ten funnel reports, by loops over sessions and customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median
from typing import Any

from ca_platform_tests.oracle.periods import NAMES, is_partial, periods
from ca_platform_tests.oracle.world import World, carries, midnight

Rows = list[dict[str, Any]]


def ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else float(part) / float(whole)


def funnel(world: World, grain: str) -> Rows:
    name = NAMES[grain]
    count: dict[tuple[date, str], int] = {}
    for session in world.sessions:
        for step in world.steps:
            if carries(session, step):
                key = (name(world.local_day(session.start)), step)
                count[key] = count.get(key, 0) + 1
    rows: Rows = []
    for period in periods(world, grain):
        sessions = [count.get((period, step), 0) for step in world.steps]
        for index, step in enumerate(world.steps):
            rows.append(
                {
                    "date": period,
                    "step": step,
                    "step_index": index,
                    "sessions": sessions[index],
                    "share_of_sessions": ratio(sessions[index], sessions[0]),
                    "share_of_previous": ratio(sessions[index], sessions[index - 1]) if index else None,
                    "is_partial": is_partial(world, grain, period),
                }
            )
    return rows


def hourly_funnel(world: World) -> Rows:
    rows: Rows = []
    for hour in range(24):
        inside = [s for s in world.sessions if world.local(s.start).hour == hour]
        for index, step in enumerate(world.steps):
            sessions = sum(carries(session, step) for session in inside)
            rows.append(
                {
                    "hour": hour,
                    "step": step,
                    "step_index": index,
                    "mean_sessions": sessions / len(world.days),
                    "days": len(world.days),
                }
            )
    return rows


def funnel_downloads(world: World, grain: str) -> Rows:
    name = NAMES[grain]
    count = Counter((step, name(day)) for step, day, _ in _reached(world))
    rows: Rows = []
    for period in periods(world, grain):
        partial = is_partial(world, grain, period)
        for index, step in enumerate(world.milestone_names):
            customers = count[step, period]
            rows.append(
                {"date": period, "step": step, "step_index": index, "customers": customers, "is_partial": partial}
            )
    return rows


def _reached(world: World) -> Iterator[tuple[str, date, int]]:
    """Step, local day and local hour of every milestone of every customer, from the start date on."""
    for own in world.milestones.values():
        for step, at in own.items():
            local = world.local(at)
            if local.date() >= world.shop.start_date:
                yield step, local.date(), local.hour


def hourly_funnel_downloads(world: World) -> Rows:
    count = Counter((step, hour) for step, _, hour in _reached(world))
    days = len(world.days)
    return [
        {"hour": hour, "step": step, "step_index": index, "mean_customers": count[step, hour] / days, "days": days}
        for hour in range(24)
        for index, step in enumerate(world.milestone_names)
    ]


def session_funnel_conversion(world: World) -> Rows:
    rows: Rows = []
    closed_before: int | None = None
    total = len(world.sessions)
    for index, step in enumerate(world.steps):
        earlier = world.steps[: index + 1]
        closed = sum(all(carries(s, name) for name in earlier) for s in world.sessions)
        rows.append(
            {
                "step": step,
                "step_index": index,
                "sessions_open": sum(carries(s, step) for s in world.sessions),
                "sessions_closed": closed,
                "conversion_from_start": ratio(closed, total),
                "conversion_from_previous": ratio(closed, closed_before),
                "median_minutes_from_previous": _median_minutes(world, index),
            }
        )
        closed_before = closed
    return rows


def _median_minutes(world: World, index: int) -> float | None:
    if index == 0 or world.steps[index] == "purchase":
        return None
    this, previous = world.steps[index], world.steps[index - 1]
    minutes = []
    for session in world.sessions:
        if not (carries(session, this) and carries(session, previous)):
            continue
        end = session.times.get(this)
        begin = session.start if previous == "session_start" else session.times.get(previous)
        if begin is not None and end is not None:
            minutes.append((end - begin) / timedelta(minutes=1))
    return median(minutes) if minutes else None


def customer_funnel_conversion(world: World) -> Rows:
    rows: Rows = []
    for cohort in periods(world, "weekly"):
        end = midnight(cohort + timedelta(days=7), world.shop.time_zone)
        members = [
            own
            for own in world.milestones.values()
            if world.local_day(own["download"]) >= world.shop.start_date
            and NAMES["weekly"](world.local_day(own["download"])) == cohort
        ]
        for index, step in enumerate(world.milestone_names[1:], start=1):
            row: dict[str, Any] = {"cohort": cohort, "step": step, "step_index": index, "cohort_size": len(members)}
            for days in (7, 30):
                censored = end + timedelta(days=days) > world.as_of
                within = sum(
                    1 for own in members if step in own and own[step] - own["download"] <= timedelta(days=days)
                )
                row[f"customers_{days}d"] = None if censored else within
                row[f"rate_{days}d"] = None if censored else ratio(within, len(members))
                row[f"is_censored_{days}d"] = censored
            ever = sum(step in own for own in members)
            rows.append(row | {"customers_ever": ever, "rate_ever": ratio(ever, len(members))})
    return rows
