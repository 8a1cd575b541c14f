"""Text inside a chart: escaped, shortened, and kept apart."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import count

_NARROW, _WIDE = "ijlrtfI|!.,:;'()[] ", "mwMW@%—…"
_WIDTHS = dict.fromkeys(_NARROW, 4.6) | dict.fromkeys(_WIDE, 11.8)
_USUAL = 7.5
"""Pixels of a character at the size of our labels in DejaVu Sans, the widest of the fonts that a page may be shown in."""
_ELLIPSIS = "…"
_LOOKS = 2
"""Names that differ in two places are looked at twice."""


def escape(text: str) -> str:
    """Text from data as plotly shows it literally: no tag, no link, no placeholder of a template is left.

    >>> escape('<b>bold</b> & %{x}')
    '&lt;b&gt;bold&lt;/b&gt; &amp; &#37;{x}'
    """
    return html.escape(_flat(text), quote=False).replace("%{", "&#37;{")


def shorten(text: str, length: int) -> str:
    """At most ``length`` characters; an ellipsis near the end, because names often differ in their last letters.

    >>> shorten("declared action 12", 14)
    'declared…on 12'
    """
    if len(text) <= length:
        return text
    tail = length // 3 + 1
    return text[: length - tail - 1].rstrip() + _ELLIPSIS + text[-tail:].lstrip()


def label(text: str, length: int = 18) -> str:
    """Shortened, then escaped: for axes and direct labels."""
    return escape(shorten(text, length))


def shorten_all(texts: Sequence[str], length: int) -> list[str]:
    """Each shortened, and no two different ones alike: of those that would be, what they differ in is left in.

    >>> shorten_all(["red bag, large, with handles", "red bag, small, with handles", "mug"], 14)
    ['red…large,…', 'red…small,…', 'mug']
    """
    flat = {text: _flat(text) for text in texts}
    shown = {text: shorten(line, length) for text, line in flat.items()}
    for _ in range(_LOOKS):
        for alike in _alike(shown):
            differ = _first_difference([flat[text] for text in alike])
            shown |= {text: _around(flat[text], differ, length) for text in alike}
    for alike in _alike(shown):
        # Where they differ in more than one place, or in spaces alone.
        for text in alike:
            numbered = (f"{shorten(flat[text], length - 4)} ({number})" for number in count(1))
            shown[text] = next(one for one in numbered if one not in shown.values())
    return [shown[text] for text in texts]


def _flat(text: str) -> str:
    return " ".join(text.split()) or text.strip("\r\n")


def _alike(shown: dict[str, str]) -> list[list[str]]:
    """The texts that look as others do, together."""
    by_look: dict[str, list[str]] = {}
    for text, look in shown.items():
        by_look.setdefault(look, []).append(text)
    return [alike for alike in by_look.values() if len(alike) > 1]


def _first_difference(texts: Sequence[str]) -> int:
    letters = enumerate(zip(*texts, strict=False))
    return next((place for place, own in letters if len(set(own)) > 1), min(map(len, texts)))


def _around(text: str, place: int, length: int) -> str:
    """The beginning, and what stands at a place."""
    if len(text) <= length:
        return text
    head = length // 3
    room = length - head - 2 * len(_ELLIPSIS)
    start = min(max(place - 1, head), len(text) - room)
    rest = _ELLIPSIS if start + room < len(text) else ""
    return f"{text[:head].rstrip()}{_ELLIPSIS}{text[start : start + room].strip()}{rest}"


def width(texts: Sequence[str]) -> float:
    """Pixels that the longest of these unescaped texts takes.

    >>> round(width(["ill", "mm"]), 1), width([])
    (23.6, 0.0)
    """
    return max((sum(_WIDTHS.get(letter, _USUAL) for letter in text) for text in texts), default=0.0)


def spread(positions: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Positions moved as little as is simple so that neighbours keep their distance and their order.

    Of equal ones the first is the upper one.

    All stay between ``low`` and ``high`` where there is room for all.

    >>> spread([10, 12, 50], 14, 0, 100)
    [10, 24, 50]
    >>> spread([98, 99], 14, 0, 100)
    [86, 100]
    """
    order = sorted(range(len(positions)), key=lambda index: (positions[index], -index))
    moved = [0.0] * len(positions)
    floor = low
    for index in order:
        moved[index] = max(positions[index], floor)
        floor = moved[index] + distance
    ceiling = high
    for index in reversed(order):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - distance
    return moved
