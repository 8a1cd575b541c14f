"""What the runs of one command came to: the summary record, and the error that names what failed and what did not."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ca_platform.defs.days import DayRange
from ca_platform.defs.failures import in_words
from ca_platform.errors import ConfigurationError, RunError, SourceError, ValidationError
from ca_platform.lake import ACCOUNTING_COUNTS
from ca_platform.logging import Redactor

Summary = dict[str, Any]

# Errors of the input: the same command fails in the same way until a file or a setting is mended.
_USAGE = (ConfigurationError, SourceError, ValidationError)


@dataclass
class Outcome:
    """Collects the runs of a command.

    Attributes:
        days: what was asked for.
        reports: the reports that were asked for.
        sources: row counts by source.
        failed: errors by asset; None for what was skipped since something before it failed.
        made: assets that were made in every run that they were planned in.
        notes: what the sources had to say.
    """

    days: DayRange
    reports: tuple[str, ...]
    sources: Mapping[str, Counter[str]] = field(default_factory=dict)
    failed: dict[str, Exception | None] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    redact: Redactor = field(default_factory=Redactor)

    def add(self, assets: Iterable[str], made: set[str], errors: Mapping[str, Exception]) -> None:
        """One run: what it should have made, what it made, and why it did not make the rest."""
        for name in assets:
            if name not in made:
                self.failed[name] = self.failed.get(name) or errors.get(name)
        self.made = (self.made | made) - set(self.failed)

    def skip(self, assets: Iterable[str]) -> None:
        """Runs that were not begun."""
        for name in assets:
            if name not in self.made:
                self.failed.setdefault(name, None)

    def refuse_empty_loads(self) -> None:
        """A source of which every row was refused has loaded nothing, whatever the accounting says."""
        for name, counts in self.sources.items():
            if counts["quarantined"] and not counts["loaded"] and not counts["open"]:
                self.failed[name] = RunError(
                    f"every one of the {counts['quarantined']} rows in the range was quarantined. "
                    f"`ca-platform quarantine --source {name}` shows them with reasons"
                )

    def summary(self) -> Summary:
        """The record of ``run --json``, the days that were asked for, and remarks that somebody should read."""
        failed = [name for name in self.reports if name in self.failed]
        return {
            "sources": {
                name: {count: counts[count] for count in ACCOUNTING_COUNTS} for name, counts in self.sources.items()
            },
            "reports": {"written": len(self.reports) - len(failed), "failed": failed},
            "days": [self.days.start.isoformat(), self.days.end.isoformat()],
            "notes": [self.redact(note) for note in dict.fromkeys(self.notes)],
        }

    def error(self) -> RunError:
        """What failed and why, then what did not."""
        causes: dict[str, list[str]] = {}
        for name, error in self.failed.items():
            if error is not None:
                causes.setdefault(self.redact(in_words(error)), []).append(name)
        skipped = [name for name, error in self.failed.items() if error is None]
        sentences = [f"{self._named(names)}: {_sentence(cause)}" for cause, names in causes.items()]
        if skipped:
            sentences.append(f"Skipped after that: {self._named(skipped)}.")
        error = RunError(f"{self.days} failed. {' '.join(sentences)} {self._good()}")
        error.exit_code = 2 if any(isinstance(found, _USAGE) for found in self.failed.values()) else 1
        error.summary = self.summary()
        return error

    def _good(self) -> str:
        reports = [name for name in self.reports if name not in self.failed]
        sources = [name for name in self.sources if name not in self.failed]
        parts = [f"{len(reports)} of {len(self.reports)} reports were written"] if self.reports else []
        parts += [f"loaded: {', '.join(sources)}"] if sources else []
        return f"{'; '.join(parts).capitalize()}." if parts else "Nothing was loaded."

    def _named(self, names: list[str], limit: int = 8) -> str:
        """Names in words; all reports together are called so."""
        others = [name for name in names if name not in self.reports]
        if len(self.reports) > limit and len(names) - len(others) == len(self.reports):
            names = [f"all {len(self.reports)} reports", *others]
        shown = ", ".join(names[:limit])
        return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
