"""Text inside a chart: escaped, shortened, and kept apart."""

from __future__ import annotations

import html
from collections.abc import Sequence

_NARROW, _WIDE = "ijlrtfI|!.,:;'()[] ", "mwMW@%—…"
_WIDTHS = dict.fromkeys(_NARROW, 4.6) | dict.fromkeys(_WIDE, 11.8)
_USUAL = 7.5
"""Pixels of a character at the size of our labels in DejaVu Sans, the widest of the fonts that a page may be shown in."""
_ELLIPSIS = "…"


def escape(text: str) -> str:
    """Text from data as plotly shows it literally: no tag, no link, no placeholder of a template is left.

    >>> escape('<b>bold</b> & %{x}')
    '&lt;b&gt;bold&lt;/b&gt; &amp; &#37;{x}'
    """
    flat = " ".join(text.split()) or text.strip("\r\n")
    return html.escape(flat, quote=False).replace("%{", "&#37;{")


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
