"""Customers into the lake: one snapshot, ``client`` unique.

With a mapped ``updated_at`` a load reads what has changed since the last one and puts it over the snapshot; a change
of the mapping reads everything again. Customers that the source has dropped since then stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from ca_platform.ingest.check import Checked
from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.quarantine import original
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.repeats import Key, Repeats
from ca_platform.ingest.schemas import sort_key
from ca_platform.lake import LakeWrite
from ca_platform.sources import Bounds

KEY = Key("client", Reason.REPEATED_CLIENT)
CHANGED = "updated_at"
_MARK = f"{CHANGED} "
"""What the part's ``inputs`` begin with, before the newest change that it holds."""


def load_customers(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the snapshot into the write; returns the bad rows."""
    since = _since(job)
    columns = job.schema.names()
    frames = [job.schema.to_frame()]
    newest = since
    with workers() as pool:
        bounds = _bounds(job, since)
        batches = checked_batches(job.source, job.plan, bounds, pool) if job.source is not None else ()
        for checked in Repeats(KEY, job.plan).without(_changed(batches, since)):
            job.account.take(checked)
            job.account.count("adjusted", {None: int(checked.adjusted.sum())})
            newest = _newest(newest, checked)
            frames.append(checked.good.select(columns))
    job.account.refuse_unreadable()
    read = pl.concat(frames)
    job.account.count("loaded", {None: read.height})
    snapshot = read if since is None else _over(job, write, read)
    write.put("customers", None, snapshot.sort(sort_key("customers")), f"{_MARK}{newest.isoformat()}" if newest else "")
    return job.account.bad()


def _since(job: Job) -> datetime | None:
    """The newest change that the snapshot holds; None: read everything."""
    parts = job.lake.parts("customers")
    if job.source is None or not parts or not parts[0].inputs.startswith(_MARK):
        return None
    is_same = pl.read_parquet_schema(parts[0].path) == job.schema
    return datetime.fromisoformat(parts[0].inputs.removeprefix(_MARK)) if is_same else None


def _bounds(job: Job, since: datetime | None) -> Bounds | None:
    column = next((item.column for item in job.plan.fields if item.target == CHANGED), None)
    if since is None or column is None:
        return None
    return Bounds(column, since, None, job.settings.business.time_zone)


def _changed(batches: Iterable[Checked], since: datetime | None) -> Iterator[Checked]:
    """Only rows that changed, the last change that is known included: others may share its instant."""
    for checked in batches:
        if since is None:
            yield checked
            continue
        is_new = (checked.good[CHANGED] >= since).fill_null(value=True)
        yield replace(
            checked,
            good=checked.good.filter(is_new),
            kept=checked.kept.filter(is_new),
            adjusted=checked.adjusted.filter(is_new),
        )


def _newest(before: datetime | None, checked: Checked) -> datetime | None:
    if CHANGED not in checked.good.columns:
        return None
    found = checked.good[CHANGED].max()
    if not isinstance(found, datetime):
        return before
    return found.astimezone(UTC) if before is None else max(before, found.astimezone(UTC))


def _over(job: Job, write: LakeWrite, read: pl.DataFrame) -> pl.DataFrame:
    """The snapshot with the changed customers in it; what was bad of them before leaves the quarantine."""
    job.account.is_incremental = True
    before = job.lake.collect(lambda: job.lake.scan("customers", schema=job.schema))
    changed = set(read[KEY.column].to_list())
    column = job.mapping.columns.get(KEY.column, KEY.column)
    bad = job.lake.quarantined("customers")
    write.release(
        name
        for name, row in zip(bad["id"].to_list(), bad["row"].to_list(), strict=True)
        if str(original(row).get(column)) in changed
    )
    job.account.notes.append(f"{read.height:,} customers have changed since the last load.")
    return pl.concat([before.join(read, on=KEY.column, how="anti"), read])
