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
DENSE = 30_000_000
"""Groups up to which they are counted by position."""
_ROOM = 8
"""Groups for each delivery up to which that is faster than by hash."""
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
        slices = tuple(slice_[rows] for slice_ in self.slices)
        return Known(self.day[rows], self.slot[rows], self.microseconds[rows], self.cell[rows], self.late[rows], slices)


@dataclass(frozen=True, slots=True, eq=False)
class Deliveries:
    """All deliveries up to the last report day.

    Attributes:
        frame: ``day``, ``slot``, ``return_day``, ``return_slot``, microseconds by duration, ``cell``, ``late``, and
            ``slices.NAME``; null where unknown.
        cells: geohashes in the order of their numbers, which is that of the alphabet.
    """

    frame: pl.DataFrame
    cells: pl.Series
    last: date

    def known(self, duration: str) -> Known:
        """Those of which a duration is known."""
        is_return = duration == _RETURN
        day, slot = ("return_day", "return_slot") if is_return else ("day", "slot")
        is_known = pl.col(duration).is_not_null() & (pl.col(day) <= self.last)
        names = [name for name in self.frame.columns if name.startswith("slices.")]
        rows = self.frame.filter(is_known).select(
            pl.col(day).cast(pl.Int32).cast(pl.Int64).alias("day"),
            pl.col(slot).cast(pl.Int64).alias("slot"),
            pl.col(duration).alias("microseconds"),
            *(pl.col(name).cast(pl.Int64).fill_null(NONE) for name in ("cell", "late", *names)),
        )
        whole = np.zeros(rows.height, np.int64)
        day_of, slot_of, value, cell, late = (rows[name].to_numpy() for name in rows.columns[:5])
        return Known(day_of, slot_of, value, cell, late, (whole, *(rows[name].to_numpy() for name in names)))


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
            "day",
            *(f"slices.{name}" for name in dimensions),
            *((pl.col(f"{name}_minutes") * MICROSECONDS).round().cast(pl.Int64).alias(name) for name in DURATIONS),
            slot=slot.cast(pl.Int16),
            return_slot=return_slot.cast(pl.Int16),
            return_day=local_day(pl.col("return_date"), zone),
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
    return Deliveries(
        frame.with_columns(cell=pl.lit(pl.Series(place)).gather(codes)), ordered["geohash"], facts.days.last
    )


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
    if width > min(DENSE, _ROOM * len(key)):
        count = pl.len().cast(pl.Int64).alias("deliveries")
        return pl.DataFrame({"group": key, **sums}).group_by("group").agg(count, pl.col(list(sums)).sum())
    place = key - first
    counts = np.bincount(place, minlength=width)
    some = np.flatnonzero(counts)
    totals = {name: np.bincount(place, values, width)[some].astype(np.int64) for name, values in sums.items()}
    return pl.DataFrame({"group": some + first, "deliveries": counts[some], **totals})
