"""Parquet files, and SQL over files: what Polars itself reads lazily.

Belongs here: lazy frames as batches. Not here: which files (``files``), text (``csv_source``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import polars as pl

from ca_platform.errors import CaPlatformError, ConfigurationError, SourceError
from ca_platform.sources.base import FILE, PLACE_SCHEMA, ROW, Batch, Bounds, Source, require_columns

T = TypeVar("T")

BATCH_ROWS = 250_000
PARQUET_ENDINGS = (".parquet", ".pq")
TABLE = "source"
"""Name of the files in a query."""
_FIRST, _LAST = datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01")
"""Values beyond are no dates of a shop, but placeholders, which ingest has to see and refuse."""


class ParquetSource:
    """Rows of Parquet files.

    Args:
        name: name of the source in the settings.
        path: what the settings say, for messages.
        files: the files, in the order in which their rows come.
    """

    def __init__(self, name: str, path: str, files: Sequence[str]) -> None:
        self._name = name
        self.label = path
        self.files = tuple(files)

    def schema(self) -> Mapping[str, pl.DataType]:
        """Columns of the first file."""
        return _schema(self.files[0])

    def batches(self, columns: Sequence[str], bounds: Bounds | None = None) -> Iterator[Batch]:
        """The rows, file by file."""
        for number, path in enumerate(self.files):
            schema = _schema(path)
            require_columns(columns, list(schema), self._name, path)
            frame = pl.scan_parquet(path, row_index_name=ROW, row_index_offset=1, glob=False, hive_partitioning=False)
            wanted = frame.filter(_inside(bounds, schema)) if bounds is not None else frame
            place = pl.lit(number, pl.UInt32).alias(FILE)
            yield from _collected(wanted.select(*columns, place, pl.col(ROW).cast(pl.Int64)), path)

    def extremes(self, column: str, bounds: Bounds | None = None) -> Iterator[pl.Series]:  # noqa: ARG002
        """All values of the column."""
        for batch in self.batches([column]):
            yield batch.frame[column]

    def lazy(self) -> pl.LazyFrame:
        """All files as one table."""
        for path in self.files[1:]:
            require_columns(self.schema(), list(_schema(path)), self._name, path)
        return pl.scan_parquet(list(self.files), glob=False, hive_partitioning=False, extra_columns="ignore")


class QuerySource:
    """Result of a query over files.

    Args:
        inner: the files.
        query: SQL of Polars; the files are the table ``source``.
        name: name of the source in the settings.
    """

    files: Sequence[str] = ()

    def __init__(self, inner: Source, query: str, name: str) -> None:
        self.label = f"the query of {name} over {inner.label}"
        self._inner = inner
        self._query = query
        self._name = name

    def schema(self) -> Mapping[str, pl.DataType]:
        """Columns of the result."""
        frame = (
            self._inner.lazy() if isinstance(self._inner, ParquetSource) else pl.LazyFrame(schema=self._inner.schema())
        )
        return self._explained(lambda: self._run(frame).collect_schema())

    def batches(self, columns: Sequence[str], bounds: Bounds | None = None) -> Iterator[Batch]:
        """Rows of the result, numbered from 1. Rows of text files with a wrong number of fields come first."""
        if isinstance(self._inner, ParquetSource):
            yield from self._result(self._inner.lazy(), columns, bounds)
            return
        # Text is put aside as Parquet, so that a query may read it as often as it likes in bounded memory.
        with tempfile.TemporaryDirectory(prefix="ca_platform_query_") as folder:
            pieces: list[Path] = []
            everything = list(self._inner.schema())
            for number, batch in enumerate(self._inner.batches(everything)):
                pieces.append(Path(folder) / f"{number:06}.parquet")
                batch.frame.select(everything).write_parquet(pieces[-1], compression="lz4")
                if batch.ragged.height:
                    empty = pl.DataFrame(schema={**dict.fromkeys(columns, pl.String()), **PLACE_SCHEMA})
                    yield replace(batch, frame=empty)
            frame = pl.scan_parquet(pieces) if pieces else pl.LazyFrame(schema=self._inner.schema())
            yield from self._result(frame, columns, bounds)

    def extremes(self, column: str, bounds: Bounds | None = None) -> Iterator[pl.Series]:  # noqa: ARG002
        """All values of the column of the result."""
        for batch in self.batches([column]):
            yield batch.frame[column]

    def _result(self, table: pl.LazyFrame, columns: Sequence[str], bounds: Bounds | None) -> Iterator[Batch]:
        result = self._explained(lambda: self._run(table))
        schema = self._explained(result.collect_schema)
        numbered = result.with_row_index(ROW, 1)
        wanted = numbered.filter(_inside(bounds, schema)) if bounds is not None else numbered
        place = pl.lit(None, pl.UInt32).alias(FILE)
        yield from _collected(wanted.select(*columns, place, pl.col(ROW).cast(pl.Int64)), self.label)

    def _run(self, table: pl.LazyFrame) -> pl.LazyFrame:
        return pl.SQLContext({TABLE: table}).execute(self._query, eager=False)

    def _explained(self, run: Callable[[], T]) -> T:
        try:
            return run()
        except CaPlatformError:
            raise
        except Exception as error:
            raise ConfigurationError(
                f"sources.{self._name}.query cannot be run: {_first_line(error)}. The files are the table `{TABLE}`; "
                "columns of text files are text: use cast(x as double)."
            ) from error


def _schema(path: str) -> Mapping[str, pl.DataType]:
    try:
        # Object stores are read by Polars itself, with its own credentials of the environment.
        return pl.scan_parquet(path, glob=False).collect_schema() if "://" in path else pl.read_parquet_schema(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(path, error) from None


def _collected(frame: pl.LazyFrame, where: str) -> Iterator[Batch]:
    try:
        for part in frame.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True, engine="streaming"):
            if part.height:
                yield Batch(part)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(where, error) from None


def _damaged(path: str, error: Exception) -> SourceError:
    return SourceError(
        f"{path}: cannot be read as Parquet ({_first_line(error)}). The file is damaged, cut off or of another kind: "
        "fetch it again, or correct `kind`."
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _inside(bounds: Bounds, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """Rows that may lie inside the bounds: a day more on both sides, so that no time zone matters here."""
    dtype = schema[bounds.column]
    if not isinstance(dtype, (pl.Datetime, pl.Date)):
        return pl.lit(True)
    column = pl.col(bounds.column)
    zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None

    def edge(at: datetime) -> pl.Expr:
        return pl.lit(at.replace(tzinfo=UTC) if zone else at.replace(tzinfo=None)).cast(
            pl.Datetime("us", zone) if isinstance(dtype, pl.Datetime) else pl.Date
        )

    inside = column < edge(bounds.end + timedelta(days=1)) if bounds.end is not None else pl.lit(True)
    if bounds.start is not None:
        inside &= column >= edge(bounds.start - timedelta(days=1))
    return inside | column.is_null() | (column < edge(_FIRST)) | (column >= edge(_LAST))
