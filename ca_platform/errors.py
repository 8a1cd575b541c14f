"""The errors that reach a user. Nothing else may escape to the shell, a log or a page.

Each message has three parts: what happened, where (source, column, row, host), how to mend it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


class CaPlatformError(Exception):
    """Base of every error that the platform raises on purpose.

    Attributes:
        exit_code: what the shell returns for it; 1 a run failed, 2 wrong usage, settings or an unreachable part.
    """

    exit_code: int = 2


class ConfigurationError(CaPlatformError):
    """The settings cannot be used as they are."""


class SourceError(CaPlatformError):
    """A source cannot be read, or what it gives does not fit the mapping."""


class ValidationError(CaPlatformError):
    """A frame breaks its declared schema."""


class LakeError(CaPlatformError):
    """The lake or its manifest cannot be read or written."""


class ManifestAwayError(LakeError):
    """The manifest's server does not answer, or went away during a write: trying again may help."""


class StoreError(CaPlatformError):
    """The document store refuses or cannot be reached."""


class ReportError(CaPlatformError):
    """A report does not exist, is not computed for a day, or its input is not connected."""


class HistoryError(CaPlatformError):
    """Days that a report needs have not been loaded."""

    exit_code = 1


class RunError(CaPlatformError):
    """A run ended with failures; the message names what succeeded and what failed.

    Attributes:
        summary: the record that the run would have returned, where there is one.
    """

    exit_code = 1
    summary: dict[str, Any] | None = None


def near(word: str, words: Collection[str]) -> str:
    """The end of a sentence about a word that there is not: `; did you mean …?`, or what there is."""
    from difflib import get_close_matches

    matches = get_close_matches(word, words, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(matches)}?" if matches else f"; there are {', '.join(words)}."
