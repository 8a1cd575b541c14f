"""Where the part files lie: a local folder or an object store. The only module that writes, lists or deletes them.

Polars itself reads and writes object-store URLs. Listing and deleting go through fsspec with the driver of the store
(s3fs, gcsfs), which the extras ``[aws]`` and ``[gcp]`` install.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from ca_platform.errors import LakeError

SUFFIX = ".parquet"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A part file as it lies in the folder; ``path`` counts from the lake's root, ``/`` between."""

    path: str
    modified_at: datetime


class Folder(Protocol):
    """What the lake needs of the place of its files. Paths count from the root."""

    root: str

    def full(self, path: str) -> str:
        """Path that Polars understands."""

    def relative(self, full: str) -> str:
        """Inverse of ``full``; a path outside the root is refused."""

    def make(self, dataset: str) -> None:
        """Make the dataset's folder where a folder is a thing."""

    def write(self, path: str, frame: pl.DataFrame) -> None:
        """Write a part; when it returns the file is on disk."""

    def settle(self, path: str) -> None:
        """Bring a file that somebody else wrote onto the disk."""

    def settle_folders(self, datasets: set[str]) -> None:
        """Bring the names of new files onto the disk."""

    def size(self, path: str) -> int | None:
        """Bytes of a file, None when it is not there."""

    def delete(self, path: str) -> None:
        """Delete a file; one that is gone already is no error."""

    def files(self) -> Iterator[StoredFile]:
        """All part files of all datasets."""


def open_folder(root: str) -> Folder:
    """The folder of a path or URL."""
    return RemoteFolder(root) if "://" in root else LocalFolder(root)


def write_parquet(frame: pl.DataFrame, target: str) -> None:
    """Write a part, or a piece of one, as all of them are written; a ``LakeError`` says why it cannot be."""
    try:
        # Level 1 takes an eighth less time than the usual 3, and makes files a twelfth larger.
        frame.write_parquet(target, compression="zstd", compression_level=1, statistics=True)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise LakeError(_explain_write(target, error)) from error


def _explain_write(target: str, error: Exception) -> str:
    cause = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "No space left" in cause or "Disk quota" in cause:
        return f"The disk is full: {target} cannot be written. Free some space and run again; the lake is unchanged."
    if "Permission denied" in cause or "Read-only" in cause:
        return f"{target} cannot be written ({cause}). Give this user the right to write there, or change lake.path."
    return f"{target} cannot be written: {cause}. The lake is unchanged; mend the cause and run again."


class LocalFolder:
    """A folder of this machine, or one that several machines mount."""

    def __init__(self, root: str) -> None:
        self._root = Path(root).absolute()
        self.root = str(self._root)

    def full(self, path: str) -> str:
        # Asked for every part of every scan: joining texts takes a tenth of the time of joining a Path.
        return f"{self.root.rstrip('/')}/{path}"

    def relative(self, full: str) -> str:
        try:
            return Path(full).absolute().relative_to(self._root).as_posix()
        except ValueError as error:
            raise LakeError(
                f"{full} does not lie in the lake {self.root}: write it under LakeWrite.folder()."
            ) from error

    def make(self, dataset: str) -> None:
        with self._explained(dataset):
            (self._root / dataset).mkdir(parents=True, exist_ok=True)

    def write(self, path: str, frame: pl.DataFrame) -> None:
        write_parquet(frame, self.full(path))
        self.settle(path)

    def settle(self, path: str) -> None:
        with self._explained(path):
            _fsync(self._root / path)

    def settle_folders(self, datasets: set[str]) -> None:
        for dataset in datasets:
            with self._explained(dataset):
                _fsync(self._root / dataset)

    def size(self, path: str) -> int | None:
        try:
            return (self._root / path).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, path: str) -> None:
        with self._explained(path):
            (self._root / path).unlink(missing_ok=True)

    def files(self) -> Iterator[StoredFile]:
        for file in self._root.glob(f"*/*{SUFFIX}"):
            # Another sweep may delete a file between the listing and this look at it.
            with contextlib.suppress(FileNotFoundError):
                modified_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                yield StoredFile(file.relative_to(self._root).as_posix(), modified_at)

    @contextlib.contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LakeError(_explain_write(self.full(path), error)) from error


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class RemoteFolder:
    """A prefix of an object store. A written object is durable and whole at once: nothing has to be settled."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    def full(self, path: str) -> str:
        return f"{self.root}/{path}"

    def relative(self, full: str) -> str:
        if not full.startswith(f"{self.root}/"):
            raise LakeError(f"{full} does not lie in the lake {self.root}: write it under LakeWrite.folder().")
        return full.removeprefix(f"{self.root}/")

    def make(self, dataset: str) -> None:
        if self.root.startswith("file://"):
            self._system().makedirs(self.full(dataset), exist_ok=True)

    def write(self, path: str, frame: pl.DataFrame) -> None:
        write_parquet(frame, self.full(path))

    def settle(self, path: str) -> None:
        """Nothing to do."""

    def settle_folders(self, datasets: set[str]) -> None:
        """Nothing to do."""

    def size(self, path: str) -> int | None:
        try:
            return int(self._system().size(self.full(path)))
        except FileNotFoundError:
            return None

    def delete(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._system().rm_file(self.full(path))

    def files(self) -> Iterator[StoredFile]:
        system = self._system()
        prefix = str(system._strip_protocol(self.root)).rstrip("/") + "/"
        for name in system.glob(f"{prefix}*/*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                yield StoredFile(str(name).removeprefix(prefix), system.modified(name).astimezone(UTC))

    def _system(self) -> Any:
        protocol = self.root.partition("://")[0]
        try:
            import fsspec  # type: ignore[import-untyped]

            return fsspec.filesystem(protocol)
        except ImportError as error:
            extra = {"s3": "aws", "gs": "gcp", "gcs": "gcp"}.get(protocol, protocol)
            raise LakeError(
                f"A lake at {self.root} needs a driver for {protocol}:// that is not installed: "
                f"pip install 'ca-platform[{extra}]'."
            ) from error
        except ValueError as error:
            raise LakeError(
                f"lake.path {self.root}: {protocol}:// is not known; use a folder, s3:// or gs://."
            ) from error
