"""``backfill``: all days of a year in ranged Dagster runs, as a backfill makes them, against single days.

The rival is what the year would take in runs of one day: the mean of a few such runs, spread over the year, times the
number of days. Both begin with a loaded shop and the facts of all days, so that only the reports' cost is compared;
making the facts is quoted beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.harness import Result, child, seconds
from benchmarks.platform import run_day
from benchmarks.ranges import needed_facts
from benchmarks.shops import loaded_shop, opened, void

DEFAULT, LARGE = 100_000, 10_000_000
GOAL = 1 / 6
PER_RUN = 31
SINGLE = 4


def run(size: int) -> Result:
    shop = loaded_shop(size).copy("backfill")
    place = (str(shop.path), str(shop.first_day), str(shop.last_day))
    facts = child("backfill:facts", *place)
    single = child("backfill:single_days", *place)
    ours = child("backfill:whole_year", *place)
    days = len(shop.days)
    a_day, single_day = ours.seconds / days, single.seconds / SINGLE
    extra = {
        "days": days,
        "seconds_a_day": a_day,
        "seconds_of_single_day": single_day,
        "facts_seconds": facts.seconds,
        "peak_memory_gb": ours.peak_gb,
    }
    rows = (
        (f"{days} days in runs of {PER_RUN}", seconds(ours.seconds)),
        ("a day of them", seconds(a_day)),
        ("a run of a single day", seconds(single_day)),
        ("the facts of all days, made before", seconds(facts.seconds)),
        ("peak memory", f"{ours.peak_gb:.2f} GB"),
    )
    return Result("backfill", size, ours.seconds, single_day * days, GOAL, extra=extra, rows=rows)


def facts(path: str, first: str, last: str) -> Callable[[], Any]:
    from ca_platform.facts import ensure

    shop = opened(path, first, last)
    return lambda: void(ensure(needed_facts(shop), shop.days, shop.settings(), shop.lake()))


def single_days(path: str, first: str, last: str) -> Callable[[], Any]:
    """Some days from the first quarter to the last."""
    shop = opened(path, first, last)
    step = len(shop.days) // SINGLE

    def run() -> None:
        for day in shop.days[step // 2 :: step][:SINGLE]:
            run_day(shop, day)

    return run


def whole_year(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)

    def run() -> None:
        for begin in range(0, len(shop.days), PER_RUN):
            days = shop.days[begin : begin + PER_RUN]
            run_day(shop, days[0], days[-1])

    return run
