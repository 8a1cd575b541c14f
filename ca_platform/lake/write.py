"""One write: files first, then everything that becomes visible with them in one manifest transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import polars as pl

from ca_platform.errors import LakeError
from ca_platform.lake.folder import SUFFIX, Folder
from ca_platform.lake.records import Part, check_dataset, columns_text, day_to_text
from ca_platform.lake.scan import read_schema

if TYPE_CHECKING:
    import sqlalchemy as sa

_SNAPSHOT = "all"


class LakeWrite:
    """What one ``with lake.write()`` collects. Its files lie in the lake at once, but nobody finds them before the end.

    Attributes:
        write_id: names this write; every part of it carries it.
    """

    def __init__(self, folder: Folder) -> None:
        self.write_id = uuid4().hex
        self._folder = folder
        self._parts: dict[tuple[str, str], Part] = {}
        self._dropped: dict[str, set[str]] = {}
        self._quarantined: list[tuple[str, list[str], pl.DataFrame]] = []
        self._accounts: list[tuple[str, pl.DataFrame]] = []
        self._released: list[str] = []
        self._files: list[str] = []

    def put(self, dataset: str, day: date | None, frame: pl.DataFrame, inputs: str = "") -> Part:
        """Write ``frame`` as the part of ``day`` (None: the whole snapshot); it replaces the one that is there."""
        path = self._folder.relative(self.new_path(dataset, day))
        self._claim(dataset, day)
        self._files.append(path)
        self._folder.write(path, frame)
        return self._add(dataset, day, path, frame.height, frame.schema, inputs)

    def adopt(
        self, dataset: str, day: date | None, path: str, rows: int, inputs: str = "", schema: pl.Schema | None = None
    ) -> Part:
        """Take a Parquet file that lies under ``folder(dataset)`` already, for instance from a streaming sink.

        Args:
            path: as ``new_path`` gave it, or any other name in that folder that ends with .parquet.
            rows: its number of rows.
            schema: its columns, where the caller knows them; else the file is asked.
        """
        relative = self._folder.relative(str(path))
        if not relative.startswith(f"{dataset}/") or not relative.endswith(SUFFIX):
            raise LakeError(f"{path} cannot be a part of {dataset}: it must be a {SUFFIX} file under its folder.")
        self._claim(dataset, day)
        self._files.append(relative)
        self._folder.settle(relative)
        columns = read_schema(self._folder.full(relative)) if schema is None else schema
        return self._add(dataset, day, relative, rows, columns, inputs)

    def folder(self, dataset: str) -> str:
        """Folder or URL prefix of a dataset, made where needed."""
        self._folder.make(check_dataset(dataset))
        return self._folder.full(dataset)

    def new_path(self, dataset: str, day: date | None) -> str:
        """A fresh full path for a part that a streaming sink writes and ``adopt`` takes."""
        return f"{self.folder(dataset)}/{day_to_text(day) or _SNAPSHOT}-{uuid4().hex}{SUFFIX}"

    def parts(self, dataset: str) -> list[Part]:
        """What this write holds of a dataset so far, with full paths."""
        found = (part for (name, _), part in self._parts.items() if name == dataset)
        return [replace(part, path=self._folder.full(part.path)) for part in found]

    def revise(self, part: Part, frame: pl.DataFrame) -> Part:
        """Put ``frame`` in the place of a part of this write."""
        former = self._parts.pop((part.dataset, day_to_text(part.day)))
        self._folder.delete(former.path)
        return self.put(part.dataset, part.day, frame, part.inputs)

    def settle_file(self, path: str) -> None:
        """Bring a file that ``adopt`` may take later onto the disk, beside other work: then ``adopt`` need not wait."""
        self._folder.settle(self._folder.relative(path))

    def drop(self, dataset: str, days: Iterable[date | None]) -> None:
        """Remove the parts of these days. A day that is also put is replaced."""
        self._dropped.setdefault(check_dataset(dataset), set()).update(day_to_text(day) for day in days)

    def quarantine(self, source: str, days: Sequence[date | None], rows: pl.DataFrame) -> None:
        """Replace the quarantined rows of ``source`` on ``days`` (None: rows without a readable day).

        Args:
            rows: columns ``id``, ``day`` and those of ``file``, ``row_number``, ``reason``, ``column``, ``row`` that
                are known. A row whose id is there already (of another day) is left as it is.
        """
        self._quarantined.append((source, [day_to_text(day) for day in days], rows))

    def account(self, source: str, rows: pl.DataFrame) -> None:
        """Set the row accounting of ``source`` on the days of ``rows``.

        Args:
            rows: ``day`` and the counts ``read``, ``loaded``, ``quarantined``, ``out_of_range``, ``open``,
                ``adjusted``; a count that is not there is 0.
        """
        self._accounts.append((source, rows))

    def release(self, ids: Iterable[str]) -> None:
        """Take rows out of the quarantine that were tried again and loaded by this write."""
        self._released.extend(ids)

    def settle(self) -> None:
        """Bring the names of the new files onto the disk, before the manifest names them."""
        self._folder.settle_folders({dataset for dataset, _ in self._parts})

    def commit(self, connection: sa.Connection) -> None:
        """Everything of this write, in the transaction of the caller."""
        from ca_platform.lake import bookkeeping, ledger

        self._check_files()
        for dataset in sorted({dataset for dataset, _ in self._parts} | set(self._dropped)):
            parts = [part for (name, _), part in self._parts.items() if name == dataset]
            dropped = self._dropped.get(dataset, set()) | {day_to_text(part.day) for part in parts}
            ledger.swap(connection, dataset, sorted(dropped), parts)
        bookkeeping.release(connection, self._released)
        for source, days, rows in self._quarantined:
            bookkeeping.quarantine(connection, source, days, rows)
        for source, rows in self._accounts:
            bookkeeping.account(connection, source, rows)

    def discard(self) -> None:
        """Delete the files of a write that failed before its transaction began."""
        for path in self._files:
            self._folder.delete(path)

    def _check_files(self) -> None:
        # Inside the transaction, which a sweep needs too: no sweep can take them between this look and the commit.
        for part in self._parts.values():
            if self._folder.size(part.path) is None:
                raise LakeError(
                    f"The new part {self._folder.full(part.path)} is gone before it was made valid: the write took "
                    "longer than the grace time of a sweep. Run again, with a longer grace time."
                )

    def _claim(self, dataset: str, day: date | None) -> None:
        if (dataset, day_to_text(day)) in self._parts:
            raise LakeError(f"Two parts of {dataset} for {day or 'the snapshot'} in one write: one would be lost.")

    def _add(self, dataset: str, day: date | None, path: str, rows: int, schema: pl.Schema, inputs: str) -> Part:
        part = Part(
            dataset=dataset,
            day=day,
            path=path,
            rows=rows,
            bytes=self._folder.size(path) or 0,
            write_id=self.write_id,
            inputs=inputs,
            written_at=datetime.now(UTC),
            columns=columns_text(schema),
        )
        self._parts[dataset, day_to_text(day)] = part
        return replace(part, path=self._folder.full(path))
