"""The abnormally long deliveries of some report days, and the back-tests that decided what judges them.

What is said of a delivery does not change later, so all report days are made of one run; rows count from their ``day``
on. Reads the lake; the judgement itself is in ``models.deliveries``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.calendar import local_day
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.models.deliveries import FACTORS, Contest, Durations, Judged, abnormal, numbered, pairs
from ca_platform.models.deliveries.records import Codes, Floats, Ints, Rows
from ca_platform.reports.reading import FactReader

AROUND = (6, 5, 4)
"""Letters of the cells around a cell: about 1 km, 5 km and 30 km wide."""
_NO_DAY = -1
_THREADS = 4
_SLICE = pl.UInt32
_SHOWN = ("order_id", "client", "order_time", "delivery_date", "latitude", "longitude", "geohash")


class DeliveryOrders:
    """Which deliveries took abnormally long.

    Args:
        slices: ``slice``, ``dimension``, ``value``.
    """

    def __init__(self, facts: FactReader, slices: Callable[[], pl.DataFrame]) -> None:
        self._facts = facts
        self._slices = slices
        self._judged: dict[str, tuple[pl.DataFrame, pl.DataFrame]] = {}
        self._of_kind: dict[bool, tuple[Ints, Durations]] = {}
        self._of_dimension: dict[tuple[str, bool], tuple[Ints, pl.Series, Durations]] = {}

    def orders(self, duration: str) -> pl.DataFrame:
        """The report's rows by ``slice``, with the ``day`` on which the duration was known."""
        return self._of(duration)[0]

    def contests(self, durations: Sequence[str]) -> pl.DataFrame:
        """``delivery_backtest`` of these durations, with the ``day`` from which on a row counts."""
        return pl.concat([_empty_contests(), *(self._of(name)[1] for name in durations)])

    def _of(self, duration: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        if duration not in self._judged:
            self._judged[duration] = self._judge(duration)
        return self._judged[duration]

    def _judge(self, duration: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The whole shop, and beside it the values of each dimension."""
        self._known(duration == "return")
        with ThreadPoolExecutor(min(pl.thread_pool_size(), _THREADS)) as beside:
            values = [beside.submit(self._judge_values, name, duration) for name in self._facts.shape.dimensions]
            whole, contests = self._judge_shop(duration)
            return pl.concat([whole, *(frame.result() for frame in values)]), _contests(duration, contests)

    def _judge_shop(self, duration: str) -> tuple[pl.DataFrame, tuple[Contest, ...]]:
        rows, known = self._known(duration == "return")
        minutes = self._minutes(duration, rows)
        own = np.flatnonzero(~np.isnan(minutes))
        judged, contests = abnormal(_some(known, minutes, own), networks=True)
        return self._frame(duration, rows[own], judged, pl.Series(np.zeros(len(own)), dtype=_SLICE)), contests

    def _judge_values(self, dimension: str, duration: str) -> pl.DataFrame:
        rows, slices, parted = self._parted(dimension, duration == "return")
        minutes = self._minutes(duration, rows)
        own = np.flatnonzero(~np.isnan(minutes))
        judged, _ = abnormal(_some(parted, minutes, own), networks=False)
        return self._frame(duration, rows[own], judged, slices.gather(own))

    def _minutes(self, duration: str, rows: Ints) -> Floats:
        """NaN where the duration is not known."""
        minutes: Floats = self._rows[f"{duration}_minutes"].to_numpy()[rows]
        return minutes

    def _known(self, is_return: bool) -> tuple[Ints, Durations]:  # noqa: FBT001 - a key of the cache
        """Deliveries, or returns, known by the last report day: their rows in the order of their days, and their columns."""
        if is_return not in self._of_kind:
            days = self._days(is_return=is_return)
            rows = np.flatnonzero(days != _NO_DAY)
            rows = rows[np.argsort(days[rows], kind="stable")]
            self._of_kind[is_return] = rows, self._columns(rows, is_return=is_return)
        return self._of_kind[is_return]

    def _parted(self, dimension: str, is_return: bool) -> tuple[Ints, pl.Series, Durations]:  # noqa: FBT001 - the same
        """Those of them with a value of the dimension: their rows, their slices, and columns that keep values apart."""
        if (dimension, is_return) not in self._of_dimension:
            rows, known = self._known(is_return)
            column = self._rows[f"slices.{dimension}"].gather(rows)
            inside = np.flatnonzero(column.is_not_null().to_numpy())
            slices = column.gather(inside).cast(_SLICE)
            part = numbered(slices.to_numpy())
            own = known if len(inside) == len(rows) else known.take(inside)
            customer, places = pairs(part, own.customer), tuple(pairs(part, code) for code in own.places)
            self._of_dimension[dimension, is_return] = (
                rows[inside],
                slices,
                replace(own, part=part, customer=customer, places=places),
            )
        return self._of_dimension[dimension, is_return]

    @cached_property
    def _rows(self) -> pl.DataFrame:
        """Deliveries in the order of their days, with the hour of the week and the slice in each dimension."""
        zone = self._facts.shape.time_zone
        slots = {
            "slot": (pl.col("weekday") - 1) * 24 + pl.col("hour"),
            "return_slot": (pl.col("return_weekday") - 1) * 24 + pl.col("return_hour"),
        }

        def build() -> pl.LazyFrame:
            rows = self._facts.scan("delivery_times")
            for name in self._facts.shape.dimensions:
                own = self._slices().lazy().filter(pl.col("dimension") == name)
                numbers = own.select(
                    pl.col("slice").alias(f"slices.{name}"), pl.col("value").alias(f"dimensions.{name}")
                )
                rows = rows.join(numbers, on=f"dimensions.{name}", how="left", nulls_equal=True, maintain_order="left")
            return rows.select(
                "day",
                *_SHOWN,
                *(f"{name}_minutes" for name in DURATIONS),
                *(f"slices.{name}" for name in self._facts.shape.dimensions),
                **slots,
                return_day=local_day(pl.col("return_date"), zone),
            )

        return self._facts.lake.collect(build)

    @cached_property
    def _customers(self) -> Codes:
        return _codes(self._rows["client"])

    @cached_property
    def _places(self) -> tuple[Codes, ...]:
        """Numbers of the map cell and of those around it, -1 without one; empty where no place is known at all."""
        cells = self._rows["geohash"]
        if cells.null_count() == len(cells):
            return ()
        finest = _codes(cells)
        first = np.zeros(int(finest.max()) + 1, np.int64)
        first[finest[finest >= 0]] = np.flatnonzero(finest >= 0)
        names = cells.gather(first)
        longest = int(names.str.len_chars().max())  # type: ignore[arg-type]
        levels = [finest]
        for letters in [letters for letters in AROUND if letters < longest] or [1]:
            around = _codes(names.str.slice(0, letters))
            levels.append(np.where(finest < 0, -1, around[finest]))
        return tuple(levels)

    def _days(self, *, is_return: bool) -> Codes:
        """On which day each delivery, or its return, was known; ``_NO_DAY`` where it is not by the last report day."""
        day = pl.col("return_day" if is_return else "day")
        number = pl.when(day <= self._facts.days.last).then(day.cast(pl.Int32)).fill_null(_NO_DAY)
        return self._rows.select(number).to_series().to_numpy()

    def _columns(self, rows: Ints, *, is_return: bool) -> Durations:
        """All but the durations themselves, of the whole shop."""
        frame, placed = self._rows, self._rows["geohash"].is_not_null().to_numpy()
        slot = frame["return_slot" if is_return else "slot"].to_numpy()
        # Of millions of rows no column is copied that is needed whole.
        some: Rows = slice(None) if len(rows) == len(frame) and (np.diff(rows) == 1).all() else rows
        return Durations(
            day=self._days(is_return=is_return)[some],
            part=np.zeros(len(rows), np.int32),
            minutes=np.zeros(len(rows)),
            slot=slot[some].astype(np.int16),
            customer=self._customers[some],
            places=tuple(level[some] for level in self._places),
            latitude=np.where(placed, frame["latitude"].to_numpy(), np.nan)[some],
            longitude=np.where(placed, frame["longitude"].to_numpy(), np.nan)[some],
        )

    def _frame(self, duration: str, rows: Ints, judged: Judged, slices: pl.Series) -> pl.DataFrame:
        """The abnormal rows as the report shows them."""
        found = rows[judged.row]
        shown = self._rows.select(*_SHOWN, minutes=f"{duration}_minutes")[found]
        day = self._rows["return_day" if duration == "return" else "day"]
        return shown.with_columns(
            day=day.gather(found),
            slice=slices.gather(judged.row),
            expected_minutes=pl.Series(judged.expected),
            score=pl.Series(judged.score),
            p_customer=pl.Series(judged.p_customer),
            p_location=pl.Series(judged.p_location).fill_nan(None),
            p_weekday_hour=pl.Series(judged.p_slot),
            customer_anomaly=pl.Series(judged.customer),
            location_anomaly=pl.Series(judged.location),
            weekday_hour_anomaly=pl.Series(judged.slot),
            rule_1=pl.Series(judged.rule_1),
            rule_2=pl.Series(judged.rule_2),
            is_abnormal=pl.lit(value=True),
        )


def _some(columns: Durations, minutes: Floats, rows: Ints) -> Durations:
    """Rows of which the duration is known, with it."""
    given = replace(columns, minutes=minutes)
    return given if len(rows) == len(minutes) else given.take(rows)


def _codes(names: pl.Series) -> Codes:
    """Numbers from 0 in the place of texts, -1 for none."""
    codes = names.cast(pl.Categorical).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
    return np.where(codes < 0, -1, numbered(np.maximum(codes, 0)))


def _contests(duration: str, contests: Sequence[Contest]) -> pl.DataFrame:
    rows = []
    for contest in contests:
        for model in dict.fromkeys(name for name, _ in contest.recall):
            found = {f"recall_{factor:g}x": contest.recall[model, factor] for factor in FACTORS}
            found["recall"] = float(np.mean(list(found.values())))
            served = contest.served == model
            said = (duration, contest.base, model)
            rows += [(contest.origin, *said, metric, value, contest.planted, served) for metric, value in found.items()]
    frame = pl.DataFrame(rows, schema=_empty_contests().schema | {"day": pl.Int32}, orient="row")
    return frame.with_columns(pl.col("day").cast(pl.Date))


def _empty_contests() -> pl.DataFrame:
    types = {"day": pl.Date, **dict.fromkeys(("duration", "base", "model", "metric"), pl.String)}
    return pl.DataFrame(schema={**types, "value": pl.Float64, "deliveries": pl.Int64, "is_served": pl.Boolean})
