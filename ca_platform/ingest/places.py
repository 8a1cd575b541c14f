"""Deliveries of days with too few places to tell an odd one: judged beside the places of the days before them.

At the end of a load, when all of its days are written: so the days of one load look as if they had been loaded one after
the other. What is said of a day never rests on later ones; days before it that are loaded only later change nothing
until it is loaded again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import polars as pl

from ca_platform.ingest.locations import ENOUGH, mark_suspects
from ca_platform.lake import Lake, LakeWrite
from ca_platform.lake.scan import scan_parts

_DATASET = "deliveries"
_TYPES = {
    "day": pl.Date(),
    "latitude": pl.Float64(),
    "longitude": pl.Float64(),
    "location_suspect": pl.Boolean(),
}
_NEAR_DAYS = 90
"""Days in which places are looked for first; only where they have too few, in all days before."""
_NEWEST = 200
"""Places that say where deliveries go."""


def judge_few(lake: Lake, write: LakeWrite) -> None:
    """Mark odd places on days of a write that have some, but too few, places of their own."""
    written = {part.day: part for part in write.parts(_DATASET) if part.day is not None}
    placed = _placed(scan_parts(list(written.values()), pl.Schema(_TYPES)))
    few = placed.group_by("day").len().filter(pl.col("len") < ENOUGH).collect(engine="streaming")
    days = sorted(few["day"])
    if not days:
        return
    own = placed.collect(engine="streaming")
    near = days[0] - timedelta(days=_NEAR_DAYS)
    places = _places(lake, own, near, days[-1])
    if places.filter(pl.col("day") < days[0]).height < ENOUGH:
        places = _places(lake, own, None, days[-1])
    for day, before in _mark(places, days):
        rows = pl.read_parquet(written[day].path, glob=False)
        write.revise(written[day], mark_suspects(rows, before).select(rows.columns))


def _placed(deliveries: pl.LazyFrame) -> pl.LazyFrame:
    """Those with a place."""
    return deliveries.select(*_TYPES).filter(pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null())


def _places(lake: Lake, own: pl.DataFrame, first: date | None, last: date) -> pl.DataFrame:
    """The places of a write and of the days beside it, in the order of their days."""
    days = set(own["day"].to_list())
    others = lake.collect(lambda: _placed(lake.scan(_DATASET, first, last, schema=_TYPES, without=days)))
    return pl.concat([others, own]).sort("day", maintain_order=True)


def _mark(places: pl.DataFrame, days: Collection[date]) -> list[tuple[date, pl.DataFrame]]:
    """Those of the days on which a place looks odd beside those before, with these."""
    wanted, changed = set(days), []
    before = places.clear()
    for own in places.partition_by("day", maintain_order=True):
        day, judged = own["day"][0], own
        if day in wanted and before.height + own.height >= ENOUGH:
            judged = mark_suspects(own, before)
            if not judged["location_suspect"].equals(own["location_suspect"]):
                changed.append((day, before))
        before = pl.concat([before, judged.select(*_TYPES).filter(~pl.col("location_suspect"))]).tail(_NEWEST)
    return changed
