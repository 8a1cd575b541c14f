"""Text files as a source: one table over many files.

Belongs here: files, their headers and their batches. Not here: bytes (``text``), fields (``csv_file``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from ca_platform.sources.base import FILE, ROW, Batch, Bounds, require_columns
from ca_platform.sources.csv_file import Piece, TextFormat, column_values, header, pieces, ragged_frame

TEXT_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")

BATCH_ROWS = 50_000
"""Rows that are worth a batch: below, the overhead for each batch is felt."""


class CsvSource:
    """Rows of text files; every column is text.

    Args:
        name: name of the source in the settings.
        path: what the settings say, for messages.
        files: the files, in the order in which their rows come.
    """

    def __init__(self, name: str, path: str, files: Sequence[str], form: TextFormat) -> None:
        self.label = path
        self.files = tuple(files)
        self._name = name
        self._form = form

    def schema(self) -> Mapping[str, pl.DataType]:
        """Columns of the first file."""
        return dict.fromkeys(header(self.files[0], self._form), pl.String())

    def batches(self, columns: Sequence[str], bounds: Bounds | None = None) -> Iterator[Batch]:  # noqa: ARG002
        """All rows, whatever the bounds: text has to be read to be compared. Small files share a batch."""
        held: list[Batch] = []
        rows = 0
        for number, path in enumerate(self.files):
            for piece in pieces(path, self._form):
                require_columns(columns, [name for name in piece.frame.columns if name != ROW], self._name, path)
                held.append(_batch(piece, number, columns))
                rows += piece.frame.height
                if rows >= BATCH_ROWS:
                    yield _together(held)
                    held, rows = [], 0
        if held:
            yield _together(held)

    def extremes(self, column: str, bounds: Bounds | None = None) -> Iterator[pl.Series]:  # noqa: ARG002
        """All values of the column."""
        for path in self.files:
            yield from column_values(self._name, path, self._form, column)


def _batch(piece: Piece, number: int, columns: Sequence[str]) -> Batch:
    frame = piece.frame.select(*columns, pl.lit(number, pl.UInt32).alias(FILE), pl.col(ROW))
    return Batch(frame, ragged_frame(piece.ragged, number)) if piece.ragged else Batch(frame)


def _together(batches: Sequence[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    return Batch(pl.concat([batch.frame for batch in batches]), pl.concat([batch.ragged for batch in batches]))
