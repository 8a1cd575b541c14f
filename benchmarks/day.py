"""``day``, ``day-all``, ``memory``, ``memory-all``: the whole Dagster run of one day, against the same queries for main
in bare Polars.

``day`` is of a shop with sessions and customers alone; ``day-all`` has lines and promotions too, and with them every
exploratory report.
"""

from __future__ import annotations

from benchmarks.harness import Measured, Result, child, duel, seconds
from benchmarks.shops import VOLUME, WHOLE, Kind, loaded_shop, settled_shop

DEFAULT, LARGE = 1_000_000, 10_000_000
GOAL = 2.5
MEMORY_GOAL_GB, MEMORY_GOAL_ALL_GB = 4.0, 6.0


def run(size: int) -> Result:
    return _seconds("day", size, VOLUME, "bare:polars_day")


def run_all(size: int) -> Result:
    return _seconds("day-all", size, WHOLE, "bare:polars_day_all")


def run_memory(size: int) -> Result:
    """Peak memory in gigabytes in place of seconds."""
    return _memory("memory", size, VOLUME, "bare:polars_day", MEMORY_GOAL_GB)


def run_memory_all(size: int) -> Result:
    return _memory("memory-all", size, WHOLE, "bare:polars_day_all", MEMORY_GOAL_ALL_GB)


def _seconds(name: str, size: int, kind: Kind, bare: str) -> Result:
    raw = _raw(size, kind)
    ours, rival = duel(lambda: _day(size, kind), lambda: child(bare, *raw), rounds=2 if size < LARGE else 1)
    extra = {"peak_memory_gb": ours.peak_gb, "rival_peak_memory_gb": rival.peak_gb, "cpu_share": ours.cpu_share}
    rows = (
        ("Dagster run of all reports, embedded store", seconds(ours.seconds)),
        ("bare Polars, main alone", seconds(rival.seconds)),
        ("peak memory, ours / bare", f"{ours.peak_gb:.2f} GB / {rival.peak_gb:.2f} GB"),
    )
    return Result(name, size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=rows)


def _memory(name: str, size: int, kind: Kind, bare: str, goal: float) -> Result:
    rival = child(bare, *_raw(size, kind))
    ours = _day(size, kind)
    extra = {"peak_memory_gb": ours.peak_gb, "seconds": ours.seconds}
    rows = (
        ("peak of the Dagster run", f"{ours.peak_gb:.2f} GB"),
        ("peak of bare Polars, main alone", f"{rival.peak_gb:.2f} GB"),
    )
    return Result(name, size, ours.peak_gb, rival.peak_gb, goal, "ours", extra, rows)


def _raw(size: int, kind: Kind) -> tuple[str, str, str]:
    shop = loaded_shop(size, kind=kind)
    return str(shop.path), str(shop.first_day), str(shop.last_day)


def _day(size: int, kind: Kind) -> Measured:
    """The last day's run on a copy, with the facts and reports of the day before in place."""
    shop = settled_shop(size, kind=kind).copy("round")
    return child("platform:dagster_day", str(shop.path), str(shop.first_day), str(shop.last_day))
