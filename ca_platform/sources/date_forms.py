"""In which form a column of text writes dates, where it is not that of ISO 8601."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAYS = re.compile(
    r"(?P<year>\d{4}[./]\d{1,2}[./]\d{1,2})|(?P<one>\d{1,2})(?P<mark>[./-])(?P<two>\d{1,2})(?P=mark)(?P<last>\d{4}|\d{2})"
    rf"|(?P<before>{_MONTH} )\d{{1,2}}(?P<comma>,?) (?P<long>\d{{4}})|\d{{1,2}}(?P<by>[ -]){_MONTH}(?P=by)(?P<end>\d{{4}}|\d{{2}})"
)
_CLOCK = re.compile(r"(?P<gap>,? |T)\d{1,2}:\d{2}(?P<seconds>:\d{2})?(?P<half>[ \u202f]?[AaPp][Mm])?")
_MONTHS = 12
ENOUGH = 0.9
"""Part of the values that has to look like a kind: a column with a few damaged values is still one of dates."""


def date_form(values: Sequence[str]) -> str | None:
    """The strftime form of most values; None: they are no dates, or written as ISO 8601 says.

    Day and month are told apart where one of them is above 12 in some value. Where none is, the reading is taken under
    which the dates lie closer together: a shop has orders on most days. In doubt the day comes first.

    >>> date_form(["31.12.2024 18:05", "1.2.2025 07:30"]), date_form(["2/28/25 6:05 PM"]), date_form(["2024/02/03"])
    ('%d.%m.%Y %H:%M', '%m/%d/%y %I:%M %p', '%Y/%m/%d')
    >>> date_form(["Jul 1, 2026 1:02:03 PM"]), date_form(["1-Jul-26", "02-Aug-26"]), date_form(["7/30/2026, 1:02 PM"])
    ('%B %d, %Y %I:%M:%S %p', '%d-%B-%y', '%m/%d/%Y, %I:%M %p')
    >>> date_form(["12/1/2010 8:26", "12/2/2010 9:00", "12/3/2010 10:01"])
    '%m/%d/%Y %H:%M'
    """
    found = [match for value in values if (match := _DAYS.match(value)) is not None and _ends(value, match)]
    if not found or len(found) < ENOUGH * len(values):
        return None
    clock = _clock(found[0])
    if found[0]["year"] is not None:
        mark = found[0]["year"][4]
        return f"%Y{mark}%m{mark}%d{clock}"
    named = _with_month_name(found[0])
    if named is not None:
        return named + clock
    mark, year = found[0]["mark"], "%Y" if len(found[0]["last"]) > 2 else "%y"
    forms = [mark.join((*parts, year)) for parts in (("%d", "%m"), ("%m", "%d"))]
    days = [match[0] for match in found]
    month_first = sum(int(one["two"] or 0) > _MONTHS for one in found) - sum(
        int(one["one"] or 0) > _MONTHS for one in found
    )
    if month_first == 0:
        month_first = _span(days, forms[0]) - _span(days, forms[1])
    return forms[month_first > 0] + clock


def _with_month_name(days: re.Match[str]) -> str | None:
    """The form of a date whose month is a word, written out or not; None: it is a number."""
    if days["before"] is not None:
        return f"%B %d{days['comma']} %Y"
    if days["by"] is None:
        return None
    return days["by"].join(("%d", "%B", "%Y" if len(days["end"]) > 2 else "%y"))


def _ends(value: str, days: re.Match[str]) -> bool:
    rest = value[days.end() :]
    return not rest or _CLOCK.fullmatch(rest) is not None


def _clock(days: re.Match[str]) -> str:
    clock = _CLOCK.fullmatch(days.string[days.end() :])
    if clock is None:
        return ""
    seconds = ":%S" if clock["seconds"] else ""
    if clock["half"] is None:
        return f"{clock['gap']}%H:%M{seconds}"
    blank = clock["half"][0] if clock["half"][0].isspace() else ""
    return f"{clock['gap']}%I:%M{seconds}{blank}%p"


def _span(days: Sequence[str], form: str) -> int:
    """Days between the first and the last date under a form."""
    read = pl.Series(days).str.to_date(form, strict=False).to_physical().drop_nulls()
    return int(read.max()) - int(read.min()) if len(read) else 0  # type: ignore[arg-type]
