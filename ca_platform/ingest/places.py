"""Deliveries of days with too few places to tell an odd one: judged beside the places of the days before them.

After a load, when all of its days lie in the lake: so the days of one load look as if they had been loaded one after the
other. What is said of a day never rests on later ones; days before it that are loaded only later change nothing until
it is loaded again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import polars as pl

from ca_platform.ingest.locations import ENOUGH, mark_suspects
from ca_platform.lake import Lake

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


def judge_few(lake: Lake, write_id: str) -> None:
    """Mark odd places on days of a write that have some, but too few, places of their own."""
    written = {part.day for part in lake.parts(_DATASET) if part.write_id == write_id and part.day is not None}
    days = _with_few(written, lake)
    if not days:
        return
    places = _places(days[0] - timedelta(days=_NEAR_DAYS), days[-1], lake)
    if places.filter(pl.col("day") < days[0]).height < ENOUGH:
        places = _places(None, days[-1], lake)
    for day in _mark(places, days):
        _rewrite(*day, lake)


def _with_few(days: Collection[date], lake: Lake) -> list[date]:
    if not days:
        return []
    counts = lake.collect(lambda: _placed(min(days), max(days), lake).group_by("day").len())
    return sorted(day for day, count in counts.iter_rows() if count < ENOUGH and day in days)


def _placed(first: date | None, last: date, lake: Lake) -> pl.LazyFrame:
    """Deliveries with a place."""
    is_placed = pl.col("latitude").is_not_null() & pl.col("longitude").is_not_null()
    return lake.scan(_DATASET, first, last, schema=_TYPES).filter(is_placed)


def _places(first: date | None, last: date, lake: Lake) -> pl.DataFrame:
    """The same, in the order of their days."""
    return lake.collect(lambda: _placed(first, last, lake)).sort("day", maintain_order=True)


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


def _rewrite(day: date, before: pl.DataFrame, lake: Lake) -> None:
    (part,) = (part for part in lake.parts(_DATASET) if part.day == day)
    rows = lake.collect(lambda: lake.scan(_DATASET, day, day))
    with lake.write() as write:
        write.put(_DATASET, day, mark_suspects(rows, before).select(rows.columns), part.inputs)
