"""Which deliveries a number of the reports of deliveries counts: the words after deliveries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ca_platform.catalogue.deliveries import DURATIONS
from dash_app.records import Look
from dash_app.words.dates import hours, within
from dash_app.words.names import quoted

Key = Mapping[str, Any]
Said = Callable[[str, Key, Look], str]

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_RETURN = "return"
_WITH = {
    "deliver": "",
    "prepare": " with a known time of preparation",
    "ride": " with a known ride",
    _RETURN: " that came back",
}
"""By duration which deliveries have it."""
_PROMISES = {"promised": " with a promised time", "late": " after the promised time"}
"""By column which of the deliveries it counts."""


def _of_slot(duration: str) -> Said:
    """Returns lie in the hour of their delivery, all else in that of the order."""
    which = "made" if duration == _RETURN else "of orders placed"

    def said(_: str, key: Key, __: Look) -> str:
        when = f"on a {_WEEKDAYS[key['weekday'] - 1]} between {hours(key['hour']).replace('to', 'and')}"
        return f"{which} {when}{_WITH[duration]}"

    return said


def _of_cell(duration: str) -> Said:
    return lambda _, key, __: f"to the map cell {quoted(key['geohash'])}{_WITH[duration]}"


def _of_duration(column: str, key: Key, _: Look) -> str:
    return _PROMISES.get(column, "").strip() or _WITH.get(key["duration"], "").strip() or "so far"


def _of_day(column: str, key: Key, _: Look) -> str:
    when = within(key["date"], "day")
    if column in _PROMISES:
        return f"made {when}{_PROMISES[column]}"
    return f"that came back {when}" if key["duration"] == _RETURN else f"made {when}{_WITH.get(key['duration'], '')}"


DELIVERED: dict[str, Said] = {
    **{f"{duration}_weekday_hour": _of_slot(duration) for duration in DURATIONS},
    **{f"{duration}_location": _of_cell(duration) for duration in DURATIONS},
    "deliver_kpis": _of_duration,
    "daily_deliveries": _of_day,
}
