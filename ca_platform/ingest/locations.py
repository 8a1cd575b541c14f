"""Coordinates that look wrong: a lost minus sign, latitude and longitude swapped, one of the two missing."""

from __future__ import annotations

import polars as pl

ENOUGH = 8
"""Deliveries with a place that it takes before one of them can look odd."""
_NEAR_DEGREES = 3.0
"""Radius of a delivery area, at least."""
_SPREADS = 6.0
"""Radius of a delivery area in median distances from its middle."""
_MUCH_NEARER = 0.5
"""Part of its distance at which a place must lie once it is mended: a far one near the equator is mended to nothing."""


def mark_suspects(rows: pl.DataFrame, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """The deliveries of one day with ``location_suspect``.

    The area is that of the day itself, so that a day looks the same however it is loaded; of a day with too few places
    that of the days before as well. A place is suspect when it lies outside of the area and would lie inside, and much
    nearer, with a sign changed or the two swapped; so is half a place.

    Args:
        before: ``latitude`` and ``longitude`` of deliveries of days before it, none of them suspect.
    """
    rows = rows.drop("location_suspect", strict=False)
    latitude, longitude = pl.col("latitude"), pl.col("longitude")
    is_half = latitude.is_null() != longitude.is_null()
    known = rows.select(latitude, longitude).drop_nulls()
    if known.height < ENOUGH and before is not None:
        known = pl.concat([before.select(latitude, longitude), known])
    if known.height < ENOUGH:
        return rows.with_columns(location_suspect=is_half)
    middle = known.select(latitude.median().alias("lat"), longitude.median().alias("lon")).row(0)
    distance = _distance(latitude, longitude, middle)
    radius = max(_NEAR_DEGREES, _SPREADS * float(known.select(distance.median()).item()))
    mirrored = [(-latitude, longitude), (latitude, -longitude), (-latitude, -longitude), (longitude, latitude)]
    mirrored += [(-longitude, latitude), (longitude, -latitude), (-longitude, -latitude)]
    near = pl.min_horizontal(distance * _MUCH_NEARER, radius)
    would_fit = pl.any_horizontal(_distance(lat, lon, middle) <= near for lat, lon in mirrored)
    suspect = is_half | ((distance > radius) & would_fit).fill_null(value=False)
    return rows.with_columns(location_suspect=suspect)


def _distance(latitude: pl.Expr, longitude: pl.Expr, middle: tuple[float, float]) -> pl.Expr:
    """The larger of the two differences, in degrees: exact enough to tell a continent."""
    return pl.max_horizontal((latitude - middle[0]).abs(), (longitude - middle[1]).abs())
