"""A look at a source without loading it: its days, its first rows as they would be loaded, a dry run of the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from ca_platform.ingest import customers, sessions
from ca_platform.ingest.account import Account
from ca_platform.ingest.agreement import Agreement
from ca_platform.ingest.check import Checked
from ca_platform.ingest.fields import map_fields
from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import connect, mapping_of, plan_of
from ca_platform.ingest.plan import Plan, Window
from ca_platform.ingest.repeats import Repeats
from ca_platform.ingest.values import ActionKind
from ca_platform.settings import Settings
from ca_platform.sources import GUESTS

_KEYS = {"sessions": sessions.KEY, "customers": customers.KEY}


@dataclass(frozen=True)
class Preview:
    """What a load of everything would do.

    Attributes:
        rows: the first good rows, mapped and typed as the lake would have them.
        totals: read, loaded, quarantined, out_of_range, open, adjusted.
        reasons: bad rows by reason code.
        bad: the first bad rows: file, row_number, reason, column, row.
        columns: source column by lake column, None where there is none.
        actions: of each action whether its values are flags or times.
        values: how many values each dimension has, counted up to one more than reports of a dimension may have.
        first_day, last_day: local days of the good rows; None for a snapshot.
    """

    source: str
    rows: pl.DataFrame
    totals: dict[str, int]
    reasons: dict[str, int]
    bad: pl.DataFrame
    columns: dict[str, str | None]
    actions: Mapping[str, ActionKind]
    notes: tuple[str, ...]
    values: Mapping[str, int] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None


def preview(source: str, settings: Settings, rows: int = 20, agreement: Agreement | None = None) -> Preview:
    """Read the whole source and judge every row, as a load of all days would, without the lake.

    Args:
        agreement: of all sources that are looked at; what it says of this one becomes a note.

    Raises:
        SourceError: a load would fail, for the same reason.
    """
    mapping = mapping_of(source, settings)
    opened = connect(source, settings)
    fields = map_fields(source, mapping, opened.schema(), opened.label)
    plan = plan_of(source, mapping, fields, settings, (), opened.files)
    plan = replace(plan, window=Window(None, settings.business.start_date))
    account = Account(source, opened.label)
    values = {name: _Values(settings.reports.dimensions.max_values) for name in mapping.dimensions}
    both = agreement or Agreement()
    guests = _Guests()
    with workers() as pool:
        batches = _counted(checked_batches(opened, plan, None, pool), values, both, guests, source)
        shown, loaded, days = _dry_run(batches, plan, account, rows)
    account.refuse_unreadable()
    account.count("loaded", {None: loaded})
    bad = account.bad()
    summary = account.summary(bad, ())
    if source in ("lines", "deliveries"):
        account.notes.append("Whether each row has its order is seen when it is loaded.")
    if source == "lines":
        account.notes += both.doubts()
    account.notes += guests.notes()
    return Preview(
        source,
        shown,
        {**summary.totals, "loaded": loaded, "quarantined": bad.height},
        summary.reasons,
        bad.drop("id").head(rows),
        {item.target: item.column for item in fields},
        summary.actions,
        tuple(account.notes),
        {name: each.count for name, each in values.items()},
        *days,
    )


@dataclass
class _Values:
    """Different values of a dimension, as many as it takes to see that they are too many."""

    most: int
    found: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))

    @property
    def count(self) -> int:
        return min(len(self.found), self.most + 1)

    def add(self, values: pl.Series) -> None:
        if len(self.found) <= self.most:
            self.found = pl.concat([self.found, values.cast(pl.String)]).unique()


@dataclass
class _Guests:
    """Sessions of customers whose number is that of all guests: they would be one customer who orders daily."""

    rows: dict[str, int] = field(default_factory=dict)

    def add(self, clients: pl.Series) -> None:
        for mark, count in clients.filter(clients.str.to_lowercase().is_in(GUESTS)).value_counts().iter_rows():
            self.rows[mark] = self.rows.get(mark, 0) + count

    def notes(self) -> Iterator[str]:
        for mark, count in self.rows.items():
            if count > 1:
                yield (
                    f"{count:,} rows have the client {mark!r}: if these are guests, they would be one customer. Take their e-mail "
                    "address instead, as in coalesce(nullif(customer, '0'), email), by `query`."
                )


def _counted(
    batches: Iterator[Checked], values: Mapping[str, _Values], agreement: Agreement, guests: _Guests, source: str
) -> Iterator[Checked]:
    for checked in batches:
        agreement.add(source, checked.good)
        if source == "sessions":
            guests.add(checked.good["client"])
        for name, each in values.items():
            each.add(checked.good[f"dimensions.{name}"])
        yield checked


def _dry_run(
    batches: Iterator[Checked], plan: Plan, account: Account, rows: int
) -> tuple[pl.DataFrame, int, tuple[date | None, date | None]]:
    key = _KEYS.get(plan.name)
    shown: list[pl.DataFrame] = []
    days: list[date] = []
    loaded = 0
    for checked in Repeats(key, plan).without(batches) if key is not None else batches:
        account.take(checked)
        account.count("adjusted", {None: int(checked.adjusted.sum())})
        if sum(frame.height for frame in shown) < rows:
            shown.append(checked.good.head(rows))
        loaded += checked.good.height
        days += [day for day in _edges(checked.good) if day is not None]
    frame = pl.concat(shown).head(rows) if shown else pl.DataFrame()
    return frame, loaded, (min(days, default=None), max(days, default=None))


def _edges(good: pl.DataFrame) -> tuple[date | None, date | None]:
    if "day" not in good.columns or good.is_empty():
        return None, None
    low, high = good["day"].min(), good["day"].max()
    return (low if isinstance(low, date) else None, high if isinstance(high, date) else None)
