"""The country whose public holidays are expected: a code of ISO 3166, or one of a part of it, that a calendar exists for.

Settings are read by every command, and the package of calendars takes 0.4 s to load. So the codes that it knows are kept
in ``calendars.txt``, a country and its parts on a line, and it is asked only for what does not stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("calendars.txt")
_CODE = re.compile(r"[A-Z]{2,3}(-\S+)?")
_SHORT = 2  # letters of the codes that are kept; those of three letters are other names of the same calendars


def country_and_part(code: str) -> tuple[str, str | None]:
    """The two halves of a checked code.

    >>> country_and_part("GB-ENG")
    ('GB', 'ENG')
    >>> country_and_part("DE")
    ('DE', None)
    """
    country, _, part = code.partition("-")
    return country, part or None


def checked_country(value: Any) -> Any:
    """The code itself, or a ``ValueError`` that says what is wrong with it."""
    if value is None:
        return None
    if not isinstance(value, str) or _CODE.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no country code of ISO 3166, such as GB, or GB-ENG for a part of it")
    country, part = country_and_part(value)
    if _is_known(_kept(), country, part):
        return value
    calendars = all_calendars()
    if country not in calendars:
        raise ValueError(
            f"there is no calendar of public holidays for {country!r}: write a country code of ISO 3166, such as GB"
        )
    if not _is_known(calendars, country, part):
        known = ", ".join(f"{country}-{name}" for name in calendars[country]) or f"{country} alone"
        raise ValueError(f"there is no calendar of public holidays for {value!r}; known: {known}")
    return value


def all_calendars() -> Mapping[str, tuple[str, ...]]:
    """The parts of every country that the installed package has calendars for."""
    from holidays import country_holidays
    from holidays.registry import EntityLoader

    codes = sorted(EntityLoader.get_country_codes(include_aliases=True))
    return {code: tuple(country_holidays(code).subdivisions) for code in codes}


def kept_lines() -> Iterator[str]:
    """What ``calendars.txt`` has to say of the installed package."""
    for country, parts in all_calendars().items():
        if len(country) == _SHORT:
            yield " ".join([country, *(part for part in parts if _CODE.fullmatch(f"{country}-{part}"))])


@cache
def _kept() -> Mapping[str, tuple[str, ...]]:
    lines = (line.split() for line in FILE.read_text(encoding="utf-8").splitlines())
    return {country: tuple(parts) for country, *parts in lines}


def _is_known(calendars: Mapping[str, tuple[str, ...]], country: str, part: str | None) -> bool:
    return country in calendars and (part is None or part in calendars[country])
