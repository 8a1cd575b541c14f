"""``day`` and ``memory``: the whole Dagster run of one day, against the same queries for main in bare Polars."""

from __future__ import annotations

from benchmarks.harness import Measured, Result, child, duel, seconds
from benchmarks.shops import loaded_shop, settled_shop

DEFAULT, LARGE = 1_000_000, 10_000_000
GOAL = 2.5
MEMORY_GOAL_GB = 4.0


def run(size: int) -> Result:
    fresh = loaded_shop(size)
    raw = (str(fresh.path), str(fresh.first_day), str(fresh.last_day))
    ours, rival = duel(lambda: _day(size), lambda: child("bare:polars_day", *raw), rounds=2 if size < LARGE else 1)
    extra = {"peak_memory_gb": ours.peak_gb, "rival_peak_memory_gb": rival.peak_gb, "cpu_share": ours.cpu_share}
    rows = (
        ("Dagster run of all reports, embedded store", seconds(ours.seconds)),
        ("bare Polars, main alone", seconds(rival.seconds)),
        ("peak memory, ours / bare", f"{ours.peak_gb:.2f} GB / {rival.peak_gb:.2f} GB"),
    )
    return Result("day", size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=rows)


def run_memory(size: int) -> Result:
    """Peak memory in gigabytes in place of seconds."""
    fresh = loaded_shop(size)
    rival = child("bare:polars_day", str(fresh.path), str(fresh.first_day), str(fresh.last_day))
    ours = _day(size)
    extra = {"peak_memory_gb": ours.peak_gb, "seconds": ours.seconds}
    rows = (
        ("peak of the Dagster run", f"{ours.peak_gb:.2f} GB"),
        ("peak of bare Polars, main alone", f"{rival.peak_gb:.2f} GB"),
    )
    return Result("memory", size, ours.peak_gb, rival.peak_gb, MEMORY_GOAL_GB, "ours", extra, rows)


def _day(size: int) -> Measured:
    """The last day's run on a copy, with the facts and reports of the day before in place."""
    shop = settled_shop(size).copy("round")
    return child("platform:dagster_day", str(shop.path), str(shop.first_day), str(shop.last_day))
