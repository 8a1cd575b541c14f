"""Frames to JSON documents and back, for any nesting of structs and lists. One pass in Polars, no Python per row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

# ISO 8601 with an offset, as Polars writes instants into JSON; a Z is read too.
_INSTANT_FORMAT = "%+"


def documents(frame: pl.DataFrame) -> pl.Series:
    """One JSON object per row."""
    return frame.select(pl.struct(pl.all()).struct.json_encode().alias("json")).to_series()


def frame_of(sources: list[dict[str, Any]], types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Parsed documents as a frame of these types."""
    raw = pl.DataFrame(
        [{name: source.get(name) for name in types} for source in sources],
        schema={name: _json_type(dtype) for name, dtype in types.items()},
    )
    return raw.select(_parsed(pl.col(name), dtype).alias(name) for name, dtype in types.items())


def table_of(columns: Mapping[str, list[Any]], types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """A stored table, an object of equally long arrays, as a frame of these types."""
    raw = pl.DataFrame([pl.Series(name, columns[name], dtype=_json_type(dtype)) for name, dtype in types.items()])
    dated = [_parsed(pl.col(name), dtype).alias(name) for name, dtype in types.items() if _json_type(dtype) != dtype]
    return raw.with_columns(dated) if dated else raw


def _json_type(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, (pl.Datetime, pl.Date)):
        return pl.String()
    if isinstance(dtype, pl.List):
        return pl.List(_json_type(_as_type(dtype.inner)))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: _json_type(_as_type(field.dtype)) for field in dtype.fields})
    return dtype


def _parsed(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime):
        return column.str.to_datetime(_INSTANT_FORMAT, time_unit="us", time_zone="UTC")
    if isinstance(dtype, pl.Date):
        return column.str.to_date("%Y-%m-%d")
    if isinstance(dtype, pl.List):
        return column.list.eval(_parsed(pl.element(), _as_type(dtype.inner)))
    if isinstance(dtype, pl.Struct):
        fields = [
            _parsed(column.struct.field(field.name), _as_type(field.dtype)).alias(field.name) for field in dtype.fields
        ]
        return pl.when(column.is_not_null()).then(pl.struct(fields))
    return column


def _as_type(dtype: Any) -> pl.DataType:
    return dtype if isinstance(dtype, pl.DataType) else dtype()
