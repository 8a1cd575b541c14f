"""Days, weeks, months and hours in words. English names, day before month: no reader takes 3 April for 4 March."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "week", "month"]

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_IN_MINUTES = 90
"""Times below are written in minutes: 58 min and 62 min are compared at a glance, 58 min and 1.0 h are not."""
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def day(value: date) -> str:
    """A day: 21 Nov 2026."""
    return f"{value.day} {month(value)} {value.year}"


def month(value: date) -> str:
    """The month in three letters: Nov."""
    return _MONTHS[value.month - 1][:3]


def weekday(value: date) -> str:
    """A day with its weekday: Sat 21 Nov 2026."""
    return f"{WEEKDAYS[value.weekday()]} {day(value)}"


def period(value: date, grain: Grain) -> str:
    """The name of a period.

    >>> [period(date(2026, 11, 1), grain) for grain in ("day", "week", "month")]
    ['Sun 1 Nov 2026', 'the week of 1 Nov 2026', 'November 2026']
    """
    if grain == "day":
        return weekday(value)
    return f"the week of {day(value)}" if grain == "week" else f"{_MONTHS[value.month - 1]} {value.year}"


def within(value: date, grain: Grain) -> str:
    """The period with its preposition: on Sun 1 Nov 2026, in November 2026."""
    return f"{'on' if grain == 'day' else 'in'} {period(value, grain)}"


def hours(hour: int) -> str:
    """An hour of the day: 23:00 to 24:00."""
    return f"{hour:02}:00 to {hour + 1:02}:00"


def duration(minutes: float) -> str:
    """A time in minutes, in the unit that suits it.

    >>> [duration(minutes) for minutes in (0.5, 1.5, 42, 62, 90, 3000)]
    ['30 s', '1.5 min', '42 min', '62 min', '1.5 h', '2.1 days']
    """
    if minutes < 1:
        return f"{round(60 * minutes)} s"
    if minutes < _IN_MINUTES:
        return f"{minutes:.2g} min" if minutes < 10 else f"{round(minutes)} min"
    hours_ = minutes / 60
    return f"{hours_:.1f} h" if hours_ < 48 else f"{hours_ / 24:.1f} days"


def last_day(value: date, grain: Grain) -> date:
    """The last day of a period that begins on ``value``."""
    if grain == "day":
        return value
    if grain == "week":
        return value + timedelta(days=6)
    return add_months(value, 1) - timedelta(days=1)


def add_months(value: date, months: int) -> date:
    """The first day of the month that lies this many months away."""
    index = value.year * 12 + value.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def first_day(value: date, grain: Grain) -> date:
    """The first day of the period that holds ``value``."""
    if grain == "day":
        return value
    return value - timedelta(days=value.weekday()) if grain == "week" else value.replace(day=1)


def apart(late: date, early: date, grain: Grain) -> int:
    """How many periods lie between the periods of two days."""
    if grain == "month":
        return (late.year - early.year) * 12 + late.month - early.month
    return (first_day(late, grain) - first_day(early, grain)).days // (7 if grain == "week" else 1)


def later(value: date, periods: int, grain: Grain) -> date:
    """A period's first day, moved by whole periods."""
    return (
        add_months(value, periods) if grain == "month" else value + timedelta(periods * (7 if grain == "week" else 1))
    )
