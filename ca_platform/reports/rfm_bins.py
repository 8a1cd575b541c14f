"""Customers in bins of recency, frequency and amount, for charts that cannot show each of a million customers.

The bins of a measure are equally wide between its smallest and its largest value in a slice, on the scale on which it is
scored. Three fine bins make one coarse bin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ca_platform.reports.rfm_day import MEASURES, Scored
from ca_platform.reports.rfm_scores import BY_LOGARITHM, Distinct, Floats, Measure, bins_of, edges

FINE, COARSE = 48, 16
"""Fine bins for two measures, coarse ones for three: at most 4,352 cells with those who have no gap."""


@dataclass(frozen=True)
class Binned:
    """The buyers of a day with their bins.

    Attributes:
        values: ``slice``, ``customer``, ``segment`` and of each measure its value and ``MEASURE_bin``; null without.
        edges: of each measure the borders of its fine bins, one slice below the other.
    """

    values: pl.DataFrame
    edges: Mapping[Measure, Floats]

    @classmethod
    def of(cls, scored: Scored, slices: int) -> Binned:
        buyers = scored.buyers
        columns: dict[str, pl.Series] = {
            "slice": pl.Series(buyers.slices).cast(pl.UInt32),
            "customer": pl.Series(buyers.customers).cast(pl.UInt32),
            "segment": scored.segment_names,
        }
        borders = {name: _borders(buyers.distinct(name), slices, name) for name in MEASURES}
        for name in MEASURES:
            values = buyers.values(name)
            columns[name] = pl.Series(values).fill_nan(None)
            columns[f"{name}_bin"] = _bins(buyers.slices, values, borders[name])
        return cls(pl.DataFrame(columns), borders)

    @staticmethod
    def name(measure: Measure) -> str:
        """What the column of a measure is called."""
        return measure if measure == "monetary" else f"{measure}_hours"

    def coarse(self) -> pl.LazyFrame:
        """``values`` with coarse bins."""
        return self.values.lazy().with_columns(pl.col(f"{name}_bin") // (FINE // COARSE) for name in MEASURES)

    def with_edges(self, rows: pl.LazyFrame, measures: Sequence[Measure], *, is_coarse: bool = False) -> pl.LazyFrame:
        """Where the bins of rows begin and end: ``MEASURE_start``, ``MEASURE_end``."""
        width = FINE // COARSE if is_coarse else 1
        for name in measures:
            flat = pl.lit(pl.Series(self.edges[name].ravel()))
            first = pl.col("slice").cast(pl.Int64) * (FINE + 1) + pl.col(f"{name}_bin") * width
            rows = rows.with_columns(
                flat.gather(first).alias(f"{name}_start"), flat.gather(first + width).alias(f"{name}_end")
            )
        return rows


def _borders(distinct: Distinct, slices: int, measure: Measure) -> Floats:
    """Borders of the fine bins of each slice; where there is one value they are all the same."""
    found = np.zeros((slices, FINE + 1))
    for slice_, values, _ in distinct:
        own = edges(float(values[0]), float(values[-1]), FINE, by_logarithm=measure in BY_LOGARITHM)
        found[slice_] = own if len(own) > 2 else own[0]
    return found


def _bins(slices: np.ndarray, values: Floats, borders: Floats) -> pl.Series:
    """The fine bin of each value, null for what is no number. Rows of a slice stand together."""
    starts = np.flatnonzero(np.diff(slices, prepend=-1))
    parts = (
        [
            np.where(own[0] == own[-1], 0, bins_of(part, own))
            for part, own in zip(np.split(values, starts[1:]), borders[slices[starts]], strict=True)
        ]
        if len(slices)
        else []
    )
    found = np.concatenate(parts) if parts else np.empty(0, np.int64)
    return pl.Series(found.astype(np.int64)).set(pl.Series(np.isnan(values)), None)
