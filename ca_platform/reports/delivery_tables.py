"""The compact tables of deliveries, for some report days.

As in ``tables``: each has a day from which on a row counts, of returns that of the return. Reads the lake; what the rows
mean is in pure functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.models.deliveries.histogram import Ints
from ca_platform.reports.delivery_rows import DENSE, MICROSECONDS, SLOTS, Deliveries, Known, day_number, read, tally
from ca_platform.reports.reading import FactReader
from ca_platform.settings import Settings

LOG_UNITS = 10_000
"""Logarithms are kept as whole numbers of this part of one, so that their sums are exact."""
FARTHEST = 4.0
"""By how many times the median of its day a duration may differ before it is cut to that, for the judgement of cells."""
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Durations counted by slice and hour of the week.

    Attributes:
        rows: ``day`` (days since 1970-01-01), ``group`` (slice × ``SLOTS`` + slot), ``microseconds``, ``deliveries``, and
            ``code``: the number of a value of a slice; in order of group and value.
        slice_of, value_of: of each code, which are in order of slice and value.
    """

    rows: pl.DataFrame
    slice_of: Ints
    value_of: Ints


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
    def _deliveries(self) -> Deliveries:
        return read(self._facts, self._slices())

    @cached_property
    def slices(self) -> int:
        """Slices of the last report day."""
        return self._slices().height

    @property
    def _first(self) -> int:
        return day_number(self._facts.days.first)

    def counted(self, duration: str) -> Counted:
        """Durations counted by slice and hour of the week."""
        if duration not in self._counted:
            known = self._deliveries.known(duration)
            values, place = _places(known.microseconds)
            width = max(len(values), 1)
            inside = known.slot * width + place
            step = SLOTS * width
            rows = tally(known, self._first, lambda slices: slices * step + inside)
            self._counted[duration] = _coded(rows, values, self.slices)
        return self._counted[duration]

    def cells(self, duration: str) -> pl.DataFrame:
        """Deliveries by slice and map ``cell``, from ``day`` on: ``deliveries``, ``microseconds``, ``log``, ``squares``.

        ``log`` sums up the logarithm of the minutes and one, ``squares`` its square, in ``LOG_UNITS``; a duration that
        is many times the median of its day counts as less.
        """
        if duration not in self._cells:
            known = self._deliveries.known(duration)
            placed = known.cell >= 0
            logs, known = _logs(known)[placed], known.where(placed)
            width = max(len(self.geohashes), 1)
            sums = {"seconds": known.microseconds // _SECOND, "log": logs, "squares": logs**2}
            rest = known.microseconds % _SECOND
            if rest.any():
                sums["rest"] = rest
            rows = tally(known, self._first, lambda slices: slices * width + known.cell, **sums)
            whole = pl.col("seconds") * _SECOND + (pl.col("rest") if "rest" in sums else 0)
            self._cells[duration] = rows.select(
                _as_day(pl.col("day")),
                (pl.col("group") // width).alias("slice"),
                (pl.col("group") % width).alias("cell"),
                "deliveries",
                "log",
                "squares",
                microseconds=whole,
            )
        return self._cells[duration]

    @property
    def geohashes(self) -> pl.Series:
        """Of the map cells, in the order of their numbers, which is that of the alphabet."""
        return self._deliveries.cells

    @cached_property
    def days(self) -> pl.DataFrame:
        """By slice, day (of a return its own) and duration: ``deliveries``, microseconds, ``late`` and ``promised``.

        Those of the days that the reports show.
        """
        first = day_number(self._facts.days.first) - self._settings.reports.history_days + 1
        return pl.concat(_by_day(self._deliveries.known(name), first, name) for name in self.durations)

    @cached_property
    def late(self) -> pl.DataFrame:
        """Deliveries by slice that were ``promised``, and those of them that were ``late``, from ``day`` on."""
        known = self._deliveries.known("deliver")
        known = known.where(known.late >= 0)
        rows = tally(known, self._first, lambda slices: slices, late=known.late)
        return rows.rename({"group": "slice", "deliveries": "promised"}).with_columns(_as_day(pl.col("day")))


def _as_day(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.Int32).cast(pl.Date)


def _places(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in order, and which of them each value is."""
    distinct = pl.Series(values).unique().sort().to_numpy()
    unit = _SECOND if not (distinct % _SECOND).any() else 1
    if not len(distinct) or distinct[-1] // unit > DENSE:
        return distinct, np.searchsorted(distinct, values)
    place = np.zeros(int(distinct[-1]) // unit + 1, np.int64)
    place[distinct // unit] = np.arange(len(distinct))
    return distinct, place[values // unit]


def _coded(rows: pl.DataFrame, values: Ints, slices: int) -> Counted:
    """Counted durations with the numbers of their values within their slice."""
    width = max(len(values), 1)
    group, place = (rows["group"] // width).to_numpy(), (rows["group"] % width).to_numpy()
    pair = group // SLOTS * width + place
    if slices * width <= DENSE:
        pairs, code = np.arange(slices * width), pair
    else:
        pairs, code = np.unique(pair, return_inverse=True)
    own = values[place] if len(values) else place
    return Counted(
        rows.select(
            "day", group=pl.Series(group), microseconds=pl.Series(own), deliveries="deliveries", code=pl.Series(code)
        ),
        pairs // width,
        values[pairs % width] if len(values) else np.zeros(len(pairs), np.int64),
    )


def _logs(known: Known) -> Ints:
    """Logarithms of the minutes and one, in ``LOG_UNITS``, cut to what lies near the median of all of the day."""
    minutes = known.microseconds / MICROSECONDS
    frame = pl.DataFrame({"day": known.day, "minutes": minutes})
    medians = frame.group_by("day").agg(pl.col("minutes").median()).sort("day")
    middle = np.log1p(medians["minutes"].to_numpy())[np.searchsorted(medians["day"].to_numpy(), known.day)]
    far = np.log(FARTHEST)
    logs: Ints = np.rint(np.clip(np.log1p(minutes), middle - far, middle + far) * LOG_UNITS).astype(np.int64)
    return logs


def _by_day(known: Known, first: int, duration: str) -> pl.DataFrame:
    shown = known.where(known.day >= first)
    value, late = pl.col("microseconds"), pl.col("late")
    frames = [
        pl.LazyFrame({"slice": slices, "day": shown.day, "microseconds": shown.microseconds, "late": shown.late})
        .group_by("slice", "day")
        .agg(
            deliveries=pl.len().cast(pl.Int64),
            seconds=(value // _SECOND).sum(),
            rest=(value % _SECOND).sum(),
            median=value.median(),
            p90=value.quantile(0.9, interpolation="linear"),
            late=(late == 1).sum().cast(pl.Int64),
            promised=(late >= 0).sum().cast(pl.Int64),
        )
        for slices in shown.slices
    ]
    rows = pl.concat(pl.collect_all(frames))
    return rows.with_columns(_as_day(pl.col("day")), duration=pl.lit(duration))
