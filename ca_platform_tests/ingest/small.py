"""A small shop of text files in a folder, for the tests of ingest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from ca_platform.ingest import IngestSummary, ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings

START = date(2024, 3, 25)
SESSIONS = "order_id,client,session_start_date,payment_amount,has_purchased"
COUNTS = ("read", "loaded", "quarantined", "out_of_range", "open")


def days(first: date = START, count: int = 14) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


@dataclass
class SmallShop:
    """Files, settings and a lake in one folder. ``Europe/London`` changes its clocks on 2024-03-31."""

    folder: Path
    time_zone: str = "Europe/London"
    start_date: date = START
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self, name: str, *rows: str, header: str = SESSIONS) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    def connect(self, source: str, path: str, **keys: Any) -> None:
        self.sources[source] = {"kind": "csv", "path": str(self.folder / path), **keys}

    def sessions(self, *rows: str, header: str = SESSIONS, **keys: Any) -> None:
        self.write("sessions.csv", *rows, header=header)
        self.connect("sessions", "sessions.csv", **keys)

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(
            {
                "business": {"time_zone": self.time_zone, "start_date": self.start_date},
                "lake": {"path": str(self.folder / "lake")},
                "sources": self.sources,
            }
        )

    @property
    def lake(self) -> Lake:
        return Lake.open(self.settings)

    def load(self, source: str = "sessions", asked: list[date] | None = None) -> IngestSummary:
        summary = ingest(source, asked or days(self.start_date), self.settings, self.lake)
        closes(summary)
        return summary

    def rows(self, dataset: str = "sessions") -> list[dict[str, Any]]:
        return self.lake.scan(dataset).collect().to_dicts()

    def reasons(self, source: str = "sessions") -> list[tuple[str, str | None]]:
        return list(self.lake.quarantined(source).select("reason", "column").iter_rows())


def closes(summary: IngestSummary) -> None:
    """Row accounting closes on every day, and the reasons add up."""
    for row in summary.by_day.iter_rows(named=True):
        assert row["read"] == row["loaded"] + row["quarantined"] + row["out_of_range"] + row["open"], row
    assert sum(summary.reasons.values()) == summary.totals["quarantined"]


def snapshot(lake: Lake) -> dict[str, list[Any]]:
    """Everything that a load leaves: rows, quarantine, accounting."""
    content: dict[str, list[Any]] = {}
    for dataset in lake.datasets():
        content[dataset] = lake.scan(dataset).collect().rows()
    content["quarantine"] = lake.quarantined().sort("id").drop("file", "row_number").rows()
    counted = pl.any_horizontal(pl.col(*COUNTS) > 0)
    content["accounting"] = lake.accounting().filter(counted).rows()
    return content
