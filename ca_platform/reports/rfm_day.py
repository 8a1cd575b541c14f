"""What is known of every buyer at the end of one day: recency, frequency, amount, their scores and the segment.

Arrays over all slices at once, sorted by slice and customer. From them the small tables of the day are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from ca_platform.reports.rfm_orders import PAIR
from ca_platform.reports.rfm_scores import BEST, Borders, Distinct, Floats, Ints, Measure, Scoring
from ca_platform.settings.segments import SEGMENTS, Cell, Segment

MEASURES: tuple[Measure, ...] = ("recency", "frequency", "monetary")
# Their borders are those of the last month's end.
KEPT: tuple[Measure, ...] = ("frequency", "monetary")
SEGMENT = pl.Enum(SEGMENTS)
_HOUR = 3.6e9
_UNITS = 1e4
_NEWCOMERS = SEGMENTS.index("newcomers")


@dataclass(frozen=True)
class Buyers:
    """Every customer with an order, by slice.

    Attributes:
        orders: how many.
        revenue: in ten-thousandths.
        recency: hours from the last order to the end of the day.
        frequency: mean hours between consecutive visits; no number after a single one.
        monetary: mean amount of an order.
        silence, span: microseconds since the last order; from the first visit to the last.
        visits: how many.
    """

    slices: Ints
    customers: Ints
    orders: Ints
    revenue: Ints
    silence: Ints
    span: Ints
    visits: Ints

    @classmethod
    def of(cls, states: pl.DataFrame, end: datetime) -> Buyers:
        """From ``rfm_orders.states`` of the day."""
        silence = (pl.lit(end) - pl.col("last")).dt.total_microseconds()
        span = (pl.col("visit") - pl.col("first")).dt.total_microseconds()
        revenue = pl.col("revenue").to_physical().cast(pl.Int64)
        columns = states.select(
            *(pl.col(name).cast(pl.Int64) for name in (*PAIR, "number")),
            revenue,
            silence.alias("silence"),
            span,
            "visits",
        )
        return cls(*(column.to_numpy() for column in columns))

    @cached_property
    def recency(self) -> Floats:
        return self.silence / _HOUR

    @cached_property
    def frequency(self) -> Floats:
        gaps = self.visits - 1
        return np.where(gaps > 0, self.span / np.maximum(gaps, 1), np.nan) / _HOUR

    @cached_property
    def monetary(self) -> Floats:
        return self.revenue / self.orders / _UNITS

    def values(self, measure: Measure) -> Floats:
        """One of the three measures."""
        found: Floats = getattr(self, measure)
        return found

    @cached_property
    def _distinct(self) -> dict[Measure, Distinct]:
        return {}

    def distinct(self, measure: Measure) -> Distinct:
        """Distinct values of a measure, counted once."""
        if measure not in self._distinct:
            self._distinct[measure] = Distinct.of(self.slices, self.values(measure))
        return self._distinct[measure]

    def mean_gaps(self, slices: int) -> Ints:
        """Mean time between consecutive visits of each slice, in whole microseconds; −1 where nobody came again."""
        sums = (
            pl.LazyFrame({"slice": self.slices, "span": self.span, "gaps": self.visits - 1})
            .group_by("slice")
            # All spans together can exceed 64 bits.
            .agg(pl.col("span").cast(pl.Int128).sum(), pl.col("gaps").sum())
            .filter(pl.col("gaps") > 0)
            .select("slice", mean=(pl.col("span") // pl.col("gaps")).cast(pl.Int64))
            .collect()
        )
        found = np.full(slices, -1, np.int64)
        found[sums["slice"].to_numpy()] = sums["mean"].to_numpy()
        return found


@dataclass(frozen=True)
class Scored:
    """The buyers of a day with their scores and segments.

    Attributes:
        segments: place of each customer's segment in ``SEGMENTS``.
        borders_as_of: day of the borders of gap and amount, by slice.
    """

    day: date
    buyers: Buyers
    borders: Mapping[Measure, Borders]
    scores: Mapping[Measure, npt.NDArray[np.int8]]
    segments: npt.NDArray[np.int8]
    borders_as_of: Sequence[date]

    @property
    def segment_names(self) -> pl.Series:
        """The segment of each buyer."""
        return pl.Series("segment", SEGMENTS, dtype=SEGMENT).gather(self.segments)


@dataclass(frozen=True, slots=True)
class Kept:
    """Borders of gap and amount at the end of a day, and which slices had any."""

    day: date
    borders: Mapping[Measure, Borders]

    @classmethod
    def of(cls, day: date, buyers: Buyers, slices: int, scoring: Scoring) -> Kept:
        fitted = {name: Borders.fitted(name, buyers.distinct(name), slices, scoring) for name in KEPT}
        return cls(day, fitted)

    @property
    def is_there(self) -> npt.NDArray[np.bool_]:
        """Slices in which somebody had come again, so that both measures have borders."""
        found: npt.NDArray[np.bool_] = np.all([self.borders[name].clusters > 0 for name in KEPT], axis=0)
        return found


def scored(
    day: date,
    buyers: Buyers,
    kept: Kept,
    slices: int,
    scoring: Scoring,
    cells: Mapping[Cell, Segment],
) -> Scored:
    """Scores and segments at the end of a day.

    Args:
        kept: borders of the last month's end up to the day. A slice in which nobody had come again by then takes those
            of the day itself.
        slices: how many there are, numbered from 0.
        cells: segment by scores.
    """
    has_kept = kept.is_there
    borders: dict[Measure, Borders] = {
        "recency": Borders.fitted("recency", buyers.distinct("recency"), slices, scoring),
        **kept.borders,
    }
    if kept.day != day and not has_kept[buyers.slices].all():
        own = Kept.of(day, buyers, slices, scoring)
        borders |= {name: own.borders[name].or_those_of(kept.borders[name], has_kept) for name in KEPT}
    scores = {name: borders[name].scores(buyers.slices, buyers.values(name)) for name in MEASURES}
    table = np.zeros((BEST + 1,) * 3, np.int8)
    for cell, segment in cells.items():
        table[cell] = SEGMENTS.index(segment)
    is_new = (buyers.orders == 1) & (buyers.silence <= buyers.mean_gaps(slices)[buyers.slices])
    segments = np.where(is_new, np.int8(_NEWCOMERS), table[tuple(scores[name] for name in MEASURES)])
    as_of = [kept.day if there else day for there in has_kept.tolist()]
    return Scored(day, buyers, borders, scores, segments, as_of)
