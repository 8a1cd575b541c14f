"""Numbers as people write them: without the sign of the currency and the marks between thousands.

Belongs here: taking away what the settings say stands in a number. Not here: reading it (``values``).
"""

from __future__ import annotations

import re

import polars as pl

_LIKE = {" ": r"[ \x{a0}\x{202f}]", "'": "['’]"}
"""Marks that are written in several ways: blanks that do not break a line, a typographic apostrophe."""


def bare_numbers(raw: pl.Series, thousands: str | None, currency_mark: str | None) -> pl.Series:
    """The texts without what stands between and beside the digits; of what is written otherwise the text as it is.

    A mark between thousands has three digits behind its last one, so that a decimal comma is never taken for one.

    >>> bare_numbers(pl.Series(["$1,234.50", "-$ 2", "1,23,456", "1,23"]), ",", "$").to_list()
    ['1234.50', '-2', '123456', '1,23']
    """
    if raw.dtype != pl.String() or (thousands is None and currency_mark is None):
        return raw
    text = raw.str.strip_chars()
    if currency_mark is not None:
        mark = re.escape(currency_mark)
        text = text.str.replace(rf"^([(+-]*)\s*{mark}\s*", "$1").str.replace(rf"\s*{mark}\s*(\)?)$", "$1")
    if thousands is None:
        return text
    mark = _LIKE.get(thousands, re.escape(thousands))
    grouped = text.str.contains(
        rf"^[(+-]*\d{{1,3}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}(?:[^\d{re.escape(thousands)}]\d*)?\)?$"
    )
    both = pl.DataFrame([text.alias("text"), grouped.alias("grouped")])
    joined = pl.col("text").str.replace_all(mark, "")
    return both.select(pl.when("grouped").then(joined).otherwise("text").alias(raw.name)).to_series()
