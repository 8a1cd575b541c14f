"""Customers into the lake: one snapshot, ``client`` unique."""

from __future__ import annotations

import polars as pl

from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.quarantine import BAD_SCHEMA
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.repeats import Repeats
from ca_platform.ingest.schemas import sort_key
from ca_platform.ingest.sessions import keep_suspects
from ca_platform.lake import LakeWrite

KEY = "client"


def load_customers(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the snapshot into the write; returns the bad rows."""
    repeats = Repeats(is_small=True)
    frames = [job.schema.to_frame()]
    with workers() as pool:
        batches = checked_batches(job.source, job.plan, None, pool) if job.source is not None else iter(())
        for checked in batches:
            job.account.take(checked)
            keep_suspects(repeats, checked, KEY, job.plan, Reason.REPEATED_CLIENT)
            job.account.count("adjusted", {None: int(checked.adjusted.sum())})
            frames.append(checked.good)
    job.account.refuse_unreadable()
    repeated = repeats.resolve(pl.Series(KEY, [], dtype=pl.String))
    job.account.quarantine(repeated.select(BAD_SCHEMA.names()) if repeated.height else BAD_SCHEMA.to_frame())
    snapshot = pl.concat(frames).unique(KEY, keep="first", maintain_order=True).sort(sort_key("customers"))
    write.put("customers", None, snapshot)
    job.account.count("loaded", {None: snapshot.height})
    return job.account.bad()
