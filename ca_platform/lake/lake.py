"""The face of the lake: what the other parts of the platform call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from ca_platform.errors import LakeError
from ca_platform.lake.folder import Folder, open_folder
from ca_platform.lake.records import ACCOUNTING_SCHEMA, QUARANTINE_SCHEMA, Part, check_dataset, listed
from ca_platform.lake.scan import common_schema, scan_parts
from ca_platform.lake.write import LakeWrite

if TYPE_CHECKING:
    from ca_platform.lake.manifest import Manifest
    from ca_platform.settings import Settings

T = TypeVar("T")

MANIFEST_FILE = "manifest.db"
_VANISHED = ("no such file", "os error 2)", "not found", "nosuchkey")
_DAMAGED = ("parquet", "out of specification", "thrift")


class Lake:
    """Parts by dataset and local day.

    Nothing is opened or made before the first use, and reading an absent lake finds no parts.

    Args:
        path: folder, or object-store URL (``s3://…``, ``gs://…``).
        manifest: ``sqlite`` (a file in the folder), or a database URL.
    """

    def __init__(self, path: str, manifest: str = "sqlite") -> None:
        self.path = str(path)
        self._manifest_setting = manifest

    @classmethod
    def open(cls, settings: Settings) -> Lake:
        """The lake of the settings."""
        return cls(settings.lake.path, settings.lake.manifest)

    def __repr__(self) -> str:
        return f"Lake({self.path!r})"

    def scan(
        self,
        dataset: str,
        start: date | None = None,
        end: date | None = None,
        *,
        schema: Mapping[str, Any] | None = None,
        without: Collection[date] = (),
    ) -> pl.LazyFrame:
        """Rows of the local days ``start`` to ``end``, both included; of a snapshot all rows.

        The frame holds the paths of this moment. Where the day may be replaced and swept before the frame is
        collected, build and collect it inside ``collect`` or ``retry``.

        Args:
            schema: columns and types of the frame. A column that a part lacks is null, a flag false; no part at all
                gives the empty frame. None: the columns that the parts have.
            without: days that are left out; their files, which may be damaged, are not opened.
        """
        parts = [part for part in self.parts(dataset, start, end) if part.day not in without]
        wanted = pl.Schema(schema) if schema is not None else self._schema(dataset, parts)
        return scan_parts(parts, wanted)

    def collect(self, build: Callable[[], pl.LazyFrame]) -> pl.DataFrame:
        """Build and collect a frame; once more when a part of it was replaced and swept in the meantime.

        Args:
            build: makes the frame and calls ``scan`` itself, so that the second try sees the new parts.
        """
        return self.retry(lambda: build().collect(engine="streaming"))

    def retry(self, read: Callable[[], T]) -> T:
        """Run ``read``; once more when a part vanished under it. ``read`` must call ``scan`` itself."""
        try:
            return read()
        except (OSError, pl.exceptions.PolarsError) as error:
            if not _is_vanished(error):
                raise self._in_words(error) from error
        try:
            return read()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise self._in_words(error) from error

    def parts(self, dataset: str, start: date | None = None, end: date | None = None) -> list[Part]:
        """Valid parts of the local days ``start`` to ``end`` in the order of the days, from one SELECT."""
        check_dataset(dataset)
        if not self._manifest.exists():
            return []
        from ca_platform.lake import ledger

        with self._manifest.reading() as connection:
            return ledger.select_parts(connection, dataset, start, end, self._folder.full)

    def days(self, dataset: str) -> list[date]:
        """Days that have a part, with or without rows."""
        check_dataset(dataset)
        if not self._manifest.exists():
            return []
        from ca_platform.lake import ledger

        with self._manifest.reading() as connection:
            return ledger.select_days(connection, dataset)

    def datasets(self) -> list[str]:
        """Datasets that have a part."""
        if not self._manifest.exists():
            return []
        from ca_platform.lake import ledger

        with self._manifest.reading() as connection:
            return ledger.select_datasets(connection)

    @contextmanager
    def write(self) -> Iterator[LakeWrite]:
        """A write that becomes visible as a whole at the end of the block, and not at all when it raises."""
        write = LakeWrite(self._folder)
        try:
            yield write
            write.settle()
        except BaseException:
            write.discard()
            raise
        # A failed commit leaves its files to the sweep: the connection may have broken after the server committed.
        with self._manifest.writing() as connection:
            write.commit(connection)

    def quarantined(self, source: str | None = None, day: date | None = None) -> pl.DataFrame:
        """Bad rows: id, source, day, file, row_number, reason, column, row (JSON text of the original values)."""
        if not self._manifest.exists():
            return QUARANTINE_SCHEMA.to_frame()
        from ca_platform.lake import bookkeeping

        with self._manifest.reading() as connection:
            return bookkeeping.select_quarantine(connection, source, day)

    def release_quarantine(self, ids: Iterable[str]) -> int:
        """Take rows out of the quarantine that were tried again and loaded; returns how many there were."""
        from ca_platform.lake import bookkeeping

        with self._manifest.writing() as connection:
            return bookkeeping.release(connection, ids)

    def accounting(self, source: str | None = None, start: date | None = None, end: date | None = None) -> pl.DataFrame:
        """Row accounting by source and day. Rows without a day (unreadable, snapshot) only when no range is asked."""
        if not self._manifest.exists():
            return ACCOUNTING_SCHEMA.to_frame()
        from ca_platform.lake import bookkeeping

        with self._manifest.reading() as connection:
            return bookkeeping.select_accounting(connection, source, start, end)

    def sweep(self, grace: timedelta) -> int:
        """Delete what nobody needs: parts replaced, and files of killed writers, longer ago than ``grace``.

        Args:
            grace: must be longer than the longest query and the longest single write; an hour is safe.

        Returns:
            Number of files deleted.
        """
        if not self._manifest.exists():
            return 0
        from ca_platform.lake import ledger

        before = datetime.now(UTC) - grace
        # The lock of the writers: no file can become valid between the look at the manifest and the deletion.
        with self._manifest.writing() as connection:
            trash = ledger.select_trash(connection, before)
            known = ledger.known_paths(connection)
            orphans = [f.path for f in self._folder.files() if f.path not in known and f.modified_at < before]
            for path in (*trash, *orphans):
                self._folder.delete(path)
            ledger.forget_trash(connection, trash)
        return len(trash) + len(orphans)

    def damaged(self) -> list[Part]:
        """Valid parts whose file is not there, or has another size than was written."""
        found = (part for dataset in self.datasets() for part in self.parts(dataset))
        return [part for part in found if self._folder.size(self._folder.relative(part.path)) != part.bytes]

    def forget(self, parts: Iterable[Part]) -> None:
        """Take parts out of the lake. Whoever makes them finds that they are missing."""
        with self.write() as write:
            for part in parts:
                write.drop(part.dataset, [part.day])

    def check(self) -> None:
        """Raise a LakeError when the lake cannot be written."""
        with self._manifest.writing():
            pass

    def _in_words(self, error: Exception) -> Exception:
        """The error in words where it is the lake's; errors of the query itself stay what they are."""
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        if _is_vanished(error):
            what = f"A part that the manifest of the lake {self.path} names is not there ({cause}): it was deleted by hand or the "
            return LakeError(f"{what}folder is not mounted. Bring it back{self._remedy()}")
        if any(sign in cause.lower() for sign in _DAMAGED):
            return LakeError(f"A part of the lake {self.path} is damaged ({cause}){self._remedy()}")
        return error

    def _remedy(self) -> str:
        """The end of a sentence on a part that cannot be read. Which one it was, the error of Polars does not say."""
        parts = self.damaged()
        found = f" It is {listed(parts)}." if parts else ""
        return (
            f".{found} What the sources gave: load its day again, which replaces it. What was made from that: "
            "`ca-platform check --mend` forgets it, and the next run makes it again."
        )

    @cached_property
    def _folder(self) -> Folder:
        return open_folder(self.path)

    @cached_property
    def _manifest(self) -> Manifest:
        from ca_platform.lake.manifest import Manifest

        if self._manifest_setting != "sqlite":
            return Manifest(self._manifest_setting)
        if "://" in self.path:
            raise LakeError(
                f"The lake at {self.path} needs a manifest in a database, since SQLite cannot live in an object store: "
                "set lake.manifest to postgresql://…"
            )
        return Manifest(f"sqlite:///{self._folder.full(MANIFEST_FILE)}")

    def _schema(self, dataset: str, parts: list[Part]) -> pl.Schema:
        known = parts or self.parts(dataset)
        if not known:
            raise LakeError(
                f"The lake {self.path} has no part of {dataset} yet, so its columns are not known: "
                "load its source first."
            )
        return self.retry(lambda: common_schema(known))


def _is_vanished(error: Exception) -> bool:
    return isinstance(error, FileNotFoundError) or any(sign in str(error).lower() for sign in _VANISHED)
