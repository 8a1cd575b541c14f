"""Durations by weekday and hour, and over all deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from ca_platform.models.deliveries.histogram import Floats, Histogram, Ints, Pool, false_discoveries, larger
from ca_platform.reports.delivery_rows import MICROSECONDS, SLOTS, day_number
from ca_platform.reports.delivery_tables import Counted
from ca_platform.reports.periods import share

ENOUGH = 20
"""Deliveries that a slot needs before it can be called abnormal."""
HIGH = 0.9
"""Above which part of the way from the shortest mean to the longest a slot can be called abnormal."""
ALPHA = 0.05


def weekday_hour(counted: Counted, slices: Sequence[int], day: date) -> pl.LazyFrame:
    """Every hour of the week of each slice, those without a delivery included.

    A slot is abnormal when its mean is among the longest, it has enough deliveries, and their durations are longer than
    those of the other slots beyond chance: all slots of a slice are tested together.

    Args:
        slices: numbers of the slices that exist on the day.
    """
    rows = _until(day, counted)
    parts = _parts(counted, slices)
    group, value, count = (rows[name].to_numpy() for name in ("group", "microseconds", "deliveries"))
    slot = Histogram(group, value, count, parts * SLOTS)
    means, sizes = slot.means(), slot.sizes()
    p = false_discoveries(_longer(slot, rows["code"].to_numpy(), counted, parts).reshape(parts, SLOTS))
    normalized = _normalized(means.reshape(parts, SLOTS))
    is_abnormal = (normalized > HIGH) & (sizes.reshape(parts, SLOTS) >= ENOUGH) & (p < ALPHA)
    number = np.arange(parts * SLOTS)
    frame = pl.DataFrame(
        {
            "slice": number // SLOTS,
            "weekday": number % SLOTS // 24 + 1,
            "hour": number % 24,
            "deliveries": sizes,
            "mean_minutes": means / MICROSECONDS,
            "median_minutes": slot.quantiles(0.5) / MICROSECONDS,
            "p90_minutes": slot.quantiles(0.9) / MICROSECONDS,
            "normalized": normalized.ravel(),
            "p_value": p.ravel(),
            "is_abnormal": is_abnormal.ravel(),
        }
    )
    return _of(frame, slices)


def kpis(
    counted: dict[str, Counted], places: dict[str, pl.LazyFrame], late: pl.LazyFrame, slices: Sequence[int], day: date
) -> pl.LazyFrame:
    """A row for each duration of each slice, those without a delivery included.

    Args:
        counted: by duration, in their order.
        places: by duration ``slice`` and ``cell``.
        late: ``slice``, deliveries that were ``promised``, and ``late`` ones.
    """
    frames = [_whole(name, table, _parts(table, slices), day) for name, table in counted.items()]
    seen = [
        cells.group_by("slice")
        .agg(locations=pl.col("cell").n_unique().cast(pl.Int64))
        .with_columns(duration=pl.lit(name))
        for name, cells in places.items()
    ]
    of_promises = late.group_by("slice").agg(pl.col("promised", "late").sum())
    key = pl.col("slice").cast(pl.Int64)
    rows = _of(pl.concat(frames), slices)
    rows = rows.join(pl.concat(seen).with_columns(key), on=["slice", "duration"], how="left")
    rows = rows.join(of_promises.with_columns(key, duration=pl.lit("deliver")), on=["slice", "duration"], how="left")
    return rows.with_columns(share_late=share(pl.col("late"), pl.col("promised")))


def _until(day: date, counted: Counted) -> pl.DataFrame:
    """Rows that count on the day."""
    return counted.rows.filter(pl.col("day") <= day_number(day))


def _parts(counted: Counted, slices: Sequence[int]) -> int:
    """Numbers of slices, those that come only after the day included."""
    last: list[int] = counted.slice_of[-1:].tolist()
    return max([*slices, *last]) + 1


def _whole(name: str, counted: Counted, parts: int, day: date) -> pl.DataFrame:
    """The figures of one duration over all slots."""
    rows = _until(day, counted)
    pool = _pool(rows["code"].to_numpy(), rows["deliveries"].to_numpy(), counted, parts)
    some = np.flatnonzero(pool.count)
    whole = Histogram(pool.pool[some], counted.value_of[some], pool.count[some], parts)
    return pl.DataFrame(
        {
            "slice": np.arange(parts),
            "duration": [name] * parts,
            "deliveries": whole.sizes(),
            "mean_minutes": whole.means() / MICROSECONDS,
            "median_minutes": whole.quantiles(0.5) / MICROSECONDS,
            "p90_minutes": whole.quantiles(0.9) / MICROSECONDS,
        }
    )


def _pool(code: Ints, count: Ints, counted: Counted, parts: int) -> Pool:
    """All values of each slice."""
    sums = np.bincount(code, count, len(counted.slice_of)).astype(np.int64)
    return Pool(counted.slice_of, sums, parts)


def _longer(slot: Histogram, code: Ints, counted: Counted, parts: int) -> Floats:
    """How likely chance alone makes the durations of a slot so long."""
    pool = _pool(code, slot.count, counted, parts)
    sums = np.bincount(slot.group, slot.count * pool.ranks()[code], slot.groups).astype(np.float64)
    totals = np.bincount(pool.pool, pool.count, parts).astype(np.float64)
    sizes = slot.sizes().astype(np.float64)
    return larger(sums, sizes, np.repeat(totals, SLOTS), np.repeat(pool.ties(), SLOTS))


def _normalized(means: Floats) -> Floats:
    """Means of each row from 0 (the least) to 1 (the most); NaN where all are alike."""
    known = ~np.isnan(means)
    low = np.min(means, axis=1, keepdims=True, initial=np.inf, where=known)
    width = np.max(means, axis=1, keepdims=True, initial=-np.inf, where=known) - low
    normalized: Floats = (means - low) / np.where(width > 0, width, np.nan)
    return normalized


def _of(frame: pl.DataFrame, slices: Sequence[int]) -> pl.LazyFrame:
    """Rows of the slices, null in the place of NaN."""
    rows = frame.lazy().filter(pl.col("slice").is_in(list(slices)))
    return rows.with_columns(pl.col(pl.Float64).fill_nan(None))
