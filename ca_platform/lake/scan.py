"""Parts as one lazy frame with one schema, whatever was mapped when each of them was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ca_platform.errors import LakeError
from ca_platform.lake.records import Part


@dataclass(frozen=True, slots=True)
class _Fit:
    """How the columns of a part stand to the wanted ones."""

    is_cast: bool
    missing: frozenset[str]


def scan_parts(parts: Sequence[Part], schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """All rows of the parts with exactly the columns of ``schema``.

    A column that a part lacks is null there, a flag false. Parts whose types differ are cast; the others, as a rule
    all, are one scan, so that Polars prunes and reads them as one table. Columns beyond the schema are not read.
    """
    filled = [part for part in parts if part.rows]
    if not filled:
        return pl.LazyFrame(schema=schema)
    fits = {text: _fit(text, schema) for text in {part.columns for part in filled}}
    return pl.concat(list(_scans(filled, fits, schema)), how="vertical")


def common_schema(parts: Sequence[Part]) -> pl.Schema:
    """Columns of all parts, the newest part's type where they differ.

    One file per kind of part is opened, as a rule a single one.
    """
    samples = {part.columns: part.path for part in sorted(parts, key=lambda part: part.written_at)}
    schema: dict[str, pl.DataType] = {}
    for path in samples.values():
        schema.update(read_schema(path))
    return pl.Schema(schema)


def read_schema(path: str) -> pl.Schema:
    """Columns and types of a part's file."""
    try:
        return pl.Schema(pl.read_parquet_schema(path))
    except FileNotFoundError:
        raise
    except (OSError, pl.exceptions.PolarsError) as error:
        raise LakeError(
            f"The part {path} is damaged ({str(error).splitlines()[0]}): load its day again, which replaces it."
        ) from error


def _fit(text: str, schema: Mapping[str, pl.DataType]) -> _Fit:
    have: dict[str, str] = json.loads(text)
    return _Fit(
        is_cast=any(name in have and have[name] != str(dtype) for name, dtype in schema.items()),
        missing=frozenset(schema) - frozenset(have),
    )


def _scans(
    parts: Sequence[Part], fits: Mapping[str, _Fit], schema: Mapping[str, pl.DataType]
) -> Iterator[pl.LazyFrame]:
    plain = [part for part in parts if not fits[part.columns].is_cast]
    if plain:
        frame = pl.scan_parquet(
            [part.path for part in plain],
            schema=dict(schema),
            missing_columns="insert",
            extra_columns="ignore",
            glob=False,
            hive_partitioning=False,
        )
        missing = frozenset[str]().union(*(fits[part.columns].missing for part in plain))
        yield _with_false_flags(frame, missing, schema)
    for text, fit in fits.items():
        if fit.is_cast:
            paths = [part.path for part in parts if part.columns == text]
            yield _cast(pl.scan_parquet(paths, glob=False, hive_partitioning=False), fit, schema)


def _with_false_flags(frame: pl.LazyFrame, missing: frozenset[str], schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    # Only where a part lacks the flag: fill_null would keep Polars from pruning by a flag that is always there.
    flags = [name for name in schema if name in missing and schema[name] == pl.Boolean()]
    return frame.with_columns(pl.col(flags).fill_null(value=False)) if flags else frame


def _cast(frame: pl.LazyFrame, fit: _Fit, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    def column(name: str, dtype: pl.DataType) -> pl.Expr:
        if name not in fit.missing:
            return pl.col(name).cast(dtype)
        return pl.lit(False if dtype == pl.Boolean() else None, dtype=dtype).alias(name)

    return frame.select([column(name, dtype) for name, dtype in schema.items()])
