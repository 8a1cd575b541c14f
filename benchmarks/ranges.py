"""``range``: 31 days at once against 31 single days, on equal copies of one shop, with equal rows.

Both begin with the facts of all days before the 31, as a shop stands that is in use: making those costs the same
either way. What is compared, a digest of all rows, is made after the clock has stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.harness import Measured, Result, child, seconds
from benchmarks.platform import height
from benchmarks.shops import ShopFolder, loaded_shop, opened, void

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1 / 6
DAYS = 31


def run(size: int) -> Result:
    shop = loaded_shop(size).copy("before")
    child("ranges:facts_before", str(shop.path), str(shop.first_day), str(shop.last_day))

    def measured(function: str, name: str) -> tuple[Measured, dict[str, str]]:
        copy = shop.copy(name)
        run = child(function, str(copy.path), str(copy.first_day), str(copy.last_day))
        return run, {report: _digest(copy.path, files) for report, files in run.value.items()}

    (at_once, rows_at_once), (single, rows_single) = (
        measured("ranges:at_once", "once"),
        measured("ranges:one_by_one", "single"),
    )
    equal = rows_at_once == rows_single
    if not equal:
        different = [name for name, digest in rows_at_once.items() if rows_single.get(name) != digest]
        raise RuntimeError(f"31 days at once and 31 single days differ in {', '.join(different)}")
    extra = {
        "times_faster": single.seconds / at_once.seconds,
        "equal_rows": equal,
        "days": DAYS,
        "reports": len(rows_at_once),
    }
    rows = (
        (f"{DAYS} days at once", seconds(at_once.seconds)),
        (f"{DAYS} single days", seconds(single.seconds)),
        ("times faster", f"{single.seconds / at_once.seconds:.1f}"),
        ("rows equal", "yes"),
    )
    return Result("range", size, at_once.seconds, single.seconds, GOAL, extra=extra, rows=rows)


def facts_before(path: str, first: str, last: str) -> Callable[[], Any]:
    """The facts of all days before the 31."""
    from ca_platform.facts import FACTS, ensure

    shop = opened(path, first, last)
    return lambda: void(ensure(FACTS, shop.days[:-DAYS], shop.settings(), shop.lake()))


def at_once(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)
    return lambda: _materialize(shop, [shop.days[-DAYS:]])


def one_by_one(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)
    return lambda: _materialize(shop, [[day] for day in shop.days[-DAYS:]])


def _materialize(shop: ShopFolder, ranges: Sequence[Sequence[date]]) -> dict[str, list[str]]:
    """Facts, reports and documents of the ranges, one after the other; names of the files with every report's rows."""

    from ca_platform.catalogue import connected, report_names, report_spec
    from ca_platform.reports import compute
    from ca_platform.store import open_store

    settings, lake = shop.settings(), shop.lake()
    names = [name for name in report_names() if connected(report_spec(name), settings)]
    kept: dict[str, list[str]] = {name: [] for name in names}
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
                kept[name].append(file.name)
    return kept


def _digest(folder: Path, files: Sequence[str]) -> str:
    """Digest of the rows, whatever their order."""
    import polars as pl

    frame = pl.concat([pl.read_parquet(folder / file) for file in files])
    rows = frame.hash_rows(seed=1).sort().to_numpy().tobytes()
    return hashlib.sha256(repr(frame.columns).encode() + rows).hexdigest()
