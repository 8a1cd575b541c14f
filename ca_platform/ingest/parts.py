"""Rows that arrive in any order as one lake part for each day, in bounded memory.

Rows of a day are held until the day is quiet (files that hold a day each) or memory is short; then they are written
as they would lie in the lake. A day that is written once is adopted as it is; one that came in several pieces is put
together at the end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

import polars as pl

from ca_platform.lake import LakeWrite, write_parquet

HELD_BYTES = 512 << 20
"""Rows held in memory before days are written early."""
QUIET_BATCHES = 2
"""A day that this many batches did not touch is written."""
_SETTLERS = 2
"""Threads that wait for the disk while others compute."""

Finish = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass
class _Day:
    """Rows of one day: ``held`` in memory, in source order, and ``pieces`` that are written, in the same order."""

    held: list[pl.DataFrame] = field(default_factory=list)
    bytes: int = 0
    touched: int = 0
    pieces: list[Future[_Piece]] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    path: str
    rows: int
    schema: pl.Schema


class DayParts:
    """The parts of one dataset that a write makes.

    Args:
        finish: rows of a day in source order (or pieces that are finished already) to rows as the lake has them.
        pool: writes files beside the reading.
        inputs: what the parts are said to be made from.
    """

    def __init__(self, write: LakeWrite, dataset: str, finish: Finish, pool: Executor, inputs: str) -> None:
        self._write = write
        self._dataset = dataset
        self._finish = finish
        self._pool = pool
        self._inputs = inputs
        self._days: dict[date, _Day] = {}
        self._held = 0
        self._batch = 0
        self._columns: list[str] = []
        self._settlers = ThreadPoolExecutor(_SETTLERS, thread_name_prefix="settle")
        write.folder(dataset)

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows with ``day``, in source order."""
        self._batch += 1
        self._columns = rows.columns
        for day, part in _by_day(rows):
            entry = self._days.setdefault(day, _Day())
            size = part.estimated_size()
            entry.held.append(part)
            entry.bytes += int(size)
            entry.touched = self._batch
            self._held += int(size)
        for entry in list(self._days.values()):
            if entry.held and not entry.pieces and entry.touched <= self._batch - QUIET_BATCHES:
                self._spill(entry)
        if self._held > HELD_BYTES:
            self._relieve()

    def close(self, days: Iterable[date], empty: pl.DataFrame) -> dict[date, int]:
        """Hand all parts to the write; returns rows by day.

        Args:
            days: days that get a part in any case, if need be without rows.
            empty: the frame of such a part.
        """
        done = [self._pool.submit(self._settle, day, entry) for day, entry in self._days.items()]
        done += [self._pool.submit(self._put, day, empty) for day in days if day not in self._days]
        return dict(future.result() for future in done)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """After a failure delete the pieces that no part of the write owns."""
        self._settlers.shutdown(cancel_futures=kind is not None)
        for entry in self._days.values() if kind is not None else ():
            for piece in entry.pieces:
                with contextlib.suppress(Exception):
                    _delete(piece.result().path)

    def _settle(self, day: date, entry: _Day) -> tuple[date, int]:
        pieces = [piece.result() for piece in entry.pieces]
        if len(pieces) == 1 and not entry.held:
            piece = pieces[0]
            self._write.adopt(self._dataset, day, piece.path, piece.rows, self._inputs, piece.schema)
            entry.pieces = []
            return day, piece.rows
        # What ``finish`` adds is found anew for the whole day.
        frames = [
            pl.read_parquet(piece.path, columns=self._columns, glob=False, hive_partitioning=False) for piece in pieces
        ]
        done = self._put(day, self._finish(_whole([*frames, *entry.held])))
        for piece in pieces:
            _delete(piece.path)
        entry.held, entry.pieces = [], []
        return done

    def _put(self, day: date, rows: pl.DataFrame) -> tuple[date, int]:
        self._write.put(self._dataset, day, rows, self._inputs)
        return day, rows.height

    def _spill(self, entry: _Day) -> None:
        rows = _whole(entry.held)
        day = rows["day"][0]
        entry.pieces.append(self._pool.submit(self._write_piece, day, rows))
        self._held -= entry.bytes
        entry.held, entry.bytes = [], 0

    def _relieve(self) -> None:
        """Write the days that were not touched for longest until half of the allowed memory is free."""
        for entry in sorted(self._days.values(), key=lambda entry: entry.touched):
            if self._held < HELD_BYTES // 2:
                break
            if entry.held:
                self._spill(entry)
        for entry in self._days.values():
            for piece in entry.pieces:
                piece.result()

    def _write_piece(self, day: date, rows: pl.DataFrame) -> _Piece:
        path = self._write.new_path(self._dataset, day)
        finished = self._finish(rows)
        write_parquet(finished, path)
        # Most pieces become parts as they are: the disk takes them while the next days are read.
        self._settlers.submit(self._write.settle_file, path)
        return _Piece(path, finished.height, finished.schema)


def _by_day(rows: pl.DataFrame) -> list[tuple[date, pl.DataFrame]]:
    if rows.is_empty():
        return []
    day = rows["day"]
    if day.min() == day.max():
        return [(day[0], rows)]
    return [(part["day"][0], part) for part in rows.partition_by("day", maintain_order=True)]


def _whole(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return frames[0] if len(frames) == 1 else pl.concat(frames, rechunk=False)


def _delete(path: str) -> None:
    # In an object store the sweep takes it.
    if "://" not in path:
        Path(path).unlink(missing_ok=True)
