"""What the columns of an unknown source look like: kinds of their values, from its first rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from ca_platform.sources.base import FILE, ROW, Source

SAMPLE_ROWS = 5_000

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{10}(\d{3})?$")
_FLAGS = {"true", "false", "1", "0", "yes", "no", "t", "f", "y", "n"}


@dataclass
class Columns:
    """Columns of a sample: what their values look like."""

    kinds: dict[str, str]
    distinct: dict[str, int]
    has_comma: bool = False
    """Numbers have a decimal comma."""
    used: set[str] = field(default_factory=set)


def sample(opened: Source) -> Columns:
    """The columns of a source from its first rows."""
    columns = list(opened.schema())
    batch = next(iter(opened.batches(columns)), None)
    rows = batch.frame.drop(FILE, ROW).head(SAMPLE_ROWS) if batch is not None else pl.DataFrame(schema=opened.schema())
    kinds = {name: _kind_of_values(rows[name]) for name in columns}
    texts = [rows[name] for name, kind in kinds.items() if kind == "number" and rows[name].dtype == pl.String()]
    has_comma = any(bool(values.str.contains(",", literal=True).any()) for values in texts)
    return Columns(kinds, {name: rows[name].n_unique() for name in columns}, has_comma)


def _kind_of_type(dtype: pl.DataType) -> str:
    if dtype == pl.Boolean():
        return "flag"
    if isinstance(dtype, (pl.Datetime, pl.Date)):
        return "date"
    return "number" if dtype.is_numeric() else "text"


def _kind_of_values(values: pl.Series) -> str:
    if values.dtype != pl.String():
        kind = _kind_of_type(values.dtype)
        return "flag" if kind == "number" and set(values.drop_nulls().unique().to_list()) <= {0, 1} else kind
    known = [value.strip() for value in values.drop_nulls().head(500).to_list() if value.strip()]
    if not known:
        return "text"
    if all(value.lower() in _FLAGS for value in known):
        return "flag"
    if all(_DATE.match(value) for value in known):
        return "date"
    return "number" if all(_is_number(value) for value in known) else "text"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+([.,]\d+)?", text) is not None
