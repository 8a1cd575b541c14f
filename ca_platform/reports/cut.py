"""The compact tables as they stand at the end of one report day: what a report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ca_platform.reports import milestones
from ca_platform.reports.periods import Calendar
from ca_platform.reports.tables import Tables


@dataclass(frozen=True, slots=True)
class Cut:
    """What is known at the end of one report day.

    Attributes:
        days: the report days that are made together, this one among them.
    """

    tables: Tables
    calendar: Calendar
    days: tuple[date, ...]

    def of(self, table: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
        """The rows of a table that count at the end of the day."""
        return table.lazy().filter(pl.col("day") <= self.calendar.day)

    def on_day(self, table: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
        """The rows of a table that belong to the day."""
        return table.lazy().filter(pl.col("day") == self.calendar.day)

    def valid(self, table: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
        """Those of these rows that are not over (``until``) at the end of the day."""
        return table.lazy().filter(milestones.valid_on(self.calendar.day, "day"))

    @property
    def slices(self) -> pl.LazyFrame:
        return self.of(self.tables.slices).select("slice")

    @property
    def values(self) -> pl.LazyFrame:
        """Dimension values, without ``main``."""
        return self.of(self.tables.slices).filter(pl.col("slice") > 0).select("slice", "dimension", "value")

    @property
    def steps(self) -> tuple[str, ...]:
        return self.tables.shape.steps

    @property
    def milestones(self) -> tuple[str, ...]:
        return ("download", *self.tables.milestones.names, *milestones.SESSION_STEPS)
