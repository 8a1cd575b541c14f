"""Which row of a table by period a sentence is about: the last finished one, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from dash_app.records import Look
from dash_app.words.dates import Grain, last_day, period

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spot:
    """The row a sentence is about.

    Attributes:
        last: the last finished period; the last of all where none is finished.
        is_finished: whether ``last`` is.
        before: the finished period just before it.
        unfinished: the first day of the unfinished period after it.
    """

    last: Row
    is_finished: bool
    before: Row | None
    unfinished: date | None


def spot(rows: pl.DataFrame, column: str) -> Spot:
    """Where to look in the rows of one series, in the order of time. A full period is never held against a part."""
    finished = rows.filter(~pl.col("is_partial"))
    end = rows.row(-1, named=True)
    if finished.is_empty():
        return Spot(end, is_finished=False, before=None, unfinished=None)
    last = finished.row(-1, named=True)
    before = finished.row(-2, named=True) if finished.height > 1 else None
    return Spot(last, is_finished=True, before=before, unfinished=end[column] if end["is_partial"] else None)


def ending(found: Spot, grain: Grain) -> str:
    """What a sentence adds where the newest period is still open."""
    return f"; {period(found.unfinished, grain)} is not finished yet" if found.unfinished else ""


def with_partial(frame: pl.DataFrame, look: Look, column: str, grain: Grain) -> pl.DataFrame:
    """The frame with ``is_partial``, for tables that have none: a period that ends after the report's day."""
    if "is_partial" in frame.columns:
        return frame
    day = look.day
    flags = [day is not None and last_day(first, grain) > day for first in frame[column].to_list()]
    return frame.with_columns(is_partial=pl.Series(flags, dtype=pl.Boolean))


def earlier(look: Look) -> pl.DataFrame | None:
    """The report to compare with, None where there is none or nothing in it."""
    return look.compare if look.compare is not None and not look.compare.is_empty() and look.compare_day else None
