"""Sessions into the lake: a part for each day, ``order_id`` unique over the whole lake."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

import polars as pl

from ca_platform.ingest.check import Checked, Plan
from ca_platform.ingest.flow import checked_batches, workers
from ca_platform.ingest.job import Job
from ca_platform.ingest.parts import DayParts
from ca_platform.ingest.quarantine import BAD_SCHEMA, bad_rows
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.repeats import Repeats, removals
from ca_platform.ingest.schemas import sort_key
from ca_platform.lake import LakeWrite

KEY = "order_id"


def load_sessions(job: Job, write: LakeWrite) -> pl.DataFrame:
    """Put the parts of all asked days into the write; returns the bad rows."""
    with workers() as pool:
        parts = DayParts(write, "sessions", KEY, _finish, pool)
        try:
            return _load(job, parts, pool)
        except BaseException:
            parts.discard()
            raise


def _load(job: Job, parts: DayParts, pool: Executor) -> pl.DataFrame:
    repeats = Repeats()
    repeats.seed(_taken_keys(job))
    for checked in _batches(job, pool):
        job.account.take(checked)
        keep_suspects(repeats, checked, KEY, job.plan, Reason.REPEATED_ORDER)
        job.account.count_days("adjusted", checked.good["day"].filter(checked.adjusted))
        parts.add(checked.good)
    job.account.refuse_unreadable()
    repeated = repeats.resolve(_taken(job, repeats.keys()))
    job.account.quarantine(repeated.select(BAD_SCHEMA.names()) if repeated.height else BAD_SCHEMA.to_frame())
    job.account.count("loaded", parts.close(job.days, job.schema.to_frame(), removals(repeated)))
    return job.account.bad()


def _batches(job: Job, pool: Executor) -> Iterator[Checked]:
    return checked_batches(job.source, job.plan, job.bounds, pool) if job.source is not None else iter(())


def keep_suspects(repeats: Repeats, checked: Checked, key: str, plan: Plan, reason: Reason) -> None:
    """Look for repeated keys in a batch and keep the original values of those that may be."""
    good = checked.good
    if good.is_empty():
        return
    day = good["day"] if "day" in good.columns else pl.Series([None], dtype=pl.Date).new_from_index(0, good.height)
    positions = repeats.find(good[key], day)
    if not len(positions):
        return
    suspects = pl.DataFrame({"index": checked.kept[positions], "day": day[positions]}).with_columns(
        reason=pl.lit(reason.value), column=pl.lit(key)
    )
    rows = bad_rows(checked.raw, suspects, plan.fields, plan.files)
    repeats.keep(positions, rows.with_columns(key=good[key][positions]))


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    """A day's rows as the lake has them: the first of each order_id, sorted."""
    if rows[KEY].hash().n_unique() < rows.height:
        rows = rows.unique(KEY, keep="first", maintain_order=True)
    return rows.sort(sort_key("sessions"))


def _taken_keys(job: Job) -> Iterator[pl.Series]:
    """Order ids of all days that this load does not replace."""
    for part in job.lake.parts("sessions"):
        if part.day not in set(job.days) and part.rows:
            yield job.lake.retry(lambda path=part.path: pl.read_parquet(path, columns=[KEY], glob=False)[KEY])  # type: ignore[misc]


def _taken(job: Job, keys: pl.Series) -> pl.Series:
    """Which of the keys a day has that this load does not replace."""
    if keys.is_empty():
        return keys
    wanted = keys.alias(KEY).to_frame().lazy()
    others = {KEY: pl.String(), "day": pl.Date()}
    found = job.lake.collect(
        lambda: (
            job.lake.scan("sessions", schema=others)
            .filter(~pl.col("day").is_in(list(job.days)))
            .join(wanted, on=KEY, how="semi")
            .select(KEY)
        )
    )
    return found[KEY]
