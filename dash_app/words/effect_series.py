"""Distributions, resamples and fitted families of the item that is opened, in words."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import effect_opened
from dash_app.words.effect_pairs import PAIR
from dash_app.words.effects import size
from dash_app.words.formats import Formats, formats
from dash_app.words.lists import NOTHING
from dash_app.words.names import capital, quoted
from dash_app.words.rows import Row

FITTED, BOOTSTRAP = "fitted", "bootstrap"
SIDES = (("before", "after"), ("a", "b"))
"""Names of the series of both sides: of what is compared over time, and of pairs."""
DISTRIBUTIONS = (*SIDES[0], *SIDES[1], FITTED)
_NAMES = ("item_kind", "item", *PAIR, "metric")


def of_item(frame: pl.DataFrame, look: Look, series: Sequence[str] = ()) -> pl.DataFrame:
    """The rows of the opened item with its metric: those of ``Look.also``, its comparison; without it, the first ones.

    Args:
        series: of which series; empty: all rows.
    """
    rows = frame.filter(pl.col("series").is_in(list(series))) if series else frame
    found = None if look.also is None else effect_opened.item(look.also, look)
    if found is not None and found.height:
        keys = [name for name in _NAMES if name in found.columns]
        return rows.join(found.head(1).select(keys), on=keys, how="semi", maintain_order="left")
    if found is not None or rows.is_empty():
        return rows.clear()
    keys = [name for name in _NAMES if name in rows.columns]
    return rows.join(rows.head(1).select(keys), on=keys, how="semi")


def names_of_sides(rows: pl.DataFrame) -> dict[str, str]:
    """The series of both sides, and what each of them is."""
    if PAIR[0] not in rows.columns:
        return {name: name for name in SIDES[0]}
    return dict(zip(SIDES[1], rows.select(PAIR).row(0), strict=True)) if rows.height else {}


def _called(rows: pl.DataFrame) -> str:
    names = PAIR if PAIR[0] in rows.columns else ("item",)
    return " against ".join(quoted(rows[name][0]) for name in names)


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
    sides_ = names_of_sides(rows)
    before, after = (sum(rows.filter(series=series)["share"].to_list()) for series in sides_)
    if PAIR[0] in rows.columns:
        one, other = (quoted(name) for name in sides_.values())
        return (
            f"{form.share(before)} of the customers of {one} paid less than {size(border, metric, form)} an order, "
            f"{form.share(after)} of those of {other}."
        )
    did = "ordered nothing" if metric == "orders" else f"spent less than {size(border, metric, form)}"
    return (
        f"{_called(rows)}: {form.share(before)} of its customers {did} in the time before, {form.share(after)} in "
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
    return f"{_called(rows)}: {form.share(lesser)} of its resampled differences lie {side} zero{doubted}."


def families(frame: pl.DataFrame, look: Look) -> str:
    """Which family describes both sides together best."""
    rows = of_item(frame, look)
    best = rows.filter("is_best")
    if best.is_empty():
        return "No family can be fitted to this item: nothing varies, or there is nobody."
    name = capital(best["family"][0])
    both = f"fitted to both sides of {_called(rows)} together"
    told = (
        f"{name} alone can be {both}"
        if rows.height == 1
        else f"Of {rows.height} families that can be {both}, {name} is best"
    )
    return f"{told}; it describes and does not choose the test."


def without_families(frame: pl.DataFrame, kind: str) -> bool:
    """Whether no family is fitted to any item of a kind; pairs have no kinds."""
    return (frame.filter(item_kind=kind) if kind else frame).is_empty()


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
