"""Holding every number that can be opened against the rows that it opens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

import polars as pl
import polars.selectors as cs

from ca_platform.drill import Cell, Count, Scope, everybody, members
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store.frames import flat
from ca_platform.store.money import round_money

PLACE = ["report_dimension", "report_value"]
# On a quiet day nothing is sold, and in a shop of less than eight weeks no classes can be learnt.
MAY_BE_EMPTY = ("daily_products_of_sales", "clv_segments_distribution")


def wrong_cells(count: Count, report: pl.DataFrame, scope: Scope) -> pl.DataFrame:
    """Cells of a report, of ``main`` and of every dimension value, whose number is not that of the rows opened."""
    counted = _numbers(count, report, scope.minor_digits)
    names = scope.tables.slices.select("slice", report_dimension="dimension", report_value="value")
    opened = (
        everybody(count, scope)
        .group_by("slice", *(f"key.{name}" for name in count.key))
        .agg(rows=pl.len().cast(pl.Int64), different=_different(count).cast(pl.Int64))
        .collect(engine="streaming")
        .join(names, on="slice")
        .drop("slice")
        .rename({f"key.{name}": name for name in count.key})
    )
    both = counted.join(opened, on=[*PLACE, *count.key], how="left", nulls_equal=True).with_columns(
        pl.col("rows", "different").fill_null(0)
    )
    assert both.height == counted.height
    assert counted.height or count.report in MAY_BE_EMPTY, f"{count.report}.{count.column} has no cell"
    return both.filter((pl.col("rows") != pl.col("number")) | (pl.col("different") != pl.col("rows")))


def opened_alone(
    count: Count, report: pl.DataFrame, day: date, settings: Settings, lake: Lake, few: int, dice: random.Random
) -> Iterator[tuple[Cell, int, int]]:
    """Some cells opened one by one, as a page does: the cell, its number, the rows."""
    rows = (
        _numbers(count, report, settings.business.minor_digits).sort([*PLACE, *count.key], nulls_last=False).to_dicts()
    )
    filled = [row for row in rows if row["number"]]
    for row in dice.sample(filled, min(few, len(filled))) + dice.sample(rows, min(1, len(rows))):
        key = {name: row[name] for name in count.key}
        cell = Cell(count.report, count.column, day, key, row["report_dimension"], row["report_value"])
        found = lake.collect(lambda cell=cell: members(count, cell, settings, lake))  # type: ignore[misc]
        yield cell, row["number"], found.select(_different(count)).item() if found.height else 0


def _different(count: Count) -> pl.Expr:
    """How many the rows are; a delivery has no name, and two of an order may be alike."""
    if count.what == "deliveries":
        return pl.len()
    return pl.col("client" if count.what == "customers" else "order_id").n_unique()


def _numbers(count: Count, report: pl.DataFrame, minor_digits: int) -> pl.DataFrame:
    """The numbers that are such counts, by place and key; a number that stands in several rows once."""
    own = [pl.col(name).is_in(values) for name, values in count.where.items()]
    plain = flat(report).with_columns(pl.col(pl.Enum).cast(pl.String), round_money(cs.decimal(), minor_digits))
    known = plain.filter(pl.col(count.column).is_not_null(), *own)
    number = (pl.col(count.column) * pl.col(count.share_of)).round() if count.share_of else pl.col(count.column)
    return known.select(*PLACE, *count.key, number=number.cast(pl.Int64)).unique()
