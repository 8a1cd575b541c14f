"""``dimensions``: what the day's Dagster run costs with dimensions, against the same shop without any.

One dimension of 50 values is the benchmark's ratio. Quoted beside it: three of 20 values, and 200 values instead of 20.
"""

from __future__ import annotations

from benchmarks.harness import Measured, Result, child, seconds
from benchmarks.shops import Kind, settled_shop

DEFAULT, LARGE = 1_000_000, 10_000_000
GOAL = 1.8
GOAL_3X20, GOAL_200 = 3.0, 1.3
SHOPS = {"none": (), "50": (50,), "3 x 20": (20, 20, 20), "20": (20,), "200": (200,)}
ROUNDS = 2


def run(size: int) -> Result:
    runs = {name: _day(size, Kind(dimensions)) for name, dimensions in SHOPS.items()}
    took = {name: run.seconds for name, run in runs.items()}
    extra = {
        "ratio_3x20": took["3 x 20"] / took["none"],
        "ratio_3x20_goal": GOAL_3X20,
        "ratio_200_to_20": took["200"] / took["20"],
        "ratio_200_to_20_goal": GOAL_200,
    }
    rows = tuple((f"dimensions: {name}", seconds(value)) for name, value in took.items())
    return Result("dimensions", size, took["50"], took["none"], GOAL, extra=extra, rows=rows)


def _day(size: int, kind: Kind) -> Measured:
    shop = settled_shop(size, kind=kind)

    def once() -> Measured:
        copy = shop.copy("round")
        return child("platform:dagster_day", str(copy.path), str(copy.first_day), str(copy.last_day))

    return min((once() for _ in range(ROUNDS)), key=lambda run: run.seconds)
