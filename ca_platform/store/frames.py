"""Putting what was stored together again, alike in every store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from ca_platform.store.records import Dimension
from ca_platform.store.reportframe import DAY


def stack(tables: Sequence[tuple[date, pl.DataFrame]]) -> pl.DataFrame:
    """Tables of several days, one below the other, behind their day. A column that older days lack is null there."""
    if not tables:
        return pl.DataFrame(schema={DAY: pl.Date})
    whole = pl.concat([table for _, table in tables], how="diagonal_relaxed")
    # The newest day's order of columns: a column added later would else come last.
    newest = tables[-1][1].columns
    whole = whole.select(*newest, *(name for name in whole.columns if name not in newest))
    lengths = pl.Series([table.height for _, table in tables], dtype=pl.Int64)
    dates = pl.DataFrame({DAY: [day for day, _ in tables]}, schema={DAY: pl.Date}).select(
        pl.col(DAY).repeat_by(lengths).explode(empty_as_null=False)
    )
    return pl.concat([dates, whole], how="horizontal")


def in_order(dimensions: Iterable[Dimension]) -> list[Dimension]:
    """``main`` first, then by name and value, null first."""
    return sorted(dimensions, key=lambda found: (not found.is_main, found.name, found.value or ""))


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with each list as the text of a JSON array, for formats without lists, such as CSV.

    >>> flat(pl.DataFrame({"antecedent": [["a, b", "ключ"], None]}))["antecedent"].to_list()
    ['["a, b", "ключ"]', None]
    """
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    return frame.with_columns(pl.col(name).map_elements(_json, return_dtype=pl.String) for name in lists)


def _json(texts: pl.Series) -> str:
    return json.dumps(texts.to_list(), ensure_ascii=False)
