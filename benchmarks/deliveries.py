"""``deliveries``: every report of millions of deliveries on a day, map cells, a real marketplace, planted delays.

A year of deliveries is written into a lake as ingest would leave it, with a dimension of 20 values. Measured is every
report of the family for the last day, for ``main`` and all values, from facts that are there; what the facts took is
quoted. The rival for the cells is pygeohash; geohash2 is quoted, and both must give the same cells. The reports on Olist
must equal a second implementation cell by cell.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.delivery_orders import planted
from benchmarks.harness import Result, child, seconds
from benchmarks.shops import workplace

DEFAULT, LARGE = 200_000, 5_000_000
GOAL_SECONDS = 20.0
DATA_VARIABLE = "CA_PUBLIC_DATA"
_START, _DAYS = date(2024, 1, 1), 365
_CITIES, _ORDERS_PER_CUSTOMER = 20, 5
_POINTS, _SLOW_POINTS = 10_000_000, 1_000_000
_PER_SHOP = 1_000_000
_ROUNDS = 2


def run(size: int) -> Result:
    """``size`` is the number of deliveries."""
    path = str(lake_of(size))
    facts = child("deliveries:facts", path)
    ours = min((child("deliveries:reports", path) for _ in range(_ROUNDS)), key=lambda run: run.seconds)
    points, compared = geohashes(_SLOW_POINTS if size >= LARGE else _SLOW_POINTS // 20)
    cells, counts = olist_cells()
    found = planted(max(size // _PER_SHOP, 1))
    extra = {
        "facts_seconds": facts.seconds,
        "peak_memory_gb": ours.peak_gb,
        **points,
        "points_compared": compared,
        "olist_cells_equal": cells,
        "olist_quarantined": counts["dates_out_of_order"] + counts["session_quarantined"],
        "olist_open": counts["open"],
        "planted_precision": found["all"]["precision"],
        "planted_recall": found["all"]["recall"],
    }
    rows = (
        (f"all {len(ours.value)} reports of a day, main and {_CITIES} values", seconds(ours.seconds)),
        ("the longest of them", ", ".join(f"{name} {seconds(took)}" for name, took in _longest(ours.value))),
        ("peak memory", f"{ours.peak_gb:.2f} GB"),
        ("the fact of all days before it", seconds(facts.seconds)),
        (
            "million cells a second: ours / pygeohash / geohash2",
            " / ".join(f"{points[name]:.2f}" for name in ("ours_mps", "pygeohash_mps", "geohash2_mps")),
        ),
        ("points on which all three agree", f"{compared:,}"),
        ("cells of Olist's reports that equal a second implementation", f"{cells:,}"),
        ("rows of Olist quarantined / open", f"{extra['olist_quarantined']} / {counts['open']}"),
        ("planted delays, rule 2: precision / recall", f"{found['all']['precision']} / {found['all']['recall']}"),
    )
    return Result("deliveries", size, ours.seconds, GOAL_SECONDS, 1.0, extra=extra, rows=rows)


def _longest(took: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(took.items(), key=lambda item: -item[1])[:3]


# ---- millions of deliveries


def lake_of(size: int) -> Path:
    """Settings of a shop with so many deliveries in its lake, made once."""
    folder = workplace() / f"deliveries-{size}"
    settings = folder / "ca_platform.yaml"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        settings.write_text(_SETTINGS, encoding="utf-8")
        _fill(settings, size)
        (folder / "done").touch()
    return settings


_SETTINGS = f"""\
business: {{time_zone: Europe/London, currency: GBP, start_date: {_START}}}
lake: {{path: lake}}
document_store: {{path: store.db}}
sources:
  sessions: {{kind: parquet, path: sessions.parquet, dimensions: [city]}}
  deliveries:
    kind: parquet
    path: deliveries.parquet
    columns:
      {{order_id: o, delivery_date: d, prepare_date: p, return_date: r, promised_date: t, latitude: y, longitude: x}}
"""


def _fill(settings: Path, size: int) -> None:
    from ca_platform.lake import Lake
    from ca_platform.settings import load_settings

    lake = Lake.open(load_settings(settings, environment={}))
    dice = np.random.default_rng(3)
    homes = _homes(max(size // _ORDERS_PER_CUSTOMER, 1), dice)
    sessions, deliveries = [], []
    for offset in range(_DAYS):
        count = size * (offset + 1) // _DAYS - size * offset // _DAYS
        ordered, delivered = _day(offset, count, homes, dice)
        sessions.append(ordered)
        deliveries.append(delivered)
    with lake.write() as write:
        for day, own in pl.concat(deliveries).group_by("day"):
            write.put("deliveries", day[0], own.sort("order_id"))
        for frame in sessions:
            write.put("sessions", frame["day"][0], frame.sort("client", "session_start_date", "order_id"))
        # What was ordered on the last evening comes on a day that is not reported.
        empty = sessions[0].clear()
        write.put("sessions", _START + timedelta(days=_DAYS), empty)


def _homes(customers: int, dice: np.random.Generator) -> pl.DataFrame:
    """Customers around the middles of their cities."""
    city = dice.integers(0, _CITIES, customers)
    distance, angle = dice.gamma(3.0, 0.012, customers), dice.uniform(0, 2 * np.pi, customers)
    return pl.DataFrame(
        {
            "client": [f"client {n}" for n in range(customers)],
            "city": [f"city {n}" for n in city],
            "latitude": np.round(51 + city * 0.2 + distance * np.sin(angle), 5),
            "longitude": np.round(-2 + city * 0.15 + distance * np.cos(angle), 5),
            "distance": distance,
        }
    )


def _day(offset: int, count: int, homes: pl.DataFrame, dice: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    day = _START + timedelta(days=offset)
    who = homes[dice.integers(0, homes.height, count)]
    second = np.sort(np.clip(dice.normal(17, 3.5, count), 6, 22.9) * 3600).astype(np.int64)
    prepare = (dice.lognormal(np.log(15), 0.3, count) * 60).astype(np.int64)
    ride = ((3 + who["distance"].to_numpy() * 400) * dice.lognormal(0, 0.25, count) * 60).astype(np.int64)
    back = (ride * dice.lognormal(0, 0.2, count)).astype(np.int64)
    midnight = pl.lit(day).cast(pl.Datetime("us", "UTC"))
    numbers = pl.DataFrame({"second": second, "prepare": prepare, "ride": ride, "back": back})
    start, seconds_of = midnight + pl.duration(seconds=pl.col("second")), pl.duration
    order_id = pl.format("{}-{}", pl.lit(day.isoformat()), pl.int_range(pl.len()))
    money = pl.lit(10).cast(pl.Decimal(18, 4))
    sessions = pl.concat([who, numbers], how="horizontal").select(
        pl.lit(day).alias("day"),
        "client",
        order_id=order_id,
        session_start_date=start,
        payment_amount=money,
        discount_amount=money * 0,
        has_purchased=pl.lit(value=True),
        **{"dimensions.city": "city"},
    )
    ready = start + seconds_of(seconds=pl.col("prepare"))
    arrived = ready + seconds_of(seconds=pl.col("ride"))
    deliveries = pl.concat([who, numbers], how="horizontal").select(
        "latitude",
        "longitude",
        order_id=order_id,
        prepare_date=ready,
        delivery_date=arrived,
        return_date=arrived + seconds_of(seconds=pl.col("back")),
        promised_date=start + pl.duration(minutes=45),
        location_suspect=pl.lit(value=False),
    )
    local = pl.col("delivery_date").dt.convert_time_zone("Europe/London").dt.date()
    return sessions, deliveries.with_columns(day=local)


def facts(settings: str) -> Callable[[], Any]:
    """Make the facts of all days."""
    from ca_platform.facts import ensure
    from ca_platform.lake import Lake
    from ca_platform.settings import load_settings

    chosen = load_settings(Path(settings), environment={})
    lake = Lake.open(chosen)
    days = [_START + timedelta(days=offset) for offset in range(_DAYS)]

    def measured() -> None:
        ensure(["delivery_times", "dimension_values"], days, chosen, lake)

    return measured


def reports(settings: str) -> Callable[[], Any]:
    """Every report of deliveries of the last day, one after the other; seconds by name."""
    from ca_platform.catalogue import report_specs
    from ca_platform.lake import Lake
    from ca_platform.reports import compute
    from ca_platform.settings import load_settings

    chosen = load_settings(Path(settings), environment={})
    lake = Lake.open(chosen)
    names = [spec.name for spec in report_specs() if spec.family == "deliveries"]

    def measured() -> dict[str, float]:
        took, begun = {}, time.perf_counter()
        for name, frame in compute(names, [_START + timedelta(days=_DAYS - 1)], chosen, lake):
            if isinstance(frame, Exception):
                raise frame
            took[name], begun = time.perf_counter() - begun, time.perf_counter()
        return took

    return measured


# ---- cells


def geohashes(slow: int) -> tuple[dict[str, float], int]:
    """Millions of cells a second by each implementation, which must agree on ``slow`` points, poles and antimeridian."""
    import geohash2
    import pygeohash

    from ca_platform.facts.deliveries import geohash

    dice = np.random.default_rng(1)
    points = pl.DataFrame({"lat": dice.uniform(-90, 90, _POINTS), "lon": dice.uniform(-180, 180, _POINTS)})
    cell = geohash(pl.col("lat"), pl.col("lon"), 7)
    speeds = {"ours_mps": _POINTS / 1e6 / min(_time(lambda: points.select(cell)) for _ in range(_ROUNDS + 1))}
    edges = pl.DataFrame(
        {"lat": [90.0, 90.0, 89.9999999, -89.9999999, 12.3], "lon": [180.0, 13.4, -179.9, 179.9, 180.0]}
    )
    some = pl.concat([points.head(slow - edges.height), edges])
    ours = some.select(cell).to_series().to_list()
    places = some.rows()
    for name, encode in (("pygeohash", pygeohash.encode), ("geohash2", geohash2.encode)):
        begun = time.perf_counter()
        theirs = [encode(latitude, longitude, 7) for latitude, longitude in places]
        speeds[f"{name}_mps"] = len(places) / 1e6 / (time.perf_counter() - begun)
        if theirs != ours:
            raise RuntimeError(f"the cells of {name} differ from ours")
    return speeds, len(places)


def _time(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# ---- Olist


def olist_cells() -> tuple[int, dict[str, int]]:
    """Cells of the reports on Olist that equal a second implementation, and what became of its rows."""
    from ca_platform_tests.oracle.olist import compared

    named = os.environ.get(DATA_VARIABLE)
    if not named or not (Path(named) / "olist_dev").exists():
        raise RuntimeError(f"{DATA_VARIABLE} names no folder with olist_dev/orders.parquet: set it and run again")
    with tempfile.TemporaryDirectory() as folder:
        cells, counts = compared(Path(named), Path(folder), with_orders=True)
    return cells, dict(counts)
