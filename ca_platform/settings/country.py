"""The country whose public holidays are expected: a code of ISO 3166, or one of a part of it, that a calendar exists for."""

from __future__ import annotations

import re
from typing import Any

_CODE = re.compile(r"[A-Z]{2,3}(-\S+)?")


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
    # Its calendars take a seventh of a second to load: only where a country is named.
    from holidays import country_holidays
    from holidays.registry import EntityLoader

    country, part = country_and_part(value)
    if country not in EntityLoader.get_country_codes(include_aliases=True):
        raise ValueError(
            f"there is no calendar of public holidays for {country!r}: write a country code of ISO 3166, such as GB"
        )
    parts = country_holidays(country).subdivisions
    if part is not None and part not in parts:
        known = ", ".join(f"{country}-{name}" for name in parts) or f"{country} alone"
        raise ValueError(f"there is no calendar of public holidays for {value!r}; known: {known}")
    return value
