"""Rows that a load refused: what all figures lack is said above every page.

What belongs here: how much of each source is missing up to a day. What does not: why a row was refused, which the
quarantine and ``ca-platform check`` say.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from ca_platform.errors import CaPlatformError
from ca_platform.lake import Lake
from dash_app.reader import Kept
from dash_app.words.dates import day as in_words
from dash_app.words.formats import Formats

if TYPE_CHECKING:
    from ca_platform.settings import Settings

_LOG = logging.getLogger("ca_platform.dashboards")
_WORTH_SAYING = 0.01
"""A smaller part of a source changes no figure by much."""
_SECONDS = 30.0


class Refused:
    """The rows of each source that were refused, asked for once and kept for half a minute."""

    def __init__(self, settings: Settings, form: Formats) -> None:
        self._lake = Lake.open(settings)
        self._form = form
        self._kept: Kept[pl.DataFrame | None] = Kept(1, _SECONDS)

    def notices(self, day: date | None) -> list[str]:
        """What is missing up to a day; nothing where of no source one row in a hundred was refused."""
        counts = self._kept.get("counts", self._counts)
        told = "" if day is None or counts is None else said(counts, day, self._form)
        return [told] if told else []

    def _counts(self) -> pl.DataFrame | None:
        try:
            return self._lake.accounting()
        except (CaPlatformError, OSError) as error:
            _LOG.warning("the row accounting cannot be read", exc_info=error)
            return None


def said(counts: pl.DataFrame, day: date, form: Formats) -> str:
    """The sentence, from the row accounting; empty where little is missing. Rows without a day count on every day."""
    known = counts.filter((pl.col("day") <= day) | pl.col("day").is_null())
    sums = known.group_by("source").agg(pl.col("read", "quarantined").sum()).sort("source")
    is_worth = (pl.col("quarantined") > 0) & (pl.col("quarantined") >= _WORTH_SAYING * pl.col("read"))
    parts = [
        f"{form.share(refused / read)} of the rows of {source} ({form.count(refused)} of {form.count(read)})"
        for source, read, refused in sums.filter(is_worth).iter_rows()
    ]
    if not parts:
        return ""
    return f"Refused when loaded, and missing in all figures up to {in_words(day)}: {', '.join(parts)}. “ca-platform check” says why."
