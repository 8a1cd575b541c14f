"""Connections and column mapping: rows of files and databases as typed frames."""

from ca_platform.sources.base import FILE, ROW, Batch, Bounds, Source, UnreachableError
from ca_platform.sources.factory import open_source
from ca_platform.sources.files import NoFileError
from ca_platform.sources.guess import guess, guesses
from ca_platform.sources.mapped import Guess
from ca_platform.sources.synonyms import GUESTS

__all__ = [
    "FILE",
    "GUESTS",
    "ROW",
    "Batch",
    "Bounds",
    "Guess",
    "NoFileError",
    "Source",
    "UnreachableError",
    "guess",
    "guesses",
    "open_source",
]
