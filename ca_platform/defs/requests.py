"""What a schedule asks for, as pure functions of the settings and the local day: no Dagster, no clock."""

from collections.abc import Iterable
from datetime import date, timedelta

from ca_platform.defs.days import DayRange, ranges_of
from ca_platform.settings import Schedule

_ONE_DAY = timedelta(days=1)
_WEEK_DAYS = 7
_HALF_DAY_HOURS = 12


def cron(schedule: Schedule) -> str:
    """When the schedule fires, in local time: once a day, twice with ``12h``, on Mondays with ``weekly``."""
    hour, minute = map(int, schedule.at.split(":"))
    hours = sorted({hour, (hour + _HALF_DAY_HOURS) % 24}) if schedule.every == "12h" else [hour]
    weekday = "1" if schedule.every == "weekly" else "*"
    return f"{minute} {','.join(map(str, hours))} * * {weekday}"


def training_cron(schedule: Schedule) -> str:
    """When models are trained, in local time: on Mondays, an hour before the days are made, though not on Sunday night.

    >>> training_cron(Schedule(at="03:30"))
    '30 2 * * 1'
    """
    hour, minute = map(int, schedule.at.split(":"))
    return f"{minute} {max(hour - 1, 0)} * * 1"


def wanted_days(schedule: Schedule, today: date, start_date: date) -> DayRange | None:
    """The days that a repeated schedule makes anew when it fires on the local day ``today``.

    ``daily``: yesterday and the look-back window before it. ``12h``: the running day, too. ``weekly``: the last seven
    finished days, or the look-back window where that is longer. None while no day since the start date is finished.
    """
    end = today if schedule.every == "12h" else today - _ONE_DAY
    back = max(schedule.look_back_days, _WEEK_DAYS - 1) if schedule.every == "weekly" else schedule.look_back_days
    start = max(today - _ONE_DAY * (1 + back), start_date)
    return DayRange(start, end) if start <= end else None


def missing_days(have: Iterable[date], today: date, start_date: date) -> list[date]:
    """Finished days since the start date that are not among ``have``: what ``once`` makes."""
    if start_date >= today:
        return []
    known = set(have)
    return [day for day in DayRange(start_date, today - _ONE_DAY).days if day not in known]


def as_requests(days: Iterable[date], days_per_run: int) -> list[DayRange]:
    """One range per run: no gap inside, at most ``days_per_run`` days, oldest first."""
    return [piece for whole in ranges_of(days) for piece in whole.pieces(days_per_run)]
