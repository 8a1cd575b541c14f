"""Deliveries by day and by place."""

from __future__ import annotations

import polars as pl

from ca_platform.models.deliveries import score_cells
from ca_platform.reports.delivery_rows import MICROSECONDS
from ca_platform.reports.delivery_tables import LOG_UNITS
from ca_platform.reports.periods import Calendar, in_units, share

COARSER = 2
"""Letters by which the larger cell is shorter whose cells a cell is held against."""


def daily(counts: pl.LazyFrame, slices: pl.LazyFrame, durations: tuple[str, ...], calendar: Calendar) -> pl.LazyFrame:
    """Deliveries, and returns, of each day and how long they took; quiet days included.

    Args:
        counts: see ``DeliveryTables.days``.
    """
    names = pl.LazyFrame({"duration": list(durations)}, schema={"duration": pl.String()})
    grid = slices.join(names, how="cross").join(calendar.periods("1d").select("date"), how="cross")
    deliveries = pl.col("deliveries")
    # Late is what comes at the door alone.
    is_whole = (pl.col("duration") == "deliver") & (pl.col("promised") > 0)
    figures = counts.select(
        "slice",
        "duration",
        "deliveries",
        date="day",
        mean_minutes=share(pl.col("seconds").cast(pl.Float64) * 1e6 + pl.col("rest"), deliveries * int(MICROSECONDS)),
        median_minutes=in_units(pl.col("median"), MICROSECONDS),
        p90_minutes=in_units(pl.col("p90"), MICROSECONDS),
        promised=pl.when(is_whole).then("promised"),
        late=pl.when(is_whole).then("late"),
        share_late=pl.when(is_whole).then(share(pl.col("late"), pl.col("promised"))),
    )
    return grid.join(figures, on=["slice", "duration", "date"], how="left").with_columns(deliveries.fill_null(0))


def locations(cells: pl.DataFrame, geohashes: pl.Series) -> pl.LazyFrame:
    """The map cells of each slice that have a delivery, how long these took, and whether they stand out.

    Args:
        cells: see ``DeliveryTables.cells``.
        geohashes: in the order of the numbers of the cells, which is that of the alphabet.
    """
    from polars_hash import GeoHashingNameSpace

    # What many days are made of comes in several rows.
    if cells["day"].n_unique() > 1:
        cells = cells.group_by("slice", "cell").agg(pl.exclude("day").sum()).sort("slice", "cell")
    letters = geohashes.str.len_chars().max()
    coarse = geohashes.str.slice(0, max(letters - COARSER, 1) if isinstance(letters, int) else 1)
    centre = geohashes.to_frame("geohash").select(at=GeoHashingNameSpace(pl.col("geohash")).to_coords()).unnest("at")
    part, number = cells["slice"].to_numpy(), cells["cell"].to_numpy()
    logs, squares = (cells[name].to_numpy() / unit for name, unit in (("log", LOG_UNITS), ("squares", LOG_UNITS**2)))
    around = coarse.rle_id().cast(pl.Int64).to_numpy()[number]
    score, is_abnormal = score_cells(part, around, cells["deliveries"].to_numpy(), logs, squares)
    at = centre[number]
    return cells.lazy().select(
        "slice",
        "deliveries",
        # An enumeration sorts as fast as a number.
        geohash=geohashes.cast(pl.Enum(geohashes))[number],
        latitude=at["latitude"],
        longitude=at["longitude"],
        mean_minutes=in_units(pl.col("microseconds"), MICROSECONDS) / pl.col("deliveries"),
        score=pl.Series(score).fill_nan(None),
        is_abnormal=pl.Series(is_abnormal, dtype=pl.Boolean),
    )
