"""``cohorts``: who ordered a second, third and fourth time, by day and by week, against DuckDB's window query.

Both read the same file of orders, sorted as the lake is: by day, and within a day by client, start and order_id. Ours
are the platform's own functions from there to the six tables; the rival numbers the orders with window functions and
counts. Both give the customers of each cohort and offset and the sizes of the cohorts. Customers are numbers, as in all
facts that look at the past; with clients as text, which ours must number first, both are quoted beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.harness import Measured, Result, child, duel, seconds
from benchmarks.shops import workplace

DEFAULT, LARGE = 5_000_000, 20_000_000
GOAL = 1.2
START, DAYS = date(2025, 1, 1), 365
LAST = START + timedelta(days=DAYS - 1)
_LIMIT = 100


def run(size: int) -> Result:
    path = orders_file(size)
    ours, rival = _duel(path, "customer", rounds=3)
    text_ours, text_rival = _duel(path, "client", rounds=2)
    extra = {
        "peak_memory_gb": ours.peak_gb,
        "rival_peak_memory_gb": rival.peak_gb,
        "text_ours": text_ours.seconds,
        "text_rival": text_rival.seconds,
        "customers_in_cells": ours.value[0],
        "customers_in_cohorts": ours.value[1],
    }
    rows = (
        ("six cohort tables from orders", seconds(ours.seconds)),
        ("DuckDB, window query", seconds(rival.seconds)),
        (
            "the same from clients as text, ours / DuckDB",
            f"{seconds(text_ours.seconds)} / {seconds(text_rival.seconds)}",
        ),
        ("peak memory, ours / DuckDB", f"{ours.peak_gb:.2f} GB / {rival.peak_gb:.2f} GB"),
    )
    return Result("cohorts", size, ours.seconds, rival.seconds, GOAL, extra=extra, rows=rows)


def _duel(path: Path, column: str, rounds: int) -> tuple[Measured, Measured]:
    ours, rival = duel(
        lambda: child("cohorts:platform", str(path), column),
        lambda: child("cohorts:duckdb_windows", str(path), column),
        rounds,
    )
    if ours.value != rival.value:
        raise RuntimeError(f"the tables differ: {ours.value} and {rival.value}")
    return ours, rival


def orders_file(size: int) -> Path:
    """Orders of as many customers as a fifth of them, some of whom order much more often than others."""
    path = workplace() / f"numbered-orders-{size}.parquet"
    if not path.exists():
        import numpy as np

        dice = np.random.default_rng(7)
        customers = max(size // 5, 1)
        chosen = (customers * dice.random(size) ** 1.5).astype(np.int64)
        at = START.toordinal() * 86_400 + dice.integers(0, DAYS * 86_400, size)
        epoch = date(1970, 1, 1).toordinal() * 86_400
        frame = pl.DataFrame({"number": chosen, "second": at - epoch}).with_row_index("order")
        start = pl.from_epoch("second", time_unit="s").cast(pl.Datetime("us", "UTC"))
        frame = frame.select(
            day=start.dt.date(),
            customer=pl.col("number").cast(pl.UInt32),
            order_id=pl.format("o{}", pl.col("order").cast(pl.String).str.zfill(9)),
            client=pl.format("c{}", pl.col("number").cast(pl.String).str.zfill(8)),
            session_start_date=start,
        )
        frame.sort("day", "client", "session_start_date", "order_id").write_parquet(path)
    return path


def platform(path: str, column: str) -> Callable[[], Any]:
    """From the file to the tables with the platform's functions, for the whole shop."""
    from ca_platform.facts import sequence
    from ca_platform.reports.cohorts import next_order_cohorts
    from ca_platform.reports.periods import UNITS, Calendar
    from ca_platform.reports.sequence_tables import cohorts_of

    calendar = Calendar(START, LAST, _LIMIT, "UTC")
    slices = pl.LazyFrame({"slice": [0]}, schema={"slice": pl.UInt32})
    no_past = pl.DataFrame(schema=_PAST)

    def run() -> list[int]:
        sessions = pl.scan_parquet(path).select("day", column, "session_start_date").with_row_index("place")
        numbered = _numbered(sessions.collect()) if column == "client" else sessions
        orders = numbered.select(
            pl.lit(0, pl.UInt32).alias("slice"),
            "customer",
            "day",
            "place",
            at="session_start_date",
            amount=pl.lit(0, pl.Decimal(18, 4)),
        ).collect(engine="streaming")
        rows = sequence.numbered_orders(orders, no_past, "UTC").lazy()
        facts = [sequence.next_orders(rows), sequence.order_numbers(rows).filter(pl.col("number") <= 3)]
        following, dates = (frame.lazy() for frame in pl.collect_all(facts, engine="streaming"))
        events = cohorts_of(following)
        tables = [
            next_order_cohorts(
                events.filter((pl.col("unit") == unit) & (pl.col("number") == number)),
                dates.filter(pl.col("number") == number).rename({"day": "date"}),
                slices,
                calendar,
                UNITS[unit],
            )
            for unit in ("day", "week")
            for number in (1, 2, 3)
        ]
        found = pl.collect_all(tables, engine="streaming")
        cells = sum(int(frame["customers"].sum()) for frame in found)
        return [cells, sum(int(frame.filter(pl.col("offset") == 0)["cohort_size"].sum()) for frame in found)]

    return run


def _numbered(sessions: pl.DataFrame) -> pl.LazyFrame:
    from ca_platform.facts import customers

    nobody = pl.LazyFrame(schema={"day": pl.Date, "customer": pl.UInt32, "client": pl.String})
    clients = customers.new_clients(sessions.lazy(), nobody).collect(engine="streaming")
    return sessions.lazy().join(clients.lazy().select("client", "customer"), on="client")


_PAST: dict[str, pl.DataType] = {
    "slice": pl.UInt32(),
    "customer": pl.UInt32(),
    "number": pl.UInt32(),
    "revenue": pl.Decimal(38, 4),
    "first_at": pl.Datetime("us", "UTC"),
    "last_at": pl.Datetime("us", "UTC"),
}

_WINDOWS = """
create table steps as
select day, number, following - day as days,
    date_trunc('week', following) - date_trunc('week', day) as weeks, date_trunc('week', day) as week
from (
    select day, row_number() over sequence as number, lead(day) over sequence as following
    from read_parquet('{path}')
    window sequence as (partition by {column} order by session_start_date, order_id)
) where number <= 3
"""


def duckdb_windows(path: str, column: str) -> Callable[[], Any]:
    """The same in SQL, the numbering by window functions."""
    import duckdb

    first = LAST - timedelta(days=_LIMIT - 1)

    def run() -> list[int]:
        connection = duckdb.connect()
        connection.execute(_WINDOWS.format(path=path, column=column))
        cells = sizes = 0
        for number in (1, 2, 3):
            for cohort, offset, where in (
                ("day", "days", f"day >= date '{first}'"),
                ("week", "date_diff('day', week, week + weeks) // 7", "true"),
            ):
                chosen = f"from steps where number = {number} and {where}"
                size = connection.execute(f"select {cohort}, count(*) {chosen} group by 1 order by 1").fetchall()
                table = connection.execute(
                    f"select * from (select {cohort}, {offset} as distance, count(*) as customers {chosen} group by 1, 2) "
                    "where distance <= 15 order by 1, 2"
                ).fetchall()
                sizes += sum(row[1] for row in size)
                cells += sum(row[2] for row in table)
        return [cells, sizes]

    return run
