"""The calendar of a small invented shop, and how busy its days are."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from dash_app.words.dates import Grain, first_day, later

DAY = date(2026, 11, 21)
START = date(2025, 10, 15)
Row = dict[str, Any]


def periods(grain: Grain, day: date, start: date) -> list[date]:
    found, last = [first_day(start, grain)], first_day(day, grain)
    while found[-1] < last:
        found.append(later(found[-1], 1, grain))
    return found


def sessions_on(day: date) -> float:
    """Sessions of a day: growth, weekday, year and noise that depends on the day alone."""
    noise = np.random.default_rng(day.toordinal()).normal(1, 0.07)
    weekday = (1.0, 0.97, 0.96, 1.0, 1.12, 1.25, 1.15)[day.weekday()]
    year = 1 + 0.18 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 340) / 365)
    return float(max(900 * (1 + (day - START).days / 900) * weekday * year * noise, 0))
