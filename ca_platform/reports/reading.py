"""Reading facts for some report days: which rows, and from which day on each of them counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ca_platform.facts import Shape, last_month_end, schema
from ca_platform.lake import Lake
from ca_platform.reports.milestones import Days


@dataclass(frozen=True, slots=True)
class FactReader:
    """The facts of a lake for the report days ``days``."""

    lake: Lake
    shape: Shape
    days: Days

    def scan(self, name: str, start: date | None = None) -> pl.LazyFrame:
        """A fact from ``start``, or the shop's first day, up to the last report day."""
        types = schema(name, self.shape)
        return self.lake.scan(name, start or self.shape.start_date, self.days.last, schema=types)

    def with_totals(self, name: str, totals: str) -> pl.LazyFrame:
        """A fact: the days up to the last month end before the report days added up, and each day after it."""
        month = last_month_end(self.days.first)
        old = self.lake.scan(totals, month, month, schema=schema(totals, self.shape))
        return pl.concat([old, self.scan(name, max(month + timedelta(days=1), self.shape.start_date))])

    def counts_from(self) -> pl.Expr:
        """Report day from which on a row of a fact counts, as ``day``."""
        return pl.max_horizontal("day", pl.lit(self.days.first)).alias("day")
