"""Numbers as instants and days: which of them are seconds, milliseconds, microseconds, or days such as 20240326."""

from __future__ import annotations

import polars as pl

_NAIVE = pl.Datetime("us")
_MILLISECONDS_FROM = 100_000_000_000
"""Epoch numbers from here on are milliseconds: as seconds they would lie after the year 5000."""
_MICROSECONDS_FROM = 10**15
"""Whole ones from here on, which is in 2001, are microseconds: as milliseconds they would lie after the year 30000."""
_FIRST_DAY, _LAST_DAY = 19_000_101, 22_001_231


def days_of(numbers: pl.Series) -> pl.Series | None:
    """Days written as 20240326 as local times, the others null; None: none is. As an epoch they would all lie in 1970."""
    if not numbers.dtype.is_integer():
        return None
    are_days = numbers.is_between(_FIRST_DAY, _LAST_DAY).fill_null(value=False)
    if not are_days.any():
        return None
    return _keep(numbers, are_days).cast(pl.String).str.to_datetime("%Y%m%d", time_unit="us", strict=False)


def _keep(values: pl.Series, rows: pl.Series) -> pl.Series:
    return pl.select(pl.when(rows).then(values)).to_series().alias(values.name)


def epochs(numbers: pl.Series) -> pl.Series:
    """Seconds, milliseconds or microseconds since 1970 as instants; null where they cannot be any."""
    name = numbers.name
    if numbers.dtype.is_integer():
        wide = numbers.cast(pl.Int64, strict=False)
        seconds, known = wide.abs() < _MILLISECONDS_FROM, wide.abs() >= _MICROSECONDS_FROM
        unit = pl.when(seconds).then(wide * 1_000_000).when(known).then(wide).otherwise(wide * 1000)
        micro = pl.select(unit).to_series()
        micro = pl.select(pl.when(wide.abs() < 1 << 52).then(micro)).to_series()
    else:
        finite = pl.select(pl.when(numbers.is_finite() & (numbers.abs() < 1e15)).then(numbers)).to_series()
        scaled = pl.select(
            pl.when(finite.abs() < _MILLISECONDS_FROM).then(finite * 1_000_000).otherwise(finite * 1000)
        ).to_series()
        micro = scaled.round(0).cast(pl.Int64)
    return micro.cast(_NAIVE).dt.replace_time_zone("UTC").alias(name)
