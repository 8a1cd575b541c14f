"""SQL on the tables of parts and of trash. Paths in them count from the lake's root, so that a lake can be moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from ca_platform.lake.records import NO_DAY, Part, day_from_text, day_to_text
from ca_platform.lake.tables import PARTS, TRASH

# Databases limit the number of values in one statement; 500 is far below every limit.
_BATCH = 500

# A run asks for parts hundreds of times: SQLAlchemy takes longer to compose such a SELECT than the database to answer.
_OF_DATASET = PARTS.c.dataset == sa.bindparam("dataset")
_DAYS = sa.select(PARTS.c.day).where(_OF_DATASET, PARTS.c.day != NO_DAY).order_by(PARTS.c.day)
_SINCE = sa.or_(PARTS.c.day >= sa.bindparam("start"), PARTS.c.day == NO_DAY)
_OF_DAYS = sa.select(PARTS).where(_OF_DATASET, _SINCE, PARTS.c.day <= sa.bindparam("end")).order_by(PARTS.c.day)


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values in runs short enough for one IN list."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]


def select_parts(
    connection: sa.Connection, dataset: str, start: date | None, end: date | None, full: Callable[[str], str]
) -> list[Part]:
    """Valid parts by day, with the path that ``full`` makes. A snapshot has no day and is in every range."""
    asked = {"dataset": dataset, "start": day_to_text(start), "end": day_to_text(end or date.max)}
    return [_part(row, full) for row in connection.execute(_OF_DAYS, asked)]


def select_days(connection: sa.Connection, dataset: str) -> list[date]:
    """Days of the valid parts, in order."""
    return [date.fromisoformat(day) for day in connection.scalars(_DAYS, {"dataset": dataset})]


def select_datasets(connection: sa.Connection) -> list[str]:
    """Datasets that have a part."""
    return list(connection.scalars(sa.select(PARTS.c.dataset).distinct().order_by(PARTS.c.dataset)))


def swap(connection: sa.Connection, dataset: str, days: Sequence[str], parts: Sequence[Part]) -> None:
    """Queue the parts of ``days`` for deletion and make ``parts`` the valid ones."""
    now = datetime.now(UTC).isoformat()
    for some in batches(days):
        of_days = sa.and_(PARTS.c.dataset == dataset, PARTS.c.day.in_(some))
        old = connection.scalars(sa.select(PARTS.c.path).where(of_days)).all()
        if old:
            connection.execute(sa.insert(TRASH), [{"path": path, "queued_at": now} for path in old])
            connection.execute(sa.delete(PARTS).where(of_days))
    if parts:
        connection.execute(sa.insert(PARTS), [_row(part) for part in parts])


def select_trash(connection: sa.Connection, before: datetime) -> list[str]:
    """Paths that were queued before an instant."""
    return list(connection.scalars(sa.select(TRASH.c.path).where(TRASH.c.queued_at < before.isoformat())))


def forget_trash(connection: sa.Connection, paths: Sequence[str]) -> None:
    """Take deleted files off the queue."""
    for some in batches(paths):
        connection.execute(sa.delete(TRASH).where(TRASH.c.path.in_(some)))


def known_paths(connection: sa.Connection) -> set[str]:
    """Every path that the manifest names, valid or queued."""
    return {*connection.scalars(sa.select(PARTS.c.path)), *connection.scalars(sa.select(TRASH.c.path))}


def _row(part: Part) -> dict[str, Any]:
    return {
        "dataset": part.dataset,
        "day": day_to_text(part.day),
        "path": part.path,
        "rows": part.rows,
        "bytes": part.bytes,
        "write_id": part.write_id,
        "inputs": part.inputs,
        "written_at": part.written_at.isoformat(),
        "columns": part.columns,
    }


def _part(row: sa.Row[Any], full: Callable[[str], str]) -> Part:
    dataset, day, path, rows, size, write_id, inputs, written_at, columns = row
    at = datetime.fromisoformat(written_at)
    return Part(dataset, day_from_text(day), full(path), rows, size, write_id, inputs, at, columns)
