"""The compact tables of deliveries, for some report days.

As in ``tables``: each has a ``day`` from which on a row counts, of returns that of the return. Reads the lake; what the
rows mean is in pure functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.calendar import local_day
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.reports.periods import in_units
from ca_platform.reports.reading import FactReader
from ca_platform.settings import Settings
from ca_platform.sorting import sort_by

MICROSECONDS = 60e6
"""In a minute."""
LOG_UNITS = 10_000
"""Logarithms are kept as whole numbers of this part of one, so that their sums are exact."""
FARTHEST = 4.0
"""By how many times the median of its day a duration may differ before it is cut to that, for the judgement of cells."""
_RETURN = "return"
_TIMES = [f"{name}_minutes" for name in DURATIONS]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Durations counted by slice and slot.

    Attributes:
        rows: ``day``, ``slice``, ``slot`` (hours of the week, from 0), ``microseconds``, ``deliveries``, and ``code``: the
            number of a value of a slice; in order of slice, slot and value.
        slice_of: of each code, which are in order of slice and value.
        value_of: its microseconds.
    """

    rows: pl.DataFrame
    slice_of: pl.Series
    value_of: pl.Series


class DeliveryTables:
    """What the reports of deliveries are cut from.

    Args:
        slices: ``slice``, ``dimension``, ``value``.
    """

    def __init__(self, facts: FactReader, settings: Settings, slices: Callable[[], pl.DataFrame]) -> None:
        self._facts = facts
        self._settings = settings
        self._slices = slices
        self._counted: dict[str, Counted] = {}
        self._cells: dict[str, pl.DataFrame] = {}

    @cached_property
    def durations(self) -> tuple[str, ...]:
        """Those whose columns are connected."""
        source = self._settings.sources.deliveries
        needs = {"prepare": "prepare_date", "ride": "prepare_date", "return": "return_date"}
        return tuple(
            name for name in DURATIONS if name not in needs or (source is not None and source.gives(needs[name]))
        )

    @cached_property
    def _rows(self) -> pl.DataFrame:
        """Deliveries with numbers in the place of names and minutes.

        ``day`` (from which on they count), ``return_day``, ``slot``, ``return_slot``, microseconds by duration, ``cell``,
        ``is_late``, and the slice in each dimension.
        """
        zone = self._facts.shape.time_zone
        returned = local_day(pl.col("return_date"), zone)
        slots = {
            "slot": (pl.col("weekday") - 1) * 24 + pl.col("hour"),
            "return_slot": (pl.col("return_weekday") - 1) * 24 + pl.col("return_hour"),
        }

        def build() -> pl.LazyFrame:
            rows = self._facts.scan("delivery_times")
            for name in self._facts.shape.dimensions:
                rows = rows.join(self._numbers(name), on=f"dimensions.{name}", how="left", nulls_equal=True)
            return rows.select(
                "day",
                "is_late",
                *self._of_dimensions,
                *((pl.col(name) * MICROSECONDS).round().cast(pl.Int64) for name in _TIMES),
                **{name: slot.cast(pl.Int16) for name, slot in slots.items()},
                return_day=returned,
                cell=pl.col("geohash").cast(pl.Categorical),
            )

        return self._facts.lake.collect(build)

    def _numbers(self, dimension: str) -> pl.LazyFrame:
        own = self._slices().lazy().filter(pl.col("dimension") == dimension)
        return own.select(
            pl.col("slice").alias(f"slices.{dimension}"), pl.col("value").alias(f"dimensions.{dimension}")
        )

    @property
    def _of_dimensions(self) -> list[str]:
        return [f"slices.{name}" for name in self._facts.shape.dimensions]

    def _known(self, duration: str) -> pl.LazyFrame:
        """Deliveries whose duration is known by the last report day: ``known`` on which day, ``slot``, ``microseconds``."""
        is_return = duration == _RETURN
        day, slot = ("return_day", "return_slot") if is_return else ("day", "slot")
        rows = self._rows.lazy().filter(pl.col(f"{duration}_minutes").is_not_null())
        return rows.filter(pl.col(day) <= self._facts.days.last).select(
            *self._of_dimensions,
            "cell",
            "is_late",
            known=day,
            slot=slot,
            microseconds=f"{duration}_minutes",
        )

    def _by_slice(self, rows: pl.LazyFrame, build: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
        """``build`` for the whole shop and for each dimension, one below the other; it groups by ``slice``."""
        number = pl.lit(0, self._slices().schema["slice"])
        frames = [build(rows.with_columns(slice=number))]
        frames += [build(rows.with_columns(slice=name)) for name in self._of_dimensions]
        return pl.concat(pl.collect_all(frames, engine="streaming"))

    @property
    def _counts_from(self) -> pl.Expr:
        return pl.max_horizontal("known", pl.lit(self._facts.days.first)).alias("day")

    def counted(self, duration: str) -> Counted:
        """Durations counted by slice and slot."""
        if duration not in self._counted:
            key = [self._counts_from, pl.col("slice"), pl.col("slot"), pl.col("microseconds")]
            rows = self._by_slice(
                self._known(duration), lambda rows: rows.group_by(key).agg(deliveries=pl.len().cast(pl.Int64))
            )
            self._counted[duration] = _coded(sort_by(rows, ["slice", "slot", "microseconds", "day"]))
        return self._counted[duration]

    def cells(self, duration: str) -> pl.DataFrame:
        """Deliveries by slice and map ``cell``: ``deliveries``, ``microseconds``, ``log`` and ``squares``.

        ``log`` sums up the logarithm of the minutes and one, ``squares`` its square, in ``LOG_UNITS``; a duration that
        is many times the median of its day counts as less.
        """
        if duration not in self._cells:
            minutes = in_units(pl.col("microseconds"), MICROSECONDS)
            median = minutes.median().over("known").log1p()
            far = float(np.log(FARTHEST))
            log = (minutes.log1p().clip(median - far, median + far) * LOG_UNITS).round().cast(pl.Int64)
            rows = self._known(duration).with_columns(log=log).filter(pl.col("cell").is_not_null()).collect()
            self._cells[duration] = self._by_slice(
                rows.lazy(),
                lambda rows: rows.group_by(self._counts_from, "slice", "cell").agg(
                    pl.col("microseconds", "log").sum(),
                    deliveries=pl.len().cast(pl.Int64),
                    squares=(pl.col("log") ** 2).sum(),
                ),
            )
        return self._cells[duration]

    @cached_property
    def days(self) -> pl.DataFrame:
        """By slice, day (of a return its own) and duration: ``deliveries``, microseconds, ``late`` and ``promised``.

        Those of the days that the reports show.
        """
        first = self._facts.days.first - timedelta(days=self._settings.reports.history_days - 1)
        value = pl.col("microseconds")

        def build(rows: pl.LazyFrame) -> pl.LazyFrame:
            return rows.group_by("slice", day="known").agg(
                deliveries=pl.len().cast(pl.Int64),
                seconds=(value // 1_000_000).sum(),
                rest=(value % 1_000_000).sum(),
                median=value.median(),
                p90=value.quantile(0.9, interpolation="linear"),
                **_LATE,
            )

        frames = []
        for name in self.durations:
            found = self._by_slice(self._known(name).filter(pl.col("known") >= first), build)
            frames.append(found.with_columns(duration=pl.lit(name)))
        return pl.concat(frames)

    @cached_property
    def late(self) -> pl.DataFrame:
        """Deliveries by slice with a promise, and those of them that were late."""
        return self._by_slice(
            self._known("deliver"), lambda rows: rows.group_by(self._counts_from, "slice").agg(**_LATE)
        )


_LATE = {
    "late": pl.col("is_late").sum().cast(pl.Int64),
    "promised": pl.col("is_late").is_not_null().sum().cast(pl.Int64),
}


def _coded(rows: pl.DataFrame) -> Counted:
    """Counted durations with the numbers of their values within their slice."""
    values, place = np.unique(rows["microseconds"].to_numpy(), return_inverse=True)
    width = max(len(values), 1)
    keys, code = np.unique(rows["slice"].to_numpy().astype(np.int64) * width + place, return_inverse=True)
    return Counted(
        rows.with_columns(code=pl.Series(code, dtype=pl.Int64)),
        pl.Series("slice", keys // width, dtype=pl.Int64),
        pl.Series("microseconds", values[keys % width] if len(values) else keys, dtype=pl.Int64),
    )
