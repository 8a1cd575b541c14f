"""Sessions into the lake: a part for each day, ``order_id`` unique over the whole lake."""

from __future__ import annotations

import polars as pl

from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.parts import DayParts
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.repeats import Key, Repeats
from ca_platform.ingest.schemas import sort_key
from ca_platform.ingest.zones import is_elsewhere, zone_mark
from ca_platform.lake import LakeWrite

KEY = Key("order_id", Reason.REPEATED_ORDER)


def load_sessions(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the parts of all asked days into the write; returns the bad rows."""
    with workers() as pool, DayParts(write, "sessions", _finish, pool, zone_mark(job.settings)) as parts:
        batches = checked_batches(job.source, job.plan, job.bounds, pool) if job.source is not None else ()
        for checked in Repeats(KEY, job.plan, _taken(job)).without(batches):
            job.account.take(checked)
            job.account.count_days("adjusted", checked.good["day"].filter(checked.adjusted))
            parts.add(checked.good)
        job.account.refuse_unreadable()
        job.account.count("loaded", parts.close(job.days, job.schema.to_frame()))
    return job.account.bad()


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(sort_key("sessions"))


def _taken(job: Job) -> pl.Series | None:
    """Hashes of the order ids of all days that this load does not replace."""
    # Days of another time zone have some of the same orders, and are loaded again by themselves.
    elsewhere = {part.day for part in job.lake.parts("sessions") if part.day and is_elsewhere(part, job.settings)}
    left_out = elsewhere | set(job.days)
    columns = {KEY.column: pl.String()}
    found = job.lake.collect(
        lambda: job.lake.scan("sessions", schema=columns, without=left_out).select(pl.col(KEY.column).hash(0))
    )
    return None if found.is_empty() else found[KEY.column]
