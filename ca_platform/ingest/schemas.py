"""Types of the lake's tables under the mapping of a source, from the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.catalogue.datasets import DATASETS
from ca_platform.catalogue.spec import Kind
from ca_platform.money import MONEY
from ca_platform.settings import SourceSettings

_TYPES: dict[Kind, pl.DataType] = {
    Kind.DATE: pl.Date(),
    Kind.INSTANT: INSTANT,
    Kind.TEXT: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.FLOAT: pl.Float64(),
    Kind.MONEY: MONEY,
    Kind.FLAG: pl.Boolean(),
}
_SPECS = {spec.name: spec for spec in DATASETS}


def lake_schema(name: str, source: SourceSettings) -> pl.Schema:
    """Columns of a dataset, in order: those of the catalogue, then dimensions, actions, experiments as declared."""
    columns = {column.name: _TYPES[column.kind] for column in _SPECS[name].columns}
    columns |= {f"dimensions.{own}": pl.String() for own in source.dimensions}
    if name == "sessions":
        columns |= {f"actions.{own}": pl.Boolean() for own in source.actions}
    columns |= {f"action_times.{own}": INSTANT for own in source.actions}
    columns |= {f"experiments.{own}": pl.String() for own in source.experiments}
    return pl.Schema(columns)


def sort_key(name: str) -> Sequence[str]:
    """Order of the rows of a part."""
    return _SPECS[name].sort
