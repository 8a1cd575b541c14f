"""One number beside an earlier one: how much more or less it is, in words."""

from __future__ import annotations

from dash_app.words.formats import Formats


def more_or_less(now: float, before: float | None, form: Formats, *, countable: bool = True) -> str:
    """``8.1% more than``, ``3.2% fewer than``, ``as many as``; empty without an earlier number or with none then.

    Args:
        countable: whether it is fewer and as many (orders), or less and as much (revenue).
    """
    if before is None or before == 0:
        return ""
    change = now / before - 1
    if now == before:
        return "as many as" if countable else "as much as"
    if round(abs(change), 3) == 0:
        return "about as many as" if countable else "about as much as"
    if change >= 9:
        return f"{form.mean(now / before)} times"
    word = "more" if change > 0 else "fewer" if countable else "less"
    return f"{form.number(100 * abs(change), 1)}% {word} than"


def points_more_or_less(now: float, before: float | None, form: Formats) -> str:
    """The same for shares: ``0.3 percentage points more than``; empty without an earlier share."""
    if before is None:
        return ""
    if round(abs(now - before), 3) == 0:
        return "as much as" if now == before else "about as much as"
    size = form.number(100 * abs(now - before), 1)
    unit = "percentage point" if size in ("1.0", "1,0") else "percentage points"
    return f"{size} {unit} {'more' if now > before else 'less'} than"


def clause(comparison: str, what: str) -> str:
    """``, 8.1% more than the week before (381)``; nothing where there is nothing to compare."""
    return f", {comparison} {what}" if comparison else ""
