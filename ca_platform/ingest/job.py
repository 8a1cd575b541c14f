"""What every load needs: the opened source, its plan, the days, and the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import start_of_day
from ca_platform.errors import ConfigurationError
from ca_platform.ingest.account import Account
from ca_platform.ingest.fields import Field, map_fields
from ca_platform.ingest.plan import Plan, Window
from ca_platform.ingest.rules import assignment_rules, customer_rules, delivery_rules, line_rules, session_rules
from ca_platform.ingest.schemas import lake_schema
from ca_platform.ingest.table import Rules
from ca_platform.ingest.values import Reading
from ca_platform.lake import Lake
from ca_platform.settings import Settings, SourceSettings
from ca_platform.sources import Bounds, NoFileError, Source, open_source

DAY_COLUMN: dict[str, str | None] = {
    "sessions": "session_start_date",
    "lines": "date",
    "deliveries": "delivery_date",
    "assignments": "assigned_at",
    "customers": None,
}
LINE_SLACK = 7
"""Days by which the `date` of a line may differ from the day of its order."""


@dataclass(frozen=True)
class Job:
    """One load of one source.

    Attributes:
        days: asked local days in order, each once; empty for a snapshot.
        source: None: no file matches, and other days are loaded already.
        schema: of the lake's table.
    """

    name: str
    days: tuple[date, ...]
    settings: Settings
    lake: Lake
    mapping: SourceSettings
    source: Source | None
    plan: Plan
    schema: pl.Schema
    account: Account

    @property
    def bounds(self) -> Bounds | None:
        """What to push down: the asked days, open to the past when they begin with the first day of all."""
        column = self.bound_column
        if column is None or not self.days:
            return None
        zone, slack = self.settings.business.time_zone, timedelta(days=self.plan.window.slack)
        begins = self.days[0] <= self.settings.business.start_date
        start = None if begins else start_of_day(self.days[0] - slack, zone)
        return Bounds(column, start, start_of_day(self.days[-1] + slack + timedelta(days=1), zone), zone)

    @property
    def bound_column(self) -> str | None:
        """Source column of the day."""
        return next((item.column for item in self.plan.fields if item.target == self.plan.day), None)


def mapping_of(name: str, settings: Settings) -> SourceSettings:
    """Settings of a source, or an error that says that it is not connected."""
    if name not in DAY_COLUMN:
        raise ConfigurationError(f"{name!r} is no source that is loaded by day. There are {', '.join(DAY_COLUMN)}.")
    found: SourceSettings | None = getattr(settings.sources, name)
    if found is None:
        raise ConfigurationError(f"The source {name} is not connected. Add `sources.{name}` to the settings.")
    return found


def prepare(name: str, days: Sequence[date] | None, settings: Settings, lake: Lake) -> Job:
    """Open the source and map its columns."""
    mapping = mapping_of(name, settings)
    chosen = () if DAY_COLUMN[name] is None else _checked_days(name, days, settings)
    schema = lake_schema(name, mapping)
    try:
        source = connect(name, settings)
    except NoFileError as error:
        if not lake.parts(name):
            raise
        account = Account(name, mapping.path or name)
        account.notes.append(f"{error} Days that are loaded already stay; the asked days are empty.")
        return Job(
            name, chosen, settings, lake, mapping, None, plan_of(name, mapping, [], settings, chosen), schema, account
        )
    fields = map_fields(name, mapping, source.schema(), source.label)
    plan = plan_of(name, mapping, fields, settings, chosen, source.files)
    return Job(name, chosen, settings, lake, mapping, source, plan, schema, Account(name, source.label))


def connect(name: str, settings: Settings) -> Source:
    """The opened source."""
    return open_source(name, mapping_of(name, settings), settings.business.time_zone)


def _checked_days(name: str, days: Sequence[date] | None, settings: Settings) -> tuple[date, ...]:
    chosen = tuple(sorted(set(days or ())))
    start = settings.business.start_date
    if not chosen:
        raise ConfigurationError(f"No day of {name} was asked for. Give at least one day.")
    if chosen[0] < start:
        raise ConfigurationError(
            f"{chosen[0]} lies before the first day, business.start_date {start}. Ask for later days, or set an earlier "
            "start_date."
        )
    return chosen


def plan_of(
    name: str,
    mapping: SourceSettings,
    fields: Sequence[Field],
    settings: Settings,
    days: Sequence[date],
    files: Sequence[str] = (),
) -> Plan:
    """How the rows of a source are read and judged."""
    zone = settings.business.time_zone
    slack = LINE_SLACK if name == "lines" else 0
    window = Window(frozenset(days) or None, settings.business.start_date, slack)
    reading = Reading(zone, mapping.decimal, mapping.date_format, mapping.thousands, mapping.currency_mark)
    return Plan(
        name=name,
        fields=fields,
        reading=reading,
        window=window,
        day=DAY_COLUMN[name],
        rules=_rules(name, mapping),
        output=[
            *(column for column in lake_schema(name, mapping) if column not in _LATER.get(name, ())),
            *(field.target for field in fields if field.target == "updated_at"),
        ],
        files=files,
        open_without_day=name == "deliveries",
        is_text=mapping.kind == "csv" and not mapping.query,
    )


_LATER = {"lines": ("line_number",), "deliveries": ("location_suspect",)}
"""Columns that only the whole day of a part can tell."""


def _rules(name: str, mapping: SourceSettings) -> Rules:
    if name == "sessions":
        return session_rules(mapping.actions, is_gross=mapping.payment_amount_is == "gross")
    return _RULES[name]


_RULES: dict[str, Rules] = {
    "customers": customer_rules,
    "lines": line_rules,
    "deliveries": delivery_rules,
    "assignments": assignment_rules,
}
