"""A computed report made ready for storing: checked, in edge types, and cut into one table per document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from ca_platform.catalogue.spec import ReportSpec
from ca_platform.errors import ValidationError
from ca_platform.store.protocol import Schema
from ca_platform.store.records import MAIN_NAME
from ca_platform.store.schema import TableSchema, to_edge

DAY, DIMENSION, VALUE = "report_date", "report_dimension", "report_value"
PREFIX = (DAY, DIMENSION, VALUE)
PREFIX_TYPES: dict[str, pl.DataType] = {DAY: pl.Date(), DIMENSION: pl.String(), VALUE: pl.String()}


@dataclass(frozen=True, slots=True)
class ReportFrame:
    """A report's rows for several days.

    Attributes:
        keys: one row per document, sorted: PREFIX, ``offset`` and ``length`` of its rows in ``rows``; every day has
            ``main``.
        rows: all tables, one below the other, in edge types, without PREFIX.
    """

    name: str
    family: str
    days: tuple[date, ...]
    schema: TableSchema
    keys: pl.DataFrame
    rows: pl.DataFrame

    @classmethod
    def make(
        cls, name: str, days: Sequence[date], frame: pl.DataFrame | pl.LazyFrame, schema: Schema, digits: int
    ) -> ReportFrame:
        """Check a computed frame and bring it into the store's types.

        Rows keep their order within a document.
        """
        whole = frame.lazy().collect(engine="streaming") if isinstance(frame, pl.LazyFrame) else frame
        table = TableSchema.of(schema)
        _check_columns(whole, table, name)
        prefix = whole.select(pl.col(column).cast(dtype) for column, dtype in PREFIX_TYPES.items())
        # Reports come document by document, as a rule: looking at millions of rows one by one, or sorting them, would
        # only cost time.
        empty_is_null = pl.col(VALUE).replace("", None)
        documents = documents_in(prefix).with_columns(empty_is_null)
        _check_prefix(documents, days, name)
        edge = to_edge(whole, table, digits, f"report {name}")
        if documents.select(PREFIX).is_duplicated().any():
            order = prefix.with_columns(empty_is_null).with_row_index("__row").sort(*PREFIX, "__row", nulls_last=False)
            documents, edge = documents_in(order.select(PREFIX)), edge[order["__row"]]
        return cls(
            name=name,
            family=schema.family if isinstance(schema, ReportSpec) else "",
            days=tuple(sorted(set(days))),
            schema=table,
            keys=_keys(documents, days),
            rows=edge,
        )


def documents_in(prefix: pl.DataFrame) -> pl.DataFrame:
    """Runs of rows with the same PREFIX: one row for each, with its ``offset`` and ``length``."""
    changes = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in PREFIX)
    rows = prefix.with_row_index("offset").with_columns(pl.col("offset").cast(pl.Int64))
    starts = rows.filter(changes | (pl.col("offset") == 0))
    ends = pl.col("offset").shift(-1, fill_value=prefix.height)
    return starts.select(*PREFIX, length=ends - pl.col("offset"), offset="offset")


def _keys(documents: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    main = pl.DataFrame({DAY: sorted(set(days))}, schema={DAY: pl.Date}).with_columns(
        pl.lit(MAIN_NAME).alias(DIMENSION), pl.lit(None, pl.String).alias(VALUE), length=pl.lit(0, pl.Int64)
    )
    empty = main.join(documents, on=list(PREFIX), how="anti", nulls_equal=True)
    empty = empty.with_columns(offset=pl.lit(0, pl.Int64))
    return pl.concat([documents, empty.select(documents.columns)]).sort(*PREFIX, nulls_last=False)


def _check_columns(frame: pl.DataFrame, table: TableSchema, name: str) -> None:
    missing = [column for column in PREFIX if column not in frame.columns]
    if missing:
        raise ValidationError(f"report {name}: the frame has no column {', '.join(missing)}. Nothing was written.")
    unknown = [column for column in frame.columns if column not in PREFIX and column not in table.names]
    if unknown:
        raise ValidationError(
            f"report {name}: the frame has columns that its schema does not know: {', '.join(unknown)}. "
            "Nothing was written; declare them in the catalogue or drop them."
        )


def _check_prefix(prefix: pl.DataFrame, days: Sequence[date], name: str) -> None:
    if prefix[DAY].null_count() or prefix[DIMENSION].null_count():
        raise ValidationError(f"report {name}: rows without {DAY} or {DIMENSION}. Nothing was written.")
    asked = set(days)
    outside = [day for day in prefix[DAY].unique().sort().to_list() if day not in asked]
    if outside:
        raise ValidationError(
            f"report {name}: rows of {', '.join(map(str, outside[:5]))}, which is not among the days of this write "
            f"({_span(days)}). Nothing was written."
        )
    if prefix.filter((pl.col(DIMENSION) == MAIN_NAME) & pl.col(VALUE).is_not_null()).height:
        raise ValidationError(f"report {name}: rows of `main` have a {VALUE}. Nothing was written.")


def _span(days: Sequence[date]) -> str:
    return f"{min(days)} to {max(days)}" if days else "none"
