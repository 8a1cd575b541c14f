"""Counts of a load by day and reason, and what speaks against the mapping. Knows nothing of how rows are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from ca_platform.errors import SourceError
from ca_platform.ingest.check import Checked, Unread
from ca_platform.ingest.quarantine import BAD_SCHEMA, with_ids
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.values import ActionKind
from ca_platform.lake import ACCOUNTING_COUNTS
from ca_platform.sources.number_forms import number_form

_SCHEMA: dict[str, pl.DataType] = {"day": pl.Date(), **{name: pl.Int64() for name in ACCOUNTING_COUNTS}}
_ENOUGH = 1_000_000
"""Rows after which a column that cannot be read ends the load at once."""


@dataclass(frozen=True)
class IngestSummary:
    """What a load did.

    Attributes:
        source: name of the source.
        by_day: day, read, loaded, quarantined, out_of_range, open, adjusted; null day: a row without a readable date,
            or of a snapshot.
        reasons: quarantined rows by reason code.
        notes: sentences for the user.
        actions: of each action whether its values are flags or times; one without a value is not in it.
    """

    source: str
    by_day: pl.DataFrame
    reasons: dict[str, int]
    notes: tuple[str, ...] = ()
    actions: Mapping[str, ActionKind] = field(default_factory=dict)

    @property
    def totals(self) -> dict[str, int]:
        """The counts of all days."""
        return {name: int(self.by_day[name].sum()) for name in ACCOUNTING_COUNTS}


class Account:
    """Collects what the batches of a load report.

    Attributes:
        is_incremental: only what has changed was read, so that bad rows of earlier loads stay.
    """

    def __init__(self, source: str, label: str) -> None:
        self.source = source
        self._label = label
        self._counts: dict[str, Counter[date | None]] = {name: Counter() for name in ACCOUNTING_COUNTS}
        self._bad: list[pl.DataFrame] = []
        self._scanned = 0
        self._unread: dict[str, Unread] = {}
        self.actions: dict[str, ActionKind] = {}
        self.notes: list[str] = []
        self.is_incremental = False

    def take(self, checked: Checked) -> None:
        """Everything about a batch but its good rows."""
        if checked.bad.height:
            self.quarantine(checked.bad)
        if len(checked.early):
            self.count_days("out_of_range", checked.early)
        if checked.open_rows:
            self.count("open", {None: checked.open_rows})
        self._scanned += checked.scanned
        self._agree(checked.actions)
        for column, unread in checked.unread.items():
            before = self._unread.get(column)
            self._unread[column] = (
                unread
                if before is None
                else Unread(before.rows + unread.rows, before.reason, before.value, before.place)
            )
        if self._scanned >= _ENOUGH and self._unread:
            self.refuse_unreadable()

    def count(self, name: str, rows: Mapping[date | None, int] | Mapping[date, int] | Mapping[None, int]) -> None:
        """Add rows by day."""
        for day, number in rows.items():
            self._counts[name][day] += number

    def count_days(self, name: str, days: pl.Series) -> None:
        """Add rows by their days."""
        if len(days):
            self.count(name, _by_day(days))

    def quarantine(self, bad: pl.DataFrame) -> None:
        """Add bad rows."""
        self._bad.append(bad.select(BAD_SCHEMA.names()))

    def refuse_unreadable(self) -> None:
        """Raise a ``SourceError`` when more than half of the rows cannot be read in one column."""
        for column, unread in self._unread.items():
            if unread.rows * 2 > self._scanned:
                raise SourceError(
                    f"{self._label}: {unread.rows:,} of {self._scanned:,} rows cannot be read in the column {column!r}, "
                    f"the first at {unread.place}: {unread.value!r}. {_remedy(unread)}"
                )

    def bad(self) -> pl.DataFrame:
        """All bad rows with their ids, in source order."""
        return with_ids(self.source, pl.concat(self._bad) if self._bad else BAD_SCHEMA.to_frame())

    def summary(self, bad: pl.DataFrame, days: Iterable[date]) -> IngestSummary:
        """The closed account. Every day of ``days`` has a row."""
        self._counts["quarantined"] = Counter(_by_day(bad["day"]))
        counted = {day for counts in self._counts.values() for day, number in counts.items() if number}
        rows = []
        for day in sorted({*counted, *days}, key=lambda day: (day is not None, day or date.min)):
            row = {name: self._counts[name][day] for name in ACCOUNTING_COUNTS}
            row["read"] = row["loaded"] + row["quarantined"] + row["out_of_range"] + row["open"]
            rows.append({"day": day, **row})
        reasons = bad.group_by("reason").len().sort("reason")
        return IngestSummary(
            self.source,
            pl.DataFrame(rows, schema=_SCHEMA),
            dict(zip(reasons["reason"].to_list(), reasons["len"].to_list(), strict=True)),
            tuple(self.notes),
            dict(self.actions),
        )

    def _agree(self, actions: Mapping[str, ActionKind]) -> None:
        for target, kind in actions.items():
            name = target.rpartition(".")[2]
            if self.actions.setdefault(name, kind) != kind:
                raise SourceError(
                    f"{self._label}: the action {name!r} mixes flags and times. Make it one of the two by `query`."
                )


def _by_day(days: pl.Series) -> dict[date | None, int]:
    counts = days.rename("day").value_counts(name="rows")
    return dict(zip(counts["day"].to_list(), counts["rows"].to_list(), strict=True))


def _remedy(unread: Unread) -> str:
    if unread.reason == Reason.UNREADABLE_NUMBER:
        keys = [f'`{key}: "{value}"`' for key, value in number_form([[unread.value]]).keys().items()]
        if keys:
            return f"The numbers look as if they were written with other marks: set {' and '.join(keys)}, or map another column."
        return "Map a column of numbers, or make numbers of it by `query`."
    if unread.reason == Reason.UNREADABLE_FLAG:
        return "Flags are true/false, 1/0, yes/no, t/f, y/n: map another column, or make flags of it by `query`."
    if unread.reason == Reason.DATE_OUT_OF_BOUNDS:
        return "Dates that stand for 'never' are to be empty: make null of them by `query`."
    return 'Say how the dates are written, such as `date_format: "%d.%m.%Y %H:%M"`, or map another column.'
