"""When a part of a fact is out of date: the digest of what it is made from, by day.

The digest of a day follows the write ids of the parts of sessions (and lines) that the fact of that day looks at. A fact
that looks at the whole past has a chain: each day's digest contains the one before, so a corrected day outdates all
later ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from ca_platform.facts.registry import REACH, TOTALS
from ca_platform.facts.shape import Shape
from ca_platform.facts.totals import month_ends

WEEK_REACH = 6


def expected(name: str, days: Sequence[date], writes: Mapping[date, str], shape: Shape) -> dict[date, str]:
    """Digest of what the fact's part of each of these days would be made from now.

    Args:
        days: ascending; of a fact that looks at the past all days from the start date on.
        writes: write ids of the parts of its sources by day.
    """
    reach = REACH[name]
    if reach == "day":
        return {day: _digest(name, shape.digest, writes[day]) for day in days}
    if reach == "week":
        return {day: _digest(name, shape.digest, *_week(day, writes)) for day in days}
    chain, last = {}, shape.digest
    for day in days:
        last = _digest(last, writes[day])
        chain[day] = _digest(name, shape.options(name), last)
    return {day: chain[day] for day in month_ends(chain)} if name in TOTALS else chain


def _week(day: date, writes: Mapping[date, str]) -> list[str]:
    around = (day - timedelta(days=back) for back in range(WEEK_REACH + 1))
    return [f"{each}:{writes[each]}" for each in around if each in writes]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
