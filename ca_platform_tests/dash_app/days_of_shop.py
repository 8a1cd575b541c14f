"""The calendar of a small invented shop, and how busy its days are."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np

from dash_app.words.dates import Grain, first_day, last_day, later

DAY = date(2026, 11, 21)
START = date(2025, 10, 15)
REACH = (1.0, 0.42, 0.21, 0.088)
"""The part of the sessions that gets to each step; the last is an order."""
Row = dict[str, Any]


def periods(grain: Grain, day: date, start: date) -> list[date]:
    found, last = [first_day(start, grain)], first_day(day, grain)
    while found[-1] < last:
        found.append(later(found[-1], 1, grain))
    return found


@cache
def sessions_on(day: date) -> float:
    """Sessions of a day: growth, weekday, year and noise that depends on the day alone."""
    noise = np.random.default_rng(day.toordinal()).normal(1, 0.07)
    weekday = (1.0, 0.97, 0.96, 1.0, 1.12, 1.25, 1.15)[day.weekday()]
    year = 1 + 0.18 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 340) / 365)
    return float(max(900 * (1 + (day - START).days / 900) * weekday * year * noise, 0))


def of_period(first: date, grain: Grain, day: date, start: date) -> tuple[list[float], bool]:
    """Sessions of the days of a period that lie within the shop's time, and whether others do not."""
    last = last_day(first, grain)
    days = [first + timedelta(offset) for offset in range((last - first).days + 1)]
    covered = [sessions_on(one) for one in days if start <= one <= day]
    return covered, len(covered) < len(days)


def profile(hour: int) -> float:
    """How busy an hour of the day is."""
    return float(0.2 + np.exp(-((hour - 13) ** 2) / 18) + 1.3 * np.exp(-((hour - 20.5) ** 2) / 5))
