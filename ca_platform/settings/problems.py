"""What is wrong with the settings, and where; many problems make one error, so that they are mended in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from ca_platform.errors import ConfigurationError

AGAIN = "\0again"  # Stands in a key path for the second of two equal keys, which has a place of its own.
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of the file, or an environment variable (``line`` is 0)."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else f"environment variable {self.source}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend."""

    place: Place | None
    path: KeyPath
    message: str

    def __str__(self) -> str:
        key = ".".join(str(part) for part in self.path if part != AGAIN)
        return ": ".join(part for part in (str(self.place or ""), key, self.message) if part)


@dataclass(slots=True)
class Document:
    """Plain values of the settings with the place of each key, and the problems found so far."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add_problem(self, path: KeyPath, message: str) -> None:
        """Note a problem at the place of its key, or of the nearest key above it."""
        self.problems.append(Problem(self.place(path), path, message))

    def place(self, path: KeyPath) -> Place | None:
        """Where a key stands; of an absent one, where the key above it stands."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return None


def raise_problems(problems: Sequence[Problem]) -> NoReturn:
    """One error for all of them, in the order of the file."""
    unique = sorted(
        {str(problem): problem for problem in problems}.values(), key=lambda p: (p.place is None, p.place or ())
    )
    lines = [str(problem) for problem in unique]
    if len(lines) == 1:
        raise ConfigurationError(lines[0])
    raise ConfigurationError("\n  ".join([f"The settings have {len(lines)} errors:", *lines]))
