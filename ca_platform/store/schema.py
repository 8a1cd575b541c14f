"""Types at the edge: what a stored table's columns are, and turning a computed frame into exactly these types.

What belongs here: kinds, their Polars types, the checks a frame must pass before it is written. Not: JSON, SQL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.catalogue.spec import Kind, ReportSpec
from ca_platform.errors import ValidationError
from ca_platform.store.money import round_money

EDGE_TYPES: dict[str, pl.DataType] = {
    Kind.DATE: pl.Date(),
    Kind.INSTANT: INSTANT,
    Kind.TEXT: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.FLOAT: pl.Float64(),
    Kind.MONEY: pl.Float64(),
    Kind.FLAG: pl.Boolean(),
    Kind.TEXTS: pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True)
class TableSchema:
    """Names and kinds of a stored table's columns, in order."""

    kinds: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, schema: ReportSpec | Mapping[str, Any]) -> TableSchema:
        """From the catalogue, or from a mapping of column name to kind or Polars type."""
        if isinstance(schema, ReportSpec):
            return cls(tuple((column.name, str(column.kind)) for column in schema.columns))
        return cls(tuple((name, _kind(name, given)) for name, given in schema.items()))

    @classmethod
    def parse(cls, text: str) -> TableSchema:
        return cls(tuple((name, kind) for name, kind in json.loads(text)))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.kinds)

    @property
    def types(self) -> dict[str, pl.DataType]:
        return {name: EDGE_TYPES[kind] for name, kind in self.kinds}

    def __str__(self) -> str:
        return json.dumps(self.kinds, ensure_ascii=False)

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.types)


def _kind(name: str, given: Any) -> str:
    if isinstance(given, str) and str(given) in EDGE_TYPES:
        return str(given)
    try:
        return kind_of(given)
    except KeyError as error:
        raise ValidationError(f"Column {name}: {given} is no type of a stored table.") from error


def kind_of(dtype: pl.DataType | type[pl.DataType]) -> str:
    """Kind of a Polars type; KeyError for types that cannot be stored."""
    if isinstance(dtype, pl.Decimal) or dtype == pl.Decimal:
        return str(Kind.MONEY)
    if isinstance(dtype, pl.Datetime) or dtype == pl.Datetime:
        return str(Kind.INSTANT)
    if isinstance(dtype, pl.List) and dtype.inner == pl.String:
        return str(Kind.TEXTS)
    simple: dict[Any, str] = {pl.Date: "date", pl.String: "text", pl.Boolean: "flag"}
    if dtype in simple:
        return simple[dtype]
    if dtype in (pl.Float64, pl.Float32):
        return str(Kind.FLOAT)
    if dtype.is_integer():
        return str(Kind.INTEGER)
    raise KeyError(str(dtype))


def to_edge(frame: pl.DataFrame, schema: TableSchema, digits: int, where: str) -> pl.DataFrame:
    """The frame's columns in the order and the types of the schema; other columns of the frame are dropped.

    Args:
        where: name of the report or dataset, for messages.
    """
    for name, kind in schema.kinds:
        _check_type(frame.schema.get(name), name, kind, where)
    try:
        edge = frame.select(_edge(name, kind, frame.schema[name], digits) for name, kind in schema.kinds)
    except pl.exceptions.PolarsError as error:
        raise ValidationError(
            f"{where}: a value does not fit its column's type: {str(error).splitlines()[0]}. Nothing was written."
        ) from error
    _check_finite(edge, schema, where)
    return edge


def _edge(name: str, kind: str, dtype: pl.DataType, digits: int) -> pl.Expr:
    column = pl.col(name)
    if kind == Kind.MONEY and dtype != pl.Null:
        return round_money(column, digits)
    if kind == Kind.INSTANT and dtype != pl.Null:
        return column.dt.convert_time_zone("UTC").cast(INSTANT)
    return column.cast(EDGE_TYPES[kind])


_ACCEPTED: dict[str, tuple[str, ...]] = {
    Kind.DATE: ("date",),
    Kind.INSTANT: ("instant",),
    Kind.TEXT: ("text",),
    Kind.INTEGER: ("integer",),
    Kind.FLOAT: ("float", "integer", "money"),
    Kind.MONEY: ("money", "float", "integer"),
    Kind.FLAG: ("flag",),
    Kind.TEXTS: ("texts",),
}


def _check_type(dtype: pl.DataType | None, name: str, kind: str, where: str) -> None:
    if dtype is None:
        raise ValidationError(f"{where}: the column {name} of its schema is not in the frame. Nothing was written.")
    if dtype == pl.Null or (kind == Kind.TEXT and dtype in (pl.Categorical, pl.Enum)):
        return
    try:
        accepted = kind_of(dtype) in _ACCEPTED[kind]
    except KeyError:
        accepted = False
    if not accepted or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None):
        raise ValidationError(
            f"{where}: the column {name} is {dtype} where its schema says {kind}. Nothing was written."
        )


def _check_finite(frame: pl.DataFrame, schema: TableSchema, where: str) -> None:
    floats = [name for name, dtype in schema.types.items() if dtype == pl.Float64]
    if not floats:
        return
    bad = frame.select((~pl.col(name).is_finite()).sum() for name in floats).row(0)
    named = [f"{name} ({count})" for name, count in zip(floats, bad, strict=True) if count]
    if named:
        raise ValidationError(
            f"{where}: not a number or infinite values in {', '.join(named)}. Nothing was written; "
            "a division by zero must give null."
        )
