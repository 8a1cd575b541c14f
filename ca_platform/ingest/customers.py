"""Customers into the lake: one snapshot, ``client`` unique."""

from __future__ import annotations

import polars as pl

from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.repeats import Key, Repeats
from ca_platform.ingest.schemas import sort_key
from ca_platform.lake import LakeWrite

KEY = Key("client", Reason.REPEATED_CLIENT)


def load_customers(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the snapshot into the write; returns the bad rows."""
    frames = [job.schema.to_frame()]
    with workers() as pool:
        batches = checked_batches(job.source, job.plan, job.bounds, pool) if job.source is not None else ()
        for checked in Repeats(KEY, job.plan).without(batches):
            job.account.take(checked)
            job.account.count("adjusted", {None: int(checked.adjusted.sum())})
            frames.append(checked.good)
    job.account.refuse_unreadable()
    snapshot = pl.concat(frames).sort(sort_key("customers"))
    write.put("customers", None, snapshot)
    job.account.count("loaded", {None: snapshot.height})
    return job.account.bad()
