"""``funnels``: the ten funnel reports of one day for main and 60 dimension values, against bare Polars for main alone."""

from __future__ import annotations

from benchmarks.harness import Measured, Result, child, duel, seconds
from benchmarks.shops import loaded_shop, settled_shop

DEFAULT, LARGE = 1_000_000, 10_000_000
GOAL = 2.0


def run(size: int) -> Result:
    settled, fresh = settled_shop(size), loaded_shop(size)
    raw = (str(fresh.path), str(fresh.first_day), str(fresh.last_day))
    child("bare:polars_funnels", *raw)

    def ours() -> Measured:
        # Every round begins in the state of the morning: the last day has no facts yet.
        shop = settled.copy("round")
        return child("platform:compute_funnels", str(shop.path), str(shop.first_day), str(shop.last_day))

    mine, rival = duel(ours, lambda: child("bare:polars_funnels", *raw), rounds=3 if size < LARGE else 2)
    duck = child("bare:duckdb_funnels", *raw)
    extra = {
        "peak_memory_gb": mine.peak_gb,
        "rival_peak_memory_gb": rival.peak_gb,
        "duckdb_seconds": duck.seconds,
        "ratio_3x20": mine.seconds / rival.seconds,
        "rows": mine.value,
        "rival_rows": rival.value,
    }
    rows = (
        ("ten reports, main and 3 x 20 values", seconds(mine.seconds)),
        ("bare Polars, main alone", seconds(rival.seconds)),
        ("DuckDB, main alone", seconds(duck.seconds)),
        ("peak memory, ours / bare", f"{mine.peak_gb:.2f} GB / {rival.peak_gb:.2f} GB"),
    )
    return Result("funnels", size, mine.seconds, rival.seconds, GOAL, extra=extra, rows=rows)
