"""Quarantined rows that wait for their order: each later load of their source tries them again.

Days that this load reads anew see to themselves. Rows of other days, and rows that know no day, are put into the part
of their day as soon as their order is there, and leave the quarantine and its count in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from ca_platform.ingest.check import check
from ca_platform.ingest.job import Job
from ca_platform.ingest.orders import Orders
from ca_platform.ingest.plan import Window
from ca_platform.ingest.quarantine import original
from ca_platform.ingest.reasons import WAITING
from ca_platform.ingest.zones import zone_mark
from ca_platform.lake import ACCOUNTING_COUNTS, LakeWrite
from ca_platform.sources.base import FILE, PLACE_SCHEMA, ROW, Batch

_Changes = dict[date | None, Counter[str]]


def try_again(job: Job, write: LakeWrite, orders: Orders, finish: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Load waiting rows whose order is there now into days that this load does not read."""
    waiting = job.lake.quarantined(job.name).filter(pl.col("reason").is_in([reason.value for reason in WAITING]))
    waiting = waiting.filter(~pl.col("day").is_in(list(job.days)).fill_null(value=False))
    if waiting.is_empty():
        return
    found = _found(waiting, job, orders)
    have = {part.day for part in job.lake.parts(job.name)}
    changes: _Changes = {}
    moved = 0
    for part in found.partition_by("day", maintain_order=True):
        day: date = part["day"][0]
        if day in job.days:
            # Read by this load already, from the source itself.
            _leave(part, write, changes)
        elif day in have:
            _leave(part, write, changes)
            _append(part, day, job, write, finish)
            changes.setdefault(day, Counter()).update(read=part.height, loaded=part.height)
            moved += part.height
    _adjust(job, write, changes)
    if moved:
        job.account.notes.append(f"{moved:,} rows that waited for their order were loaded into their days.")


def _found(waiting: pl.DataFrame, job: Job, orders: Orders) -> pl.DataFrame:
    """Waiting rows that are good now, with ``id`` and ``quarantined_day``."""
    plan = replace(job.plan, window=Window(None, job.settings.business.start_date), files=())
    rows = [original(row) for row in waiting["row"].to_list()]
    columns = list(dict.fromkeys(item.column for item in plan.fields if item.column is not None))
    frame = pl.DataFrame([_column(name, [row.get(name) for row in rows]) for name in columns])
    place = {FILE: pl.lit(None, PLACE_SCHEMA[FILE]), ROW: pl.int_range(pl.len(), dtype=pl.Int64)}
    checked = check(Batch(frame.with_columns(**place)), plan)
    kept = waiting[checked.kept].select("id", pl.col("day").alias("quarantined_day"))
    good = pl.concat([checked.good, kept], how="horizontal")
    return orders.judge(good).filter(pl.col("reason").is_null()).drop("reason", "column")


def _column(name: str, values: list[Any]) -> pl.Series:
    """One type for what JSON may have given two."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) > 1:
        values = [None if value is None else str(value) for value in values]
    return pl.Series(name, values)


def _leave(part: pl.DataFrame, write: LakeWrite, changes: _Changes) -> None:
    write.release(part["id"].to_list())
    for day in part["quarantined_day"].to_list():
        if day is not None:
            changes.setdefault(day, Counter()).update(read=-1, quarantined=-1)


def _append(
    part: pl.DataFrame, day: date, job: Job, write: LakeWrite, finish: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    columns = job.plan.output
    there = job.lake.collect(lambda: job.lake.scan(job.name, day, day, schema=job.schema))
    rows = pl.concat([there.select(columns), part.select(columns)])
    write.put(job.name, day, finish(rows), zone_mark(job.settings))


def _adjust(job: Job, write: LakeWrite, changes: _Changes) -> None:
    """Change the counts of days that this load does not count itself."""
    for day, change in changes.items():
        if day is None or day in job.days:
            continue
        before = job.lake.accounting(job.name, day, day)
        counts = before.row(0, named=True) if before.height else {}
        after = {name: int(counts.get(name, 0)) + change[name] for name in ACCOUNTING_COUNTS}
        write.account(job.name, pl.DataFrame([{"day": day, **after}], schema_overrides={"day": pl.Date}))
