"""One batch of rows by the names of the lake, and which of them break a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from ca_platform.ingest.reasons import Reason


@dataclass
class Table:
    """Columns of one batch by lake name, and the rows that break a rule. The rules of a source work on it in place."""

    columns: dict[str, pl.Series]
    given: frozenset[str]
    height: int
    marks: list[tuple[str, Reason, pl.Series]] = field(default_factory=list)

    def __getitem__(self, name: str) -> pl.Series:
        return self.columns[name]

    def mark(self, column: str, reason: Reason, rows: pl.Series) -> None:
        """Rows that break a rule; of several reasons the first that was marked counts."""
        if rows.any():
            self.marks.append((column, reason, rows.fill_null(value=False)))

    def require(self, column: str, rows: pl.Series | None = None) -> None:
        """Mark rows that have no value."""
        values = self.columns[column]
        if values.null_count():
            empty = values.is_null()
            self.mark(column, Reason.MISSING_VALUE, empty if rows is None else empty & rows)

    def repeat(self, value: object, dtype: pl.DataType) -> pl.Series:
        """One value for all rows."""
        return pl.Series([value], dtype=dtype).new_from_index(0, self.height)

    def bad(self) -> pl.DataFrame:
        """``index``, ``reason`` and ``column`` of each bad row, in source order."""
        frames = [
            pl.DataFrame({"index": rows.arg_true()}).with_columns(
                reason=pl.lit(reason.value), column=pl.lit(column, pl.String)
            )
            for column, reason, rows in self.marks
        ]
        if not frames:
            return pl.DataFrame(schema={"index": pl.UInt32, "reason": pl.String, "column": pl.String})
        return pl.concat(frames).unique("index", keep="first", maintain_order=True).sort("index")


Rules = Callable[[Table], None]
