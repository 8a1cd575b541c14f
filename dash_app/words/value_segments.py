"""Revenue to come by segment, in words."""

from __future__ import annotations

import polars as pl

from ca_platform.settings.segments import SEGMENTS
from dash_app.records import Look
from dash_app.words.formats import formats, plural
from dash_app.words.value_course import beware

TO_COME = "still to come"
"""Customers who have not ordered yet."""

_FADING = 0.98
"""Above this part of the first week's revenue the last week's is about the same."""


def expected(frame: pl.DataFrame, look: Look) -> str:
    """Which segment most is expected of, and how much of customers who have not come yet."""
    form = formats(look)
    rows = frame.with_columns(amount=pl.col("amount").fill_null(0).cast(pl.Float64))
    total = float(rows["amount"].sum())
    known = rows.filter(pl.col("segment").is_in(SEGMENTS)).sort("amount", "segment", descending=[True, False])
    if not total or known.is_empty():
        return "Nothing is expected of any customer."
    best = known.row(0, named=True)
    coming = total - float(known["amount"].sum())
    later = "" if coming <= 0 else f"; {form.share(coming / total)} from customers who are still to come"
    return (
        f"Of {form.compact_money(total)} that are expected, {form.compact_money(best['amount'])} ({form.share(best['amount'] / total)}) come "
        f"from the {form.count(best['customers'])} {plural(best['customers'], 'customer')} who {plural(best['customers'], 'is', 'are')} now {best['segment']}"
        f"{later}. {beware(frame)}"
    ).rstrip()


def by_week(frame: pl.DataFrame, look: Look) -> str:
    """Which segment's revenue fades most within the horizon."""
    form = formats(look)
    known = frame.filter(pl.col("segment").is_in(SEGMENTS)).with_columns(pl.col("amount").cast(pl.Float64))
    ends = known.group_by("segment").agg(
        first=pl.col("amount").sort_by("week").first(), last=pl.col("amount").sort_by("week").last()
    )
    told = ends.filter(pl.col("first") > 0).sort(pl.col("first") - pl.col("last"), "segment", descending=[True, False])
    if told.is_empty():
        return "Nothing is expected of any customer."
    best = told.row(0, named=True)
    if best["last"] > _FADING * best["first"]:
        return "The revenue of no segment fades: customers are expected to order as they do now."
    return (
        f"Revenue of the segment {best['segment']} fades most: {form.compact_money(best['first'])} in the first week, "
        f"{form.compact_money(best['last'])} in the last one."
    )
