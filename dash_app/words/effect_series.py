"""Distributions, resamples and fitted families of the item that is opened, in words."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import effect_opened
from dash_app.words.effects import size
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING
from dash_app.words.names import capital, quoted
from dash_app.words.rows import Row

FITTED, BOOTSTRAP = "fitted", "bootstrap"
DISTRIBUTIONS = ("before", "after", FITTED)
"""Names of the series of ``ab_distributions``."""


def of_item(frame: pl.DataFrame, look: Look, series: Sequence[str] = ()) -> pl.DataFrame:
    """The rows of the opened item with its metric: those of ``Look.also``, its comparison; without it, the first ones.

    Args:
        series: of which series; empty: all rows.
    """
    rows = frame.filter(pl.col("series").is_in(list(series))) if series else frame
    found = None if look.also is None else effect_opened.item(look.also, look)
    if found is not None and found.height:
        keys = [name for name in ("item_kind", "item", "metric") if name in found.columns]
        return rows.join(found.head(1).select(keys), on=keys, how="semi", maintain_order="left")
    if found is not None or rows.is_empty():
        return rows.clear()
    return rows.join(rows.head(1).select("item_kind", "item", "metric"), on=["item_kind", "item", "metric"], how="semi")


def row_of(rows: pl.DataFrame, look: Look) -> Row | None:
    """The comparison that the rows belong to; None where it is not at hand."""
    if look.also is None or rows.is_empty():
        return None
    found = effect_opened.item(look.also, look)
    return found.row(0, named=True) if found.height else None


def sides(frame: pl.DataFrame, look: Look) -> str:
    """How many customers ordered nothing, or less than the first border of amounts, before and after."""
    form = formats(look)
    rows = of_item(frame, look, DISTRIBUTIONS).filter(pl.col("low") <= 0)
    if rows.is_empty():
        return "There is no distribution of this item."
    metric, border = str(rows["metric"][0]), float(rows["high"][0])
    before, after = (sum(rows.filter(series=series)["share"].to_list()) for series in ("before", "after"))
    did = "ordered nothing" if metric == "orders" else f"spent less than {size(border, metric, form)}"
    return (
        f"{quoted(rows['item'][0])}: {form.share(before)} of its customers {did} in the time before, {form.share(after)} in "
        "the time after."
    )


def doubt(frame: pl.DataFrame, look: Look) -> str:
    """Which part of the resamples lies on the other side of zero."""
    form = formats(look)
    rows = of_item(frame, look, (BOOTSTRAP,))
    total = float(rows["share"].sum())
    if rows.is_empty() or total <= 0:
        return "There are no resamples of this item."
    middle = (rows["low"] + rows["high"]) / 2
    below = float(rows.filter(middle < 0)["share"].sum()) / total
    lesser, side = (below, "below") if below <= 0.5 else (1 - below, "above")
    row = row_of(rows, look)
    ratio = None if row is None else row["accept_ratio"]
    doubted = (
        "" if ratio is None else f"; the interval of {form.share(ratio)} of them covers zero, which decides nothing"
    )
    return f"{quoted(rows['item'][0])}: {form.share(lesser)} of its resampled differences lie {side} zero{doubted}."


def families(frame: pl.DataFrame, look: Look) -> str:
    """Which family describes both sides together best."""
    rows = of_item(frame, look)
    best = rows.filter("is_best")
    if best.is_empty():
        return "No family can be fitted to this item: nothing varies, or there is nobody."
    row = best.row(0, named=True)
    return (
        f"Of {rows.height} {plural(rows.height, 'family', 'families')} that can be fitted to both sides of "
        f"{quoted(row['item'])} together, {capital(row['family'])} is best; it describes and does not choose the test."
    )


def without_families(frame: pl.DataFrame, kind: str) -> bool:
    """Whether no family is fitted to any item of a kind."""
    return frame.filter(item_kind=kind).is_empty()


def listed_families(frame: pl.DataFrame, look: Look) -> Listing:
    """The fitted families, the best first."""
    form = formats(look)
    rows = of_item(frame, look).sort("aic", "family", nulls_last=True)
    heads = (
        Head("Family", is_number=False),
        Head("Parameters", is_number=False),
        Head("AIC"),
        Head("Largest gap"),
    )
    cells = tuple(
        (
            Cell(f"{capital(row['family'])}{' (best)' if row['is_best'] else ''}"),
            Cell(str(row["parameters"] or NOTHING).replace("_", " ")),
            _number(row["aic"], 1, form),
            _number(row["goodness_of_fit"], 3, form),
        )
        for row in rows.iter_rows(named=True)
    )
    return Listing(heads, cells, "fitted to both sides together, blind to which is which; AIC and gap: lower is better")


def _number(value: float | None, digits: int, form: Formats) -> Cell:
    return Cell(NOTHING if value is None else form.number(value, digits))
