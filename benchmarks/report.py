"""``report``: ``ca-platform report kpis`` as a whole process, against a bare script that reads one table with Polars."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import timedelta

from benchmarks.harness import PYTHON, ROOT, ChildError, Result, platform_command, seconds
from benchmarks.shops import settled_shop

DEFAULT, LARGE = 100_000, 1_000_000
GOAL_SECONDS = 0.6
ROUNDS = 7


def run(size: int) -> Result:
    shop = settled_shop(size)
    day = shop.last_day - timedelta(days=1)
    command = [*platform_command(), "report", "kpis", "--date", str(day), "--format", "json"]
    table = shop.path / "kpis.parquet"
    script = f"import polars as pl; print(pl.read_parquet({str(table)!r}).write_json())"
    _process(
        [PYTHON, "-c", f"import polars as pl; pl.DataFrame({{'metric': ['orders']}}).write_parquet({str(table)!r})"]
    )
    environment = {"CA_SETTINGS": str(shop.path / "ca_platform.yaml")}
    pairs = [(_process([PYTHON, "-c", script]), _process(command, environment)) for _ in range(ROUNDS)]
    rival, ours = (sorted(times)[ROUNDS // 2] for times in zip(*pairs, strict=True))
    extra = {"fastest_seconds": min(pair[1] for pair in pairs), "rounds": ROUNDS}
    rows = (
        ("ca-platform report kpis, whole process (median)", seconds(ours)),
        ("python that reads one small table with Polars", seconds(rival)),
    )
    return Result("report", size, ours, rival, GOAL_SECONDS, "ours", extra, rows)


def _process(command: list[str], environment: dict[str, str] | None = None) -> float:
    surroundings = {**os.environ, **(environment or {})}
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - begun
    if done.returncode:
        raise ChildError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return taken
