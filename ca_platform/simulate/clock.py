"""Calendar of the simulated shop: real local days with their daylight-saving hours, holidays and seasons.

Works on seconds since 1970 in UTC; the writer turns them into local time with offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ca_platform.simulate.parameters import ShopParameters

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

HOUR = 3600
DAY = 24 * HOUR

# Relative number of sessions by local hour, working days and weekends: a lunch peak, and an evening peak.
_WORKING = (4, 2, 1, 1, 1, 2, 6, 14, 22, 26, 30, 38, 48, 42, 34, 32, 36, 46, 58, 64, 58, 42, 24, 10)
_WEEKEND = (8, 5, 3, 2, 1, 2, 4, 8, 16, 28, 40, 50, 54, 52, 48, 46, 46, 50, 54, 56, 52, 42, 28, 14)


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One local day.

    Attributes:
        index: 0 for the first simulated day.
        start: first instant, in seconds since 1970 UTC.
        hours: local hour of each elapsed hour: 23, 24 or 25 of them.
    """

    index: int
    day: date
    start: int
    hours: Ints

    @property
    def end(self) -> int:
        return self.start + HOUR * len(self.hours)


def midnight(day: date, time_zone: str) -> int:
    """First instant of a local day in seconds since 1970 UTC."""
    return int(datetime.combine(day, time.min, ZoneInfo(time_zone)).timestamp())


def local_day(index: int, start: date, time_zone: str) -> LocalDay:
    """The ``index``-th simulated day."""
    day = start + timedelta(days=index)
    first, last = midnight(day, time_zone), midnight(day + timedelta(days=1), time_zone)
    zone = ZoneInfo(time_zone)
    hours = [datetime.fromtimestamp(instant, UTC).astimezone(zone).hour for instant in range(first, last, HOUR)]
    return LocalDay(index, day, first, np.array(hours, dtype=np.int64))


def draw_instants(day: LocalDay, count: int, rng: np.random.Generator) -> Ints:
    """``count`` instants of a day, denser in busy hours; every real hour of the day may be hit."""
    weights = np.array(_WEEKEND if day.day.weekday() >= 5 else _WORKING, dtype=np.float64)[day.hours]
    edges = np.concatenate(([0.0], np.cumsum(weights) / weights.sum()))
    elapsed = np.interp(rng.random(count), edges, np.arange(len(edges)) * float(HOUR))
    instants: Ints = day.start + elapsed.astype(np.int64)
    return instants


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian rule (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=last.weekday())


def holidays(year: int) -> dict[date, str]:
    """Public holidays of England and Wales, without the substitute days."""
    first_of_may = date(year, 5, 1)
    return {
        date(year, 1, 1): "New Year's Day",
        easter(year) - timedelta(days=2): "Good Friday",
        easter(year) + timedelta(days=1): "Easter Monday",
        first_of_may + timedelta(days=-first_of_may.weekday() % 7): "Early May bank holiday",
        _last_monday(year, 5): "Spring bank holiday",
        _last_monday(year, 8): "Summer bank holiday",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Boxing Day",
    }


def black_friday(year: int) -> date:
    """The Friday after the fourth Thursday of November, a day of trade and no holiday."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def season(day: date, parameters: ShopParameters) -> float:
    """Expected traffic of a day relative to a plain one: weekday, time of the year, holiday, Black Friday."""
    year_angle = 2 * np.pi * (day.timetuple().tm_yday - 340) / 365.25
    factor = parameters.weekday_factors[day.weekday()] * (1 + parameters.year_amplitude * float(np.cos(year_angle)))
    if day in holidays(day.year):
        factor *= parameters.holiday_factor
    if day == black_friday(day.year):
        factor *= parameters.peak_factor
    return factor


def stream(seed: int, part: int, day_index: int = 0) -> np.random.Generator:
    """The random numbers of one part of the shop on one day: no part disturbs another one's."""
    return np.random.default_rng([seed, part, day_index])
