"""``range``: 31 days at once against 31 single days, on equal copies of one shop, with equal rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, child, seconds
from benchmarks.platform import height
from benchmarks.shops import ShopFolder, loaded_shop, opened

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1 / 6
DAYS = 31


def run(size: int) -> Result:
    shop = loaded_shop(size)

    def measured(function: str, name: str) -> Any:
        copy = shop.copy(name)
        return child(function, str(copy.path), str(copy.first_day), str(copy.last_day))

    at_once, single = measured("ranges:at_once", "once"), measured("ranges:one_by_one", "single")
    equal = at_once.value == single.value
    if not equal:
        different = [name for name, digest in at_once.value.items() if single.value.get(name) != digest]
        raise RuntimeError(f"31 days at once and 31 single days differ in {', '.join(different)}")
    extra = {
        "times_faster": single.seconds / at_once.seconds,
        "equal_rows": equal,
        "days": DAYS,
        "reports": len(at_once.value),
    }
    rows = (
        (f"{DAYS} days at once", seconds(at_once.seconds)),
        (f"{DAYS} single days", seconds(single.seconds)),
        ("times faster", f"{single.seconds / at_once.seconds:.1f}"),
        ("rows equal", "yes"),
    )
    return Result("range", size, at_once.seconds, single.seconds, GOAL, extra=extra, rows=rows)


def at_once(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)
    return lambda: _materialize(shop, [shop.days[-DAYS:]])


def one_by_one(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)
    return lambda: _materialize(shop, [[day] for day in shop.days[-DAYS:]])


def _materialize(shop: ShopFolder, ranges: Sequence[Sequence[date]]) -> dict[str, str]:
    """Facts, reports and documents of the ranges, one after the other; a digest of every report's rows."""
    import polars as pl

    from ca_platform.catalogue import connected, report_names, report_spec
    from ca_platform.reports import compute
    from ca_platform.store import open_store

    settings, lake = shop.settings(), shop.lake()
    names = [name for name in report_names() if connected(report_spec(name), settings)]
    kept: dict[str, list[Path]] = {name: [] for name in names}
    with open_store(settings) as store:
        for number, days in enumerate(ranges):
            for name, outcome in compute(names, days, settings, lake):
                height(outcome)
                if isinstance(outcome, Exception):
                    raise outcome
                if report_spec(name).storage == "document":
                    store.replace(name, days, outcome, report_spec(name))
                file = shop.path / f"{name}-{number}.parquet"
                outcome.write_parquet(file, compression="uncompressed")
                kept[name].append(file)
    return {name: _digest(pl.concat([pl.read_parquet(file) for file in files])) for name, files in kept.items()}


def _digest(frame: Any) -> str:
    """Digest of the rows, whatever their order."""
    rows = sorted(frame.hash_rows(seed=1).to_list())
    return hashlib.sha256(repr((frame.columns, rows)).encode()).hexdigest()
