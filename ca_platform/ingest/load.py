"""The one way into the lake: a source and its days, in one manifest transaction."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from ca_platform.ingest.account import IngestSummary
from ca_platform.ingest.assignments import load_assignments
from ca_platform.ingest.customers import load_customers
from ca_platform.ingest.job import Job, prepare
from ca_platform.ingest.joined import load_joined
from ca_platform.ingest.places import judge_few
from ca_platform.ingest.sessions import load_sessions
from ca_platform.lake import Lake, LakeWrite
from ca_platform.settings import Settings

_LOG = logging.getLogger(__name__)
_LOADERS = {
    "sessions": load_sessions,
    "customers": load_customers,
    "lines": load_joined,
    "deliveries": load_joined,
    "assignments": load_assignments,
}


def ingest(source: str, days: Sequence[date] | None, settings: Settings, lake: Lake) -> IngestSummary:
    """Load the local days of a source; what the lake has of them is replaced.

    Parts, quarantine and row accounting become visible together, or not at all.

    Args:
        source: sessions, customers, lines, deliveries or assignments.
        days: None for customers, which are a snapshot (days are of no meaning there).

    Raises:
        ConfigurationError: the source is not connected, or a day lies before the first one.
        SourceError: it cannot be read, or does not fit its mapping.
    """
    job = prepare(source, days, settings, lake)
    with lake.write() as write:
        summary = _write(job, write)
        if source == "deliveries":
            judge_few(lake, write)
    _LOG.info("loaded %s", source, extra={"source": source, "days": len(job.days), **summary.totals})
    return replace(summary, notes=(*summary.notes, *_imputed(job), *_misplaced(job)))


def _write(job: Job, write: LakeWrite) -> IngestSummary:
    bad = _LOADERS[job.name](job, write)
    summary = job.account.summary(bad, job.days)
    counted = {*summary.by_day["day"].to_list(), *job.days}
    stale = [] if job.account.is_incremental else _stale_days(job, counted)
    write.quarantine(job.name, [] if job.account.is_incremental else [*counted, *stale], bad)
    write.account(job.name, summary.by_day)
    if stale:
        write.account(job.name, pl.DataFrame({"day": stale}, schema={"day": pl.Date}))
    return summary


def _stale_days(job: Job, counted: set[date | None]) -> list[date | None]:
    """Days that this load saw without finding a row: of rows without a day, and of those before the first day."""
    seen: set[date | None] = {None}
    start = job.settings.business.start_date
    if start in job.days:
        earlier = job.lake.accounting(job.name).filter(pl.col("day") < start)["day"]
        seen |= set(earlier.to_list())
    return sorted(seen - counted, key=lambda day: day or date.min)


def _imputed(job: Job) -> list[str]:
    """Customers of the loaded days whom the source of customers does not know."""
    lake = job.lake
    if job.name != "sessions" or not lake.parts("customers"):
        return []
    client = {"client": pl.String()}
    unknown = lake.collect(
        lambda: (
            lake.scan("sessions", job.days[0], job.days[-1], schema=client)
            .unique()
            .join(lake.scan("customers", schema=client), on="client", how="anti")
            .select(pl.len())
        )
    ).item()
    if not unknown:
        return []
    who = "1 customer has" if unknown == 1 else f"{unknown:,} customers have"
    return [f"{who} no row in customers: their first session counts as the first contact."]


def _misplaced(job: Job) -> list[str]:
    """Deliveries of the loaded days whose place looks wrong."""
    if job.name != "deliveries":
        return []
    suspect = {"location_suspect": pl.Boolean()}
    rows = job.lake.collect(
        lambda: job.lake.scan("deliveries", job.days[0], job.days[-1], schema=suspect).select(pl.all().sum())
    ).item()
    if not rows:
        return []
    wrong = "a lost minus sign, latitude and longitude swapped, or one of them missing"
    return [f"Deliveries whose coordinates look wrong ({wrong}): {rows:,}. Maps and places leave them out."]
