"""Which days are known to be special: public holidays of the shop's country, and the events of the settings.

What is expected on them, and that they raise no alarm, is the business of ``models.anomaly``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ca_platform.models.anomaly.records import DayMarks, Days
from ca_platform.settings import Settings
from ca_platform.settings.country import country_and_part

Names = dict[date, str]

# Names of holidays otherwise follow the language of the machine, and a report made again would differ.
_LANGUAGE = "en_US"


def marks_of(days: Days, settings: Settings) -> DayMarks:
    """The marks of ``days`` by the settings of a shop."""
    chosen = settings.reports.anomaly
    return day_marks(days, chosen.country, [(event.date, event.name) for event in chosen.events])


def day_marks(days: Days, country: str | None, events: Iterable[tuple[date, str]] = ()) -> DayMarks:
    """Name of the holiday and of the event of each day, None on a day without.

    Args:
        days: local days, shape (n,), in any order.
        country: code such as GB or GB-ENG; None: no holidays.
        events: day and name; names of one day are joined.
    """
    wanted: list[date] = days.astype("datetime64[D]").tolist()
    holidays = public_holidays(country, {day.year for day in wanted}) if country else {}
    known = _by_day(events)
    return DayMarks(holiday=_named(wanted, holidays), event=_named(wanted, known))


def public_holidays(country: str, years: Iterable[int]) -> Names:
    """Public holidays by day, days on which they are made up for included; English names where there are any.

    >>> public_holidays("GB-ENG", [2011])[date(2011, 8, 29)]
    'Late Summer Bank Holiday'
    >>> date(2011, 8, 29) in public_holidays("GB-SCT", [2011])
    False
    """
    from holidays import country_holidays

    name, part = country_and_part(country)
    return dict(country_holidays(name, subdiv=part, years=sorted(set(years)), language=_LANGUAGE))


def _by_day(events: Iterable[tuple[date, str]]) -> Names:
    names: dict[date, list[str]] = {}
    for day, name in events:
        names.setdefault(day, []).append(name)
    return {day: ", ".join(dict.fromkeys(own)) for day, own in names.items()}


def _named(days: Iterable[date], names: Names) -> NDArray[np.object_]:
    return np.array([names.get(day) for day in days], object)
