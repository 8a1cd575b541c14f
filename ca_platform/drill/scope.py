"""What is known at the end of a report day, of one dimension value or of all: facts and sessions, never what comes later.

Reads the lake, lazily; makes nothing. Facts that are missing or do not reach the day are an error: computing the report
makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from ca_platform.calendar import as_of, local_day
from ca_platform.drill.cells import Key
from ca_platform.errors import HistoryError, ReportError
from ca_platform.facts import Shape
from ca_platform.money import MONEY
from ca_platform.reports.milestones import Days
from ca_platform.reports.periods import UNITS, period
from ca_platform.reports.reading import FactReader
from ca_platform.reports.tables import Tables

if TYPE_CHECKING:
    from ca_platform.lake import Lake
    from ca_platform.settings import Settings

PAIR = ["slice", "customer"]
ORDER_COLUMNS: Mapping[str, Any] = {
    "order_id": pl.String(),
    "client": pl.String(),
    "session_start_date": pl.Datetime("us", "UTC"),
    "payment_amount": MONEY,
    "discount_amount": MONEY,
    "promotion_id": pl.String(),
}
"""What a list of orders shows."""
DELIVERY_COLUMNS: Mapping[str, Any] = {
    "order_id": pl.String(),
    "client": pl.String(),
    "order_time": pl.Datetime("us", "UTC"),
    "delivery_date": pl.Datetime("us", "UTC"),
    "geohash": pl.String(),
    "deliver_minutes": pl.Float64(),
    "prepare_minutes": pl.Float64(),
    "ride_minutes": pl.Float64(),
    "return_minutes": pl.Float64(),
    "is_late": pl.Boolean(),
}
"""What a list of deliveries shows."""


@dataclass(frozen=True)
class Scope:
    """One report day.

    Attributes:
        slices: the dimension values that are asked for: ``slice``, ``dimension``, ``value``; 0 is main.
        key: of the one cell that is asked for; empty: all cells.
        minor_digits: to which reports round money.
    """

    tables: Tables
    facts: FactReader
    slices: pl.DataFrame
    key: Key
    minor_digits: int

    @classmethod
    def of(
        cls,
        day: date,
        settings: Settings,
        lake: Lake,
        place: tuple[str, str | None] | None = None,
        key: Key | None = None,
    ) -> Scope:
        """The scope of a dimension value (``place``), or of all of them.

        Raises:
            ReportError: there is no such value up to the day.
        """
        shape = Shape.of(settings)
        if day < shape.start_date:
            raise ReportError(f"Nothing is known of {day}: business.start_date is {shape.start_date}.")
        tables = Tables([day], settings, lake)
        reader = FactReader(lake, shape, Days(day, day, shape.time_zone))
        scope = cls(tables, reader, pl.DataFrame(), key or {}, settings.business.minor_digits)
        scope.check("dimension_values")
        slices = tables.slices.select("slice", "dimension", "value")
        if place is not None:
            slices = slices.filter((pl.col("dimension") == place[0]) & pl.col("value").eq_missing(pl.lit(place[1])))
            if slices.is_empty():
                raise ReportError(f"There is no {place[0]}={place[1] or ''} up to {day}.")
        return replace(scope, slices=slices)

    @property
    def day(self) -> date:
        return self.facts.days.last

    @property
    def shape(self) -> Shape:
        return self.facts.shape

    @property
    def end(self) -> datetime:
        """The end of the day."""
        return as_of(self.day, self.shape.time_zone)

    def values_of_key(self) -> Scope:
        """The same for the dimension value that the key names, or for all; for reports whose rows are these."""
        named = [pl.col(name).eq_missing(pl.lit(self.key[name])) for name in ("dimension", "value") if name in self.key]
        values = self.tables.slices.filter(pl.col("slice") > 0, *named).select("slice", "dimension", "value")
        return replace(self, slices=values)

    def check(self, fact: str) -> None:
        """Refuse to go on with a fact that does not reach the day."""
        made = self.facts.lake.days(fact)
        there = sum(self.shape.start_date <= day <= self.day for day in made)
        if there != (self.day - self.shape.start_date).days + 1:
            raise HistoryError(
                f"The lake has not all of the fact {fact} up to {self.day}. "
                f"Compute a report of that day, which makes it: ca-platform run --from {self.day} --to {self.day}."
            )

    def fact(self, name: str) -> pl.LazyFrame:
        """A fact up to the day, of the slices that are asked for."""
        self.check(name)
        rows = self.facts.scan(name)
        return rows.filter(self.in_slices()) if "slice" in rows.collect_schema() else rows

    def in_slices(self) -> pl.Expr:
        """Whether a row's ``slice`` is asked for."""
        numbers = self.slices["slice"].to_list()
        return pl.col("slice") == numbers[0] if len(numbers) == 1 else pl.col("slice").is_in(numbers)

    def orders(self) -> pl.LazyFrame:
        """``customer_orders`` with the local day of the order before."""
        previous = local_day(pl.col("previous_at"), self.shape.time_zone)
        return self.fact("customer_orders").with_columns(previous_day=previous)

    def first_days(self) -> pl.LazyFrame:
        """The local day of each customer's first order."""
        firsts = self.fact("customer_orders").filter(pl.col("number") == 1)
        return firsts.select(*PAIR, first_day="day")

    @cached_property
    def people(self) -> pl.LazyFrame:
        """``milestones.spells`` of the day with a number for everybody, also for those without a session."""
        self.check("client_numbers")
        self.check("first_sessions")
        spells = self.tables.milestones.spells
        beyond = pl.col("customer").is_null().cum_sum() + pl.col("customer").max().fill_null(0)
        return spells.lazy().with_columns(customer=pl.coalesce("customer", beyond.cast(pl.UInt32)))

    def sessions(self, first: date | None = None, last: date | None = None) -> pl.LazyFrame:
        """Sessions by slice: ``day``, ``has_purchased`` and what a list of orders shows."""
        shape = self.shape
        begin, end = max(first or shape.start_date, shape.start_date), min(last or self.day, self.day)
        dimensions = [f"dimensions.{name}" for name in shape.dimensions]
        kept = ["day", "has_purchased", *ORDER_COLUMNS]
        types = {
            "day": pl.Date(),
            "has_purchased": pl.Boolean(),
            **ORDER_COLUMNS,
            **dict.fromkeys(dimensions, pl.String()),
        }
        rows = self.facts.lake.scan("sessions", begin, end, schema=types)
        return self.by_slice(rows, {name: types[name] for name in kept})

    def by_slice(self, rows: pl.LazyFrame, kept: Mapping[str, Any]) -> pl.LazyFrame:
        """Rows with ``dimensions.NAME``, once for each slice that they are in.

        Args:
            kept: their columns that are wanted, with types.
        """
        frames = [pl.LazyFrame(schema={"slice": pl.UInt32(), **kept})]
        for (name,), values in self.slices.partition_by("dimension", as_dict=True).items():
            if name == "main":
                frames.append(rows.select(pl.lit(0, pl.UInt32).alias("slice"), *kept))
            else:
                own = values.lazy().select("slice", pl.col("value").alias(f"dimensions.{name}"))
                frames.append(rows.join(own, on=f"dimensions.{name}", nulls_equal=True).select("slice", *kept))
        return pl.concat(frames)

    def purchases(self, unit: str | None = None, name: str = "date") -> pl.LazyFrame:
        """Orders by slice; where a period of this unit is asked for by a key column, of its days alone."""
        first, last = self.days_of(unit, name)
        return self.sessions(first, last).filter("has_purchased")

    def days_of(self, unit: str | None, name: str = "date") -> tuple[date | None, date | None]:
        """First and last day of the period that the key names; nothing where it names none."""
        begin = self.key.get(name)
        if unit is None or begin is None:
            return None, None
        end = pl.select(pl.lit(begin).dt.offset_by(UNITS[unit])).item()
        return begin, end - timedelta(days=1)

    def within(self, unit: str, day: str = "day", name: str = "date") -> pl.Expr:
        """Whether a day lies in the period that the key names; true where it names none."""
        begin = self.key.get(name)
        return pl.lit(value=True) if begin is None else period(UNITS[unit], day) == begin

    def named(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Customers with their ``client`` in the place of their number."""
        if "client" in rows.collect_schema():
            return rows
        return rows.join(self.fact("client_numbers").select("customer", "client"), on="customer").drop("customer")
