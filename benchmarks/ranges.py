"""``range``: the Dagster run of 31 days at once against 31 runs of one day, on equal copies of one shop, equal rows.

Both begin with the facts of all days before the 31, as a shop stands that is in use: making those costs the same
either way. Whether the rows are equal is looked up in the stores after the clock has stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Measured, Result, child, seconds
from benchmarks.platform import run_day
from benchmarks.shops import ShopFolder, loaded_shop, opened, void

if TYPE_CHECKING:
    import polars as pl

DEFAULT, LARGE = 100_000, 1_000_000
GOAL = 1 / 6
DAYS = 31


def run(size: int) -> Result:
    shop = loaded_shop(size).copy("before")
    child("ranges:facts_before", str(shop.path), str(shop.first_day), str(shop.last_day))

    def measured(function: str, name: str) -> tuple[Measured, dict[str, str]]:
        copy = shop.copy(name)
        place = (str(copy.path), str(copy.first_day), str(copy.last_day))
        return child(function, *place), child("ranges:digests", *place).value

    (at_once, rows_at_once), (single, rows_single) = (
        measured("ranges:at_once", "once"),
        measured("ranges:one_by_one", "single"),
    )
    if rows_at_once != rows_single:
        different = [name for name, digest in rows_at_once.items() if rows_single.get(name) != digest]
        raise RuntimeError(f"31 days at once and 31 single days differ in {', '.join(different)}")
    extra = {
        "times_faster": single.seconds / at_once.seconds,
        "equal_rows": True,
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
    from ca_platform.facts import ensure

    shop = opened(path, first, last)
    return lambda: void(ensure(needed_facts(shop), shop.days[:-DAYS], shop.settings(), shop.lake()))


def needed_facts(shop: ShopFolder) -> set[str]:
    """The fact tables that the shop's reports rest on."""
    from ca_platform.facts import FACTS

    return {name for spec in shop.reports() for name in spec.facts if name in FACTS}


def at_once(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)
    days = shop.days[-DAYS:]
    return lambda: void(run_day(shop, days[0], days[-1]))


def one_by_one(path: str, first: str, last: str) -> Callable[[], Any]:
    shop = opened(path, first, last)

    def run() -> None:
        for day in shop.days[-DAYS:]:
            run_day(shop, day)

    return run


def digests(path: str, first: str, last: str) -> Callable[[], Any]:
    """Digest of all rows of each report on the 31 days."""
    from ca_platform.store import open_store

    shop = opened(path, first, last)
    days = shop.days[-DAYS:]

    def read() -> dict[str, str]:
        settings, lake = shop.settings(), shop.lake()
        with open_store(settings) as store:
            return {
                spec.name: _digest(
                    [lake.scan(spec.name, days[0], days[-1]).collect()]
                    if spec.storage == "lake"
                    else _documents(store, spec.name, days)
                )
                for spec in shop.reports()
            }

    return read


def _documents(store: Any, name: str, days: Sequence[date]) -> Iterator[pl.DataFrame]:
    import polars as pl

    for day in days:
        for dimension in store.dimensions(name, day):
            table = store.report(name, day, dimension)
            yield table.with_columns(day=pl.lit(day), dimension=pl.lit(str(dimension)))


def _digest(tables: Sequence[pl.DataFrame] | Iterator[pl.DataFrame]) -> str:
    """Digest of the rows, in order."""
    total = hashlib.sha256()
    for table in tables:
        total.update(repr(table.columns).encode())
        total.update(table.hash_rows(seed=1).to_numpy().tobytes())
    return total.hexdigest()
