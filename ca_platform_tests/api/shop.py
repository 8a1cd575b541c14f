"""A shop whose reports are stored without being computed: the smallest thing that can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from ca_platform.catalogue import Column, Kind, ReportSpec, report_spec
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform.store import open_store

START = date(2024, 1, 1)
DAY = date(2024, 1, 31)
SETTINGS = """\
business: {time_zone: Europe/London, currency: GBP, start_date: 2024-01-01}
lake: {path: lake}
document_store: {path: store.db}
users: {path: users.db}
sources:
  sessions:
    kind: csv
    path: sessions.csv
    dimensions: [region, channel]
"""

Value = tuple[str, str | None]
MAIN: Value = ("main", None)

_TYPES: dict[str, Any] = {
    Kind.DATE: pl.Date,
    Kind.INSTANT: pl.Datetime("us", "UTC"),
    Kind.TEXT: pl.String,
    Kind.INTEGER: pl.Int64,
    Kind.FLOAT: pl.Float64,
    Kind.MONEY: pl.Decimal(18, 4),
    Kind.FLAG: pl.Boolean,
    Kind.TEXTS: pl.List(pl.String),
}


@dataclass
class Shop:
    """A settings file, its store and its lake."""

    folder: Path
    text: str = SETTINGS
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.file = self.folder / "ca_platform.yaml"
        self.file.write_text(self.text)
        self.settings = load_settings(self.file, environment={})

    def store(self, name: str, days: Sequence[date], frame: pl.DataFrame) -> None:
        """Put a computed report into the document store, or into the lake where it belongs there."""
        spec = report_spec(name)
        if spec.storage == "document":
            with open_store(self.settings) as store:
                store.replace(name, days, frame, spec)
            return
        with Lake.open(self.settings).write() as write:
            for day in days:
                part = frame.filter(pl.col("report_date") == day)
                write.put(name, day, part)


def computed(name: str, rows: Iterable[tuple[date, Value, Mapping[str, Any]]]) -> pl.DataFrame:
    """A frame as ``reports.compute`` gives it; columns that a row leaves out are filled with something of their type."""
    spec = report_spec(name)
    types = {
        "report_date": pl.Date,
        "report_dimension": pl.String,
        "report_value": pl.String,
        **{column.name: _TYPES[column.kind] for column in spec.columns},
    }
    found = [
        (day, *value, *(row.get(column.name, sample(column, 1)) for column in spec.columns)) for day, value, row in rows
    ]
    return pl.DataFrame(found, schema=types, orient="row")


def sample(column: Column, number: int) -> Any:
    """Some value of the column's type; null now and then where it may be."""
    if column.nullable and number % 3 == 0:
        return None
    return {
        Kind.DATE: START + timedelta(days=number),
        Kind.INSTANT: datetime(2024, 1, 31, 1, 59, 59, 123456, tzinfo=UTC) - timedelta(hours=number),
        Kind.TEXT: f"text {number}",
        Kind.INTEGER: number,
        Kind.FLOAT: number / 7,
        Kind.MONEY: Decimal(number) * Decimal("1.0050"),
        Kind.FLAG: number % 2 == 0,
        Kind.TEXTS: [f"text {n}" for n in range(number)],
    }[column.kind]


def samples(spec: ReportSpec, day: date, rows: int = 5) -> pl.DataFrame:
    """Rows of every column's type, for ``main``."""
    numbered = [{column.name: sample(column, number) for column in spec.columns} for number in range(1, rows + 1)]
    return computed(spec.name, [(day, MAIN, row) for row in numbered])


def daily_orders(days: Iterable[date], history: int = 400, values: Sequence[Value] = (MAIN,)) -> pl.DataFrame:
    """``daily_orders`` of several report days, each with its window; the count of a day is its day of the year."""
    rows = []
    for day in days:
        first = max(START, day - timedelta(days=history - 1))
        periods = [first + timedelta(days=offset) for offset in range((day - first).days + 1)]
        rows += [
            (day, value, {"date": period, "orders": period.timetuple().tm_yday, "is_partial": False})
            for value in values
            for period in periods
        ]
    return computed("daily_orders", rows)


def kpis(days: Iterable[date], values: Sequence[Value] = (MAIN,)) -> pl.DataFrame:
    """One metric, worth the day of the month."""
    return computed(
        "kpis", [(day, value, {"metric": "orders", "value": float(day.day)}) for day in days for value in values]
    )


def known_values(days: Iterable[date], values: Sequence[Value]) -> pl.DataFrame:
    """``dimension_kpis``: which values are known."""
    rows = [(day, MAIN, {"dimension": name, "value": value}) for day in days for name, value in values]
    return computed("dimension_kpis", rows)
