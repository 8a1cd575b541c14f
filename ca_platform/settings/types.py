"""The field types of the settings: text in the file to checked values. Each refuses in one clear sentence."""

from __future__ import annotations

import codecs
import re
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ca_platform.settings.country import checked_country
from ca_platform.settings.currency import MINOR_DIGITS

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?")
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, None: 1}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)
_LONGEST_MARK, _NO_MARK = 8, re.compile(r"[\d,()+-]")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Model(BaseModel):
    """Base of all settings models: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


def near(word: str, words: Any) -> str:
    """`; did you mean …?`, or nothing when no word is near."""
    matches = get_close_matches(str(word), sorted(map(str, words)), n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(f'`{match}`' for match in matches)}?" if matches else ""


def _time_zone(value: Any) -> Any:
    # The list of all zones takes 20 ms to make: only where a name is wrong.
    if not isinstance(value, str) or not _is_time_zone(value):
        hint = near(value, available_timezones())
        raise ValueError(f"{value!r} is no time zone of the IANA list, such as Europe/London{hint}")
    return value


def _is_time_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def _currency(value: Any) -> Any:
    if not isinstance(value, str) or value not in MINOR_DIGITS:
        hint = near(str(value).upper(), MINOR_DIGITS)
        raise ValueError(f"{value!r} is no currency code of ISO 4217, such as GBP{hint}")
    return value


def _day(value: Any) -> Any:
    day = value if isinstance(value, date) else _parse_day(value)
    if day is None:
        raise ValueError(f"{value!r} is no date: write it as year-month-day, such as 2010-12-01")
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise ValueError(f"{day} is no day of a shop: it must lie between {_FIRST_DAY} and {_LAST_DAY}")
    return day


def _parse_day(value: Any) -> date | None:
    # fromisoformat alone also reads 20101201 and 2010-W48-3, which nobody means here.
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f"{value!r} is no duration: write a number and a unit, such as 120s, 2m or 1h")
    return timedelta(seconds=float(match[1]) * _UNIT_SECONDS[match[2]])


def _clock(value: Any) -> Any:
    if not isinstance(value, str) or _CLOCK.fullmatch(value) is None:
        raise ValueError(f'{value!r} is no time of day: write hours and minutes in quotes, such as "03:00"')
    return value


def _encoding(value: Any) -> Any:
    try:
        codecs.lookup(str(value))
    except LookupError:
        raise ValueError(f"{value!r} is no text encoding that Python knows, such as utf-8 or latin-1") from None
    return str(value)


def _separator(value: Any) -> Any:
    text = {"tab": "\t", "\\t": "\t"}.get(value, value) if isinstance(value, str) else value
    if not isinstance(text, str) or len(text.encode()) != 1 or text in '"\r\n':
        raise ValueError(f'{value!r} is no field separator: write one character, such as "," ";" or tab')
    return text


def _currency_mark(value: Any) -> Any:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_MARK or _NO_MARK.search(value):
        raise ValueError(f'{value!r} is no mark of a currency: write what stands beside the digits, such as "$" or EUR')
    return value.strip()


def _http_url(value: Any) -> Any:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{_without_password(value)!r} is no address: write http:// or https://, host and port")
    return value


def _texts(value: Any) -> Any:
    """A list; one text stands for a list of one, and commas part an environment override."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _without_password(value: Any) -> str:
    return re.sub(r"(?<=:)[^:@/]*(?=@)", "***", str(value))


TimeZone = Annotated[str, BeforeValidator(_time_zone)]
Currency = Annotated[str, BeforeValidator(_currency)]
Country = Annotated[str | None, BeforeValidator(checked_country)]
Day = Annotated[date, BeforeValidator(_day)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Clock = Annotated[str, BeforeValidator(_clock)]
Encoding = Annotated[str, BeforeValidator(_encoding)]
CurrencyMark = Annotated[str, BeforeValidator(_currency_mark)]
Separator = Annotated[str, BeforeValidator(_separator)]
HttpUrl = Annotated[str, BeforeValidator(_http_url)]
HttpUrls = Annotated[tuple[HttpUrl, ...], BeforeValidator(_texts), Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
