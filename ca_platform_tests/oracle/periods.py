"""Calendar periods of a world: their names, their members, whether they are whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ca_platform_tests.oracle.world import World

Grain = str
NAMES: dict[Grain, Callable[[date], date]] = {
    "daily": lambda day: day,
    "weekly": lambda day: day - timedelta(days=day.weekday()),
    "monthly": lambda day: day.replace(day=1),
}


def next_period(grain: Grain, period: date) -> date:
    if grain == "daily":
        return period + timedelta(days=1)
    if grain == "weekly":
        return period + timedelta(days=7)
    return (period + timedelta(days=32)).replace(day=1)


def periods(world: World, grain: Grain) -> list[date]:
    """Names of the periods of a table; tables by day hold the last ``history_days`` days."""
    names = sorted({NAMES[grain](day) for day in world.days})
    return names[-world.shop.history_days :] if grain == "daily" else names


def is_partial(world: World, grain: Grain, period: date) -> bool:
    return period < world.shop.start_date or next_period(grain, period) > world.day + timedelta(days=1)
