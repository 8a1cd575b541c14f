"""Deliveries of some report days as arrays, and how they are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ca_platform.calendar import local_day
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.reports.reading import FactReader

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MICROSECONDS = 60e6
"""In a minute."""
DENSE = 10_000_000
"""Groups up to which they are counted by position."""
_ROOM = 2
"""Groups for each delivery up to which that is faster than by sorting."""
SLOTS = 168
"""Hours of a week."""
NONE = -1
"""In the place of what is not known."""
_RETURN = "return"


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Deliveries of which one duration is known by the last report day.

    Attributes:
        day: on which it was known, in days since 1970-01-01; ``slot``: hour of the week, from 0.
        microseconds: the duration; ``cell``: number of the map cell; ``late``: 1 or 0; ``NONE`` where unknown.
        slices: of each slicing (the whole shop, each dimension) the slice of each delivery.
    """

    day: Ints
    slot: Ints
    microseconds: Ints
    cell: Ints
    late: Ints
    slices: tuple[Ints, ...]

    def where(self, rows: Flags) -> Known:
        """Some of them."""
        if rows.all():
            return self
        slices = tuple(slice_[rows] for slice_ in self.slices)
        return Known(self.day[rows], self.slot[rows], self.microseconds[rows], self.cell[rows], self.late[rows], slices)


@dataclass(frozen=True, slots=True, eq=False)
class Deliveries:
    """All deliveries up to the last report day.

    Attributes:
        columns: ``day``, ``slot``, ``return_day``, ``return_slot``, microseconds by duration, ``cell``, ``late``;
            ``NONE`` where unknown.
        slices: of each slicing (the whole shop, each dimension) the slice of each delivery.
        cells: geohashes in the order of their numbers, which is that of the alphabet.
        last: the last report day, in days since 1970-01-01.
    """

    columns: Mapping[str, Ints]
    slices: tuple[Ints, ...]
    cells: pl.Series
    last: int

    def known(self, duration: str) -> Known:
        """Those of which a duration is known."""
        names = ("return_day", "return_slot") if duration == _RETURN else ("day", "slot")
        day, slot, value, cell, late = (self.columns[name] for name in (*names, duration, "cell", "late"))
        return Known(day, slot, value, cell, late, self.slices).where((value >= 0) & (day <= self.last))


def read(facts: FactReader, slices: pl.DataFrame) -> Deliveries:
    """Deliveries of the fact, with numbers in the place of names and minutes."""
    dimensions, zone = facts.shape.dimensions, facts.shape.time_zone
    slot = (pl.col("weekday") - 1) * 24 + pl.col("hour")
    return_slot = (pl.col("return_weekday") - 1) * 24 + pl.col("return_hour")

    def build() -> pl.LazyFrame:
        rows = facts.scan("delivery_times")
        for name in dimensions:
            own = slices.lazy().filter(pl.col("dimension") == name)
            numbers = own.select(
                pl.col("slice").cast(pl.Int64).alias(f"slices.{name}"), pl.col("value").alias(f"dimensions.{name}")
            )
            rows = rows.join(numbers, on=f"dimensions.{name}", how="left", nulls_equal=True)
        return rows.select(
            pl.col("day").cast(pl.Int32),
            *(f"slices.{name}" for name in dimensions),
            *((pl.col(f"{name}_minutes") * MICROSECONDS).round().cast(pl.Int64).alias(name) for name in DURATIONS),
            slot=slot.cast(pl.Int16),
            return_slot=return_slot.cast(pl.Int16),
            return_day=local_day(pl.col("return_date"), zone).cast(pl.Int32),
            cell=pl.col("geohash").cast(pl.Categorical),
            late=pl.col("is_late").cast(pl.Int8),
        )

    frame = facts.lake.collect(build)
    codes = frame["cell"].to_physical()
    found = frame["cell"].drop_nulls().unique()
    ordered = pl.DataFrame({"code": found.to_physical(), "geohash": found.cast(pl.String)}).sort("geohash")
    # Numbers in the order of the alphabet.
    place = np.zeros(int(ordered["code"].max() or 0) + 1, np.int64)  # type: ignore[arg-type]
    place[ordered["code"].to_numpy()] = np.arange(ordered.height)
    frame = frame.with_columns(cell=pl.lit(pl.Series(place)).gather(codes))
    numbers = frame.select(pl.all().fill_null(NONE).cast(pl.Int64))
    columns = {name: numbers[name].to_numpy() for name in numbers.columns}
    whole = np.zeros(frame.height, np.int64)
    own = tuple(columns.pop(f"slices.{name}") for name in dimensions)
    return Deliveries(columns, (whole, *own), ordered["geohash"], day_number(facts.days.last))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


_EPOCH = date(1970, 1, 1)


def tally(known: Known, first: int, group: Callable[[Ints], Ints], **sums: Ints) -> pl.DataFrame:
    """Deliveries by group and ``day`` (those up to ``first`` together), with sums of whole numbers over them.

    In the order of group and day. Sums are exact below 2^53, whatever the order of the rows.

    Args:
        group: from the slice of each delivery the number of its group.
        sums: values by delivery.
    """
    keys = [group(slices) for slices in known.slices]
    is_old = known.day <= first
    frames = [_counted(keys, is_old, sums, first)]
    # After the first report day come a few days of few rows.
    frames += [_counted(keys, known.day == day, sums, day) for day in np.unique(known.day[~is_old]).tolist()]
    return frames[0] if len(frames) == 1 else pl.concat(frames).sort("group", "day")


def _counted(keys: Sequence[Ints], rows: Flags, sums: Mapping[str, Ints], day: int) -> pl.DataFrame:
    if not rows.all():
        keys, sums = [key[rows] for key in keys], {name: values[rows] for name, values in sums.items()}
    # A slice belongs to one slicing: no group comes twice.
    found = pl.concat(_groups(key, sums) for key in keys)
    return found.sort("group").select(pl.lit(day, pl.Int64).alias("day"), "group", "deliveries", *sums)


def _groups(key: Ints, sums: Mapping[str, Ints]) -> pl.DataFrame:
    first = int(key.min()) if len(key) else 0
    width = int(key.max()) + 1 - first if len(key) else 0
    if width <= min(DENSE, _ROOM * len(key)):
        place = key - first
        counts = np.bincount(place, minlength=width)
        some = np.flatnonzero(counts)
        totals = {name: np.bincount(place, values, width)[some].astype(np.int64) for name, values in sums.items()}
        return pl.DataFrame({"group": some + first, "deliveries": counts[some], **totals})
    if sums:
        count = pl.len().cast(pl.Int64).alias("deliveries")
        return pl.DataFrame({"group": key, **sums}).group_by("group").agg(count, pl.col(list(sums)).sum())
    ordered = np.sort(key)
    starts = np.flatnonzero(np.diff(ordered, prepend=first - 1))
    return pl.DataFrame({"group": ordered[starts], "deliveries": np.diff(starts, append=len(key))})
