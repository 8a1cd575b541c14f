"""Whose days the lake holds: in another time zone every day begins elsewhere, and has other orders."""

from __future__ import annotations

from datetime import date

from ca_platform.lake import Lake, Part
from ca_platform.settings import Settings

_MARK = "days of "


def zone_mark(settings: Settings) -> str:
    """What the parts of a load say in ``inputs``: the time zone that their days are of."""
    return f"{_MARK}{settings.business.time_zone}"


def loaded_days(source: str, settings: Settings, lake: Lake) -> list[date]:
    """Days of a source in the lake that are days of the time zone in the settings; parts that name none are taken for it."""
    return [part.day for part in lake.parts(source) if part.day is not None and not is_elsewhere(part, settings)]


def is_elsewhere(part: Part, settings: Settings) -> bool:
    """Whether the day of a part is one of another time zone."""
    return part.inputs.startswith(_MARK) and part.inputs != zone_mark(settings)


def moved_zone(settings: Settings, lake: Lake) -> str:
    """A sentence on days that were loaded for another time zone, which count as not loaded; empty where there are none."""
    moved = [part for part in lake.parts("sessions") if is_elsewhere(part, settings)]
    if not moved:
        return ""
    zones = " and ".join(sorted({part.inputs.removeprefix(_MARK) for part in moved}))
    days = "1 loaded day is a day" if len(moved) == 1 else f"{len(moved):,} loaded days are days"
    return (
        f"{days} of {zones}, and business.time_zone is {settings.business.time_zone} now: they have to be loaded again."
    )
