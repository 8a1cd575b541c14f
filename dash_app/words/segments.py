"""Segments of customers in words and as a table."""

from __future__ import annotations

import polars as pl

from ca_platform.settings.segments import SEGMENTS
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.formats import formats, plural
from dash_app.words.lists import Column
from dash_app.words.rows import earlier
from dash_app.words.versus import clause, more_or_less

_QUIET = ("at risk", "can't lose them", "hibernating", "lost")


def largest(frame: pl.DataFrame, look: Look) -> str:
    """The segment with the most customers, against the earlier day."""
    form = formats(look)
    total = int(frame["customers"].sum())
    if not total:
        return "No customer has ordered yet."
    best = frame.sort("customers", "segment", descending=[True, False]).row(0, named=True)
    said = f"{form.count(best['customers'])} of {form.count(total)} {plural(total, 'customer')}"
    then, comparison = earlier(look), ""
    if then is not None and (own := then.filter(segment=best["segment"])).height:
        before = int(own["customers"][0])
        comparison = clause(more_or_less(best["customers"], before, form), f"on the earlier day ({form.count(before)})")
    return f"The largest segment is {best['segment']}: {said} ({form.share(best['customers'] / total)}){comparison}."


def money(frame: pl.DataFrame, look: Look) -> str:
    """Which segment has brought the most, and with how many customers."""
    form = formats(look)
    best = frame.sort("revenue", "segment", descending=[True, False]).row(0, named=True)
    if best["revenue_share"] is None or best["share"] is None:
        return "Nothing has been paid by any segment yet."
    parts = f"{form.share(best['revenue_share'])} of all revenue, from {form.share(best['share'])} of the customers"
    return f"Customers who are now {best['segment']} have brought the most: {parts}."


def moved(frame: pl.DataFrame, look: Look) -> str:
    """How many customers are in another segment than 30 days before, and how many of them have gone quiet."""
    form = formats(look)
    old = frame.drop_nulls("segment_before")
    total = int(old["customers"].sum())
    new = int(frame["customers"].sum()) - total
    if not total:
        return f"All {form.count(new)} {plural(new, 'customer')} came within the last 30 days."
    other = old.filter(pl.col("segment_before") != pl.col("segment"))
    count = int(other["customers"].sum())
    is_worse = pl.col("segment").is_in(_QUIET) & ~pl.col("segment_before").is_in(_QUIET)
    worse = int(other.filter(is_worse)["customers"].sum())
    said = f"{form.count(count)} of {form.count(total)} customers ({form.share(count / total)})"
    return f"{said} are in another segment than 30 days before, {form.count(worse)} of them have gone quiet; {form.count(new)} are new."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """``segmentation`` as a table, from the best segment to the lost."""
    form = formats(look)
    columns = (
        Column("segment", "Segment"),
        Column("customers", "Customers", form.compact, has_bar=True, opens=True),
        Column("share", "Share", form.share),
        Column("revenue", "Revenue", is_money=True),
        Column("revenue_share", "Of revenue", form.share),
    )
    rows = pl.concat([frame.filter(segment=name) for name in SEGMENTS])
    return lists.listing(rows, columns, look, key=("segment",), of=frame.height, noun="segments")
