"""Assignments to experiments into the lake: a part for each day, nothing left out and nothing joined."""

from __future__ import annotations

import polars as pl

from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.parts import DayParts
from ca_platform.ingest.schemas import sort_key
from ca_platform.ingest.zones import zone_mark
from ca_platform.lake import LakeWrite


def load_assignments(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the parts of all asked days into the write; returns the bad rows."""
    with workers() as pool, DayParts(write, "assignments", _finish, pool, zone_mark(job.settings)) as parts:
        for checked in checked_batches(job.source, job.plan, job.bounds, pool) if job.source is not None else ():
            job.account.take(checked)
            job.account.count_days("adjusted", checked.good["day"].filter(checked.adjusted))
            parts.add(checked.good)
        job.account.refuse_unreadable()
        job.account.count("loaded", parts.close(job.days, job.schema.to_frame()))
    return job.account.bad()


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(sort_key("assignments"))
