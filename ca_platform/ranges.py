"""Which local days a command means, with dates or without.

What belongs here: defaults and limits of ranges for loading and running. What does not: which of these days are
missing and what is done with them (defs).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ca_platform.errors import ConfigurationError, SourceError

if TYPE_CHECKING:
    from ca_platform.settings import Settings


def last_possible(settings: Settings) -> date:
    """The newest day that can be loaded: yesterday, or the running day where the schedule includes it."""
    today = datetime.now(ZoneInfo(settings.business.time_zone)).date()
    return today if settings.schedule.every == "12h" else today - timedelta(days=1)


def newest_in_source(settings: Settings) -> date:
    """The last day that the sessions source has, never one that has not ended."""
    from ca_platform.ingest import day_range

    require_sessions(settings)
    # A row of next year, or of 2099, does not make the days up to yesterday days of the data.
    last = last_possible(settings)
    found = day_range("sessions", settings, last)
    if found is None:
        raise SourceError(f"The source sessions has no rows with a date up to {last}: there is nothing to load.")
    if found[1] < settings.business.start_date:
        raise ConfigurationError(
            f"The data of the source sessions end on {found[1]}, before business.start_date "
            f"({settings.business.start_date}): correct the start date in the settings."
        )
    return found[1]


def newest_in_lake(settings: Settings) -> date:
    """The last day that is loaded."""
    from ca_platform.lake import Lake

    require_sessions(settings)
    days = Lake.open(settings).days("sessions")
    if not days:
        raise ConfigurationError("No day is loaded yet: run `ca-platform load` first, or run without --no-load.")
    return days[-1]


def load_range(start: date | None, end: date | None, settings: Settings) -> tuple[date, date]:
    """Days to load; without dates everything from the start date to the last day of the data."""
    require_sessions(settings)
    last = end or newest_in_source(settings)
    _refuse_after_data(start, end, last)
    return _checked(start or settings.business.start_date, last, settings)


def run_range(start: date | None, end: date | None, settings: Settings, *, load: bool) -> tuple[date, date]:
    """Report days to compute; without dates the newest day of the data."""
    require_sessions(settings)
    last = end or (newest_in_source(settings) if load else newest_in_lake(settings))
    _refuse_after_data(start, end, last)
    return _checked(start or last, last, settings)


def require_sessions(settings: Settings) -> None:
    """Refuse settings that connect nothing to load."""
    if settings.sources.sessions is not None:
        return
    if settings.file is None:
        raise ConfigurationError(
            "There is no settings file here, so no source is connected: make one with `ca-platform init`, or set "
            "CA_SETTINGS to an existing one."
        )
    raise ConfigurationError(f"{settings.file} connects no source sessions: add `sources.sessions` to it.")


def _refuse_after_data(start: date | None, end: date | None, last: date) -> None:
    """Of a first day alone the last one is that of the data, which nobody can exchange."""
    if start is not None and end is None and start > last:
        raise ConfigurationError(
            f"The data end on {last}, before {start}: is the file of that day there? Give an earlier day, or the last "
            "day as well."
        )


def _checked(start: date, end: date, settings: Settings) -> tuple[date, date]:
    first, last = settings.business.start_date, last_possible(settings)
    if start > end:
        raise ConfigurationError(f"The first day {start} lies after the last day {end}: exchange them.")
    if start < first:
        raise ConfigurationError(
            f"{start} lies before business.start_date ({first}): nothing before it is loaded. Give a later day, or "
            "set an earlier start date in the settings."
        )
    if end > last:
        raise ConfigurationError(f"{end} has not ended yet: the last day that can be loaded is {last}.")
    return start, end
