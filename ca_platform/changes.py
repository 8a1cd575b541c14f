"""Changing the settings file in such a way that it holds afterwards. The shell and the predecessor's calls share it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ca_platform.errors import ConfigurationError

if TYPE_CHECKING:
    from ca_platform.settings import Settings


def change_settings(file: Path, changes: Mapping[str, Any]) -> Settings:
    """Set values by dotted key, None removes one; returns the settings as they are then.

    The changes are tried on a copy first: a file that does not hold would stop everything.
    """
    from ca_platform.settings import load_settings, write_settings

    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    try:
        if file.exists():
            shutil.copyfile(file, draft)
        write_settings(draft, changes)
        load_settings(draft)
    except ConfigurationError as error:
        raise type(error)(f"{file} was not changed: {str(error).replace(str(draft), str(file))}") from error
    except OSError as error:
        raise ConfigurationError(f"{file} was not changed: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    write_settings(file, changes)
    return load_settings(file)


def set_schedule(
    settings: Settings, every: str, *, at: str | None = None, look_back_days: int | None = None
) -> Settings:
    """Write a schedule into the settings file; returns the settings as they are then.

    Args:
        every: ``once``, ``12h``, ``daily`` or ``weekly``.
        at: local time of day, ``HH:MM``; None: as it is.
        look_back_days: None: as they are.
    """
    changes = {"schedule.every": every, "schedule.at": at, "schedule.look_back_days": look_back_days}
    return change_settings(_file(settings), {key: value for key, value in changes.items() if value is not None})


def remove_schedule(settings: Settings) -> Settings:
    """Take the schedule away, so that nothing runs by itself."""
    return change_settings(_file(settings), {"schedule.every": "never"})


def _file(settings: Settings) -> Path:
    if settings.file is None:
        raise ConfigurationError(
            "There is no settings file to change here: make one with `ca-platform init`, or set CA_SETTINGS."
        )
    return settings.file
