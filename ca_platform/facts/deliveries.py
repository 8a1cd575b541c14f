"""The fact of deliveries: each with its order, its map cell and how long its parts took.

Pure functions. What is unknown as of a report day (a return that comes later) is for reports to leave out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ca_platform.calendar import local_hour

# The northern and the eastern end belong to the last cell: cells are half open, [low, high).
# A tenth of a millimetre before them, which survives the rounding of the encoder.
_LAST_LATITUDE = 90.0 - 1e-9
_LAST_LONGITUDE = 180.0 - 1e-9
_MICROSECONDS = 60_000_000


def geohash(latitude: pl.Expr, longitude: pl.Expr, precision: int) -> pl.Expr:
    """The map cell of a place as a geohash of ``precision`` letters (Niemeyer 2008); null where a coordinate is null.

    A cell holds its southern and western border. Both poles and the antimeridian have a cell.

    Args:
        latitude, longitude: degrees, WGS 84, within [-90, 90] and [-180, 180].
        precision: 1 to 12; 7 letters are cells of about 150 m.

    >>> place = pl.DataFrame({"lat": [57.64911], "lon": [10.40744]})
    >>> place.select(geohash(pl.col("lat"), pl.col("lon"), 11)).item()
    'u4pruydqqvj'
    """
    from polars_hash import GeoHashingNameSpace

    place = pl.struct(
        longitude.clip(-180.0, _LAST_LONGITUDE).alias("longitude"),
        latitude.clip(-90.0, _LAST_LATITUDE).alias("latitude"),
    )
    known = pl.when(latitude.is_not_null() & longitude.is_not_null()).then(place)
    return GeoHashingNameSpace(known).from_coords(precision)


def minutes(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Minutes from one instant to another, unrounded; null where one of them is unknown."""
    time = (end - start).dt.total_microseconds()
    # A column over a column: by a number Polars multiplies with its reciprocal, but not where there is a single row.
    return time / (time * 0 + _MICROSECONDS)


def delivery_times(
    deliveries: pl.LazyFrame, orders: pl.LazyFrame, dimensions: Sequence[str], time_zone: str, precision: int
) -> pl.LazyFrame:
    """Deliveries whose order is known, with what it tells of them; see ``delivery_times`` of the catalogue.

    A session that was loaded again since may begin after its delivery: such rows are left out.

    Args:
        deliveries: rows of the lake.
        orders: ``order_id``, ``client``, ``session_start_date`` and ``dimensions.NAME`` of their sessions.
    """
    ordered, delivered = pl.col("order_time"), pl.col("delivery_date")
    prepared, returned = pl.col("prepare_date"), pl.col("return_date")
    in_order = (ordered <= prepared.fill_null(delivered)) & (ordered <= delivered)
    has_return = returned.is_not_null()
    is_placed = ~pl.col("location_suspect")
    joined = deliveries.join(orders.rename({"session_start_date": "order_time"}), on="order_id")
    return joined.filter(in_order).select(
        "day",
        "order_id",
        "client",
        "order_time",
        "delivery_date",
        weekday=_weekday(ordered, time_zone),
        hour=local_hour(ordered, time_zone).cast(pl.Int64),
        return_weekday=pl.when(has_return).then(_weekday(delivered, time_zone)),
        return_hour=pl.when(has_return).then(local_hour(delivered, time_zone).cast(pl.Int64)),
        latitude="latitude",
        longitude="longitude",
        geohash=pl.when(is_placed).then(geohash(pl.col("latitude"), pl.col("longitude"), precision)),
        deliver_minutes=minutes(ordered, delivered),
        prepare_minutes=minutes(ordered, prepared),
        ride_minutes=minutes(prepared, delivered),
        return_minutes=minutes(delivered, returned),
        return_date="return_date",
        is_late=delivered > pl.col("promised_date"),
        **{f"dimensions.{name}": f"dimensions.{name}" for name in dimensions},
    )


def _weekday(instant: pl.Expr, time_zone: str) -> pl.Expr:
    return instant.dt.convert_time_zone(time_zone).dt.weekday().cast(pl.Int64)
