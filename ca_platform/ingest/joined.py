"""Lines and deliveries into the lake: each row with its order, a part for each day."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import polars as pl

from ca_platform.ingest.check import Checked
from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.locations import mark_suspects
from ca_platform.ingest.orders import KEY, Orders
from ca_platform.ingest.parts import DayParts, Finish
from ca_platform.ingest.quarantine import bad_rows
from ca_platform.ingest.schemas import sort_key
from ca_platform.ingest.waiting import try_again
from ca_platform.ingest.zones import zone_mark
from ca_platform.lake import LakeWrite
from ca_platform.sorting import place_in_group

_ROWS_AT_ONCE = 1_000_000
"""Rows that look for their orders together: each look reads the keys of the lake's sessions."""


def load_joined(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the parts of all asked days into the write; returns the bad rows."""
    orders = Orders(job)
    finish = finisher(job)
    with workers() as pool, DayParts(write, job.name, finish, pool, zone_mark(job.settings)) as parts:
        for group in _groups(job, pool):
            _add(group, job, orders, parts)
        job.account.refuse_unreadable()
        job.account.count("loaded", parts.close(job.days, job.schema.to_frame()))
    try_again(job, write, orders, finish)
    return job.account.bad()


def finisher(job: Job) -> Finish:
    """Rows of a day, in source order, as the lake has them."""
    columns = job.schema.names()

    def lines(rows: pl.DataFrame) -> pl.DataFrame:
        in_order = rows.sort(KEY, maintain_order=True)
        return in_order.with_columns(line_number=place_in_group(KEY, dtype=pl.Int64)).select(columns)

    def deliveries(rows: pl.DataFrame) -> pl.DataFrame:
        return mark_suspects(rows).select(columns).sort(sort_key("deliveries"), maintain_order=True)

    return lines if job.name == "lines" else deliveries


def _groups(job: Job, pool: Executor) -> Iterator[list[Checked]]:
    group: list[Checked] = []
    rows = 0
    for checked in checked_batches(job.source, job.plan, job.bounds, pool) if job.source is not None else ():
        job.account.take(checked)
        group.append(checked)
        rows += checked.good.height
        if rows >= _ROWS_AT_ONCE:
            yield group
            group, rows = [], 0
    if group:
        yield group


def _add(group: list[Checked], job: Job, orders: Orders, parts: DayParts) -> None:
    rows = pl.concat(
        [
            checked.good.with_columns(
                pl.lit(number, pl.Int32).alias("__batch"),
                checked.kept.alias("__index"),
                checked.adjusted.alias("__adjusted"),
            )
            for number, checked in enumerate(group)
        ]
    )
    if rows.is_empty():
        return
    asked = pl.col("day").is_in(list(job.days))
    judged = orders.judge(rows)
    is_good = pl.col("reason").is_null()
    bad = judged.filter(~is_good & (asked | pl.col("day").is_null()))
    for part in bad.partition_by("__batch", maintain_order=True):
        raw = group[part["__batch"][0]].raw
        shown = part.select(pl.col("__index").alias("index"), "day", "reason", "column")
        job.account.quarantine(bad_rows(raw, shown, job.plan.fields, job.plan.files))
    good = judged.filter(is_good & asked)
    job.account.count_days("adjusted", good.filter("__adjusted")["day"])
    parts.add(good.select(job.plan.output))
