"""``load``: sessions from CSV into the lake, validated, against a bare ``scan_csv → sink_parquet`` with the same types."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, child, duel, seconds
from benchmarks.shops import opened, raw_shop

DEFAULT, LARGE = 1_000_000, 10_000_000
GOAL = 1.45
INSTANTS = ("session_start_date", "session_end_date", "product_view", "has_basket", "order_screen")


def run(size: int) -> Result:
    shop = raw_shop(size)
    place = (str(shop.path), str(shop.first_day), str(shop.last_day))
    # The first reading would pay for the disk; afterwards both read from the page cache.
    child("load:bare", *place)
    ours, rival = duel(
        lambda: child("load:ours", *place), lambda: child("load:bare", *place), rounds=3 if size < LARGE else 2
    )
    shutil.rmtree(shop.path / "data", ignore_errors=True)
    (shop.path / "bare.parquet").unlink(missing_ok=True)
    extra = {
        "peak_memory_gb": ours.peak_gb,
        "rival_peak_memory_gb": rival.peak_gb,
        "sessions_per_second": size / ours.seconds,
        "loaded_rows": ours.value,
        "rival_rows": rival.value,
    }
    rows = (
        ("ingest into the lake, validated", seconds(ours.seconds)),
        ("bare scan_csv -> sink_parquet", seconds(rival.seconds)),
        ("sessions per second, ours", f"{size / ours.seconds:,.0f}"),
        ("peak memory, ours / bare", f"{ours.peak_gb:.2f} GB / {rival.peak_gb:.2f} GB"),
    )
    return Result("load", size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=rows)


def ours(path: str, first: str, last: str) -> Callable[[], Any]:
    """Ingest of all days into an empty lake."""
    from ca_platform.ingest import ingest

    shop = opened(path, first, last)
    shutil.rmtree(shop.path / "data", ignore_errors=True)
    settings, lake = shop.settings(), shop.lake()
    return lambda: int(ingest("sessions", shop.days, settings, lake).totals["loaded"])


def bare(path: str, *_: str) -> Callable[[], Any]:
    """Polars alone. Parsing instants after the scan is faster than giving their type to ``scan_csv``."""
    import polars as pl

    source, target = Path(path) / "sessions" / "*.csv", Path(path) / "bare.parquet"

    def copy() -> int:
        names = pl.scan_csv(source, infer_schema=False).collect_schema().names()
        types: dict[str, Any] = dict.fromkeys(names, pl.String)
        types |= {"has_purchased": pl.Boolean} | dict.fromkeys(("payment_amount", "discount_amount"), pl.Decimal(18, 4))
        parsed = pl.col(INSTANTS).str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_unit="us", time_zone="UTC")
        pl.scan_csv(source, schema=types).with_columns(parsed).sink_parquet(target)
        return int(pl.scan_parquet(target).select(pl.len()).collect().item())

    return copy
