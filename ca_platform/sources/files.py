"""Which files a path stands for, and how their bytes are opened: local paths, folders, globs and URLs.

Belongs here: names of files. Not here: what is inside them (``text``, ``csv_file``, ``parquet``).
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from ca_platform.errors import ConfigurationError, SourceError

_MARKS = "*?["
_EXTRAS = {"s3": "aws", "s3a": "aws", "gs": "gcp", "gcs": "gcp"}


class NoFileError(SourceError):
    """A path or glob that matches no file: an error on a first load, a warning where other days are loaded."""


def find_files(source: str, path: str, endings: Sequence[str]) -> list[str]:
    """The files of a path, glob, folder or URL, sorted by name.

    Args:
        source: name of the source, for messages.
        endings: of a folder, the files with one of these endings are taken.
    """
    found = _remote(path, endings) if "://" in path else _local(path, endings)
    if found:
        return sorted(found)
    if _is_glob(path):
        raise NoFileError(f"{source}: no file matches {path}. Put the files there, or correct `sources.{source}.path`.")
    if "://" not in path and Path(path).is_dir():
        raise NoFileError(f"{source}: the folder {path} has no file that ends with {' or '.join(endings)}.")
    raise NoFileError(f"{source}: {path} does not exist. Correct `sources.{source}.path`, or put the file there.")


def open_bytes(path: str) -> BinaryIO:
    """The bytes of a file; an ``OSError`` says why not."""
    if "://" not in path:
        return Path(path).open("rb")
    return cast("BinaryIO", _system(path).open(path, "rb"))


def _is_glob(path: str) -> bool:
    return any(mark in path for mark in _MARKS)


def _local(path: str, endings: Sequence[str]) -> list[str]:
    place = Path(os.path.normpath(path))
    if place.is_dir():
        return [str(item) for item in place.iterdir() if item.name.endswith(tuple(endings)) and item.is_file()]
    # A name with brackets is itself before it is a glob.
    if place.exists():
        return [str(place)]
    if not _is_glob(path):
        return []
    found = glob.glob(str(place), recursive=True)  # noqa: PTH207 - Path.glob wants a folder apart from the pattern
    return [name for name in found if Path(name).is_file()]


def _remote(path: str, endings: Sequence[str]) -> list[str]:
    system = _system(path)
    try:
        if _is_glob(path):
            names = system.glob(path)
        elif system.isdir(path):
            names = [name for name in system.ls(path, detail=False) if str(name).endswith(tuple(endings))]
        else:
            names = [path] if system.exists(path) else []
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise SourceError(
            f"{path}: the object store does not answer ({cause}). Check address and credentials."
        ) from None
    return [str(system.unstrip_protocol(name)) if "://" not in str(name) else str(name) for name in names]


def _system(path: str) -> Any:
    protocol = path.partition("://")[0]
    try:
        import fsspec  # type: ignore[import-untyped]

        return fsspec.filesystem(protocol)
    except ImportError:
        extra = _EXTRAS.get(protocol, protocol)
        raise ConfigurationError(
            f"{path}: {protocol}:// needs a driver that is not installed: pip install 'ca-platform[{extra}]'."
        ) from None
    except ValueError:
        raise ConfigurationError(f"{path}: {protocol}:// is not known. Use a path, s3:// or gs://.") from None
