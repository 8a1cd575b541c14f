"""Asset checks: what crosses partitions or sources. A report's own schema is checked before it is written."""

import json
from collections.abc import Sequence
from datetime import date

import dagster as dg
import polars as pl

from ca_platform.catalogue import TableSpec
from ca_platform.defs.days import named, range_of_run
from ca_platform.defs.requests import missing_days
from ca_platform.defs.resources import Platform
from ca_platform.ingest import IngestSummary, loaded_days, moved_zone
from ca_platform.ingest.schemas import lake_schema
from ca_platform.lake import Lake, Part
from ca_platform.settings import Settings

# Above this share somebody should look at the mapping; the rows themselves are kept either way.
QUARANTINE_SHARE = 0.05
LOSS = "rows_of_before_are_still_there"
"""The check that a later load can fail by what the source no longer has."""


def history_gap(lake: Lake, settings: Settings, day: date) -> list[date]:
    """Days from the start date to ``day`` that are not loaded, or were for another time zone.

    Every report of ``day`` would be wrong by them.
    """
    following = date.fromordinal(day.toordinal() + 1)
    return missing_days(loaded_days("sessions", settings, lake), following, settings.business.start_date)


def history_check(settings: Settings) -> list[dg.AssetChecksDefinition]:
    """The check that stops everything after the sources while the history has a hole."""
    if "sessions" not in settings.sources.connected():
        return []

    @dg.asset_check(
        asset="sessions",
        name="history_is_complete",
        blocking=True,
        description=(
            "Every day from the start date to the newest day of the run has been loaded. Reports look back over the "
            "whole history, so nothing is made from one that has a hole. In a ranged run it is evaluated once."
        ),
    )
    def history_is_complete(
        context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> dg.AssetCheckResult:
        asked = range_of_run(context.run.tags)
        loaded = platform.lake.days("sessions")
        day = asked.end if asked else max(loaded, default=settings.business.start_date)
        missing = history_gap(platform.lake, settings, day)
        sentence = (
            f"{len(missing)} days before {day} are not loaded: {named(missing)}. Load them first: materialize `sessions` "
            f"for them, or `ca-platform load --from {missing[0]} --to {missing[-1]}`. {moved_zone(settings, platform.lake)}"
            if missing
            else f"Every day from {settings.business.start_date} to {day} is loaded."
        ).rstrip()
        return dg.AssetCheckResult(
            passed=not missing,
            description=sentence,
            metadata={"day": str(day), "missing_days": len(missing), "missing": named(missing, limit=100)},
        )

    return [history_is_complete]


def load_check_specs(dataset: str) -> list[dg.AssetCheckSpec]:
    """The checks that every load evaluates, on the rows that it has just read."""
    return [
        dg.AssetCheckSpec(
            "rows_are_accounted_for",
            asset=dataset,
            description="Every row that was read is loaded, quarantined, out of range, or waits for its order.",
        ),
        dg.AssetCheckSpec(
            "few_rows_are_quarantined",
            asset=dataset,
            description=f"At most {QUARANTINE_SHARE:.0%} of the rows read were refused. More often means a wrong mapping.",
        ),
        dg.AssetCheckSpec(
            "columns_are_as_declared",
            asset=dataset,
            description="The parts that were written have the columns and types of the catalogue and the settings.",
        ),
        dg.AssetCheckSpec(
            LOSS,
            asset=dataset,
            description=(
                "No day that had rows has lost more than half of them by being loaded again. If one has, look whether a "
                "file was moved away or cut off: the day now has what the source has."
            ),
        ),
    ]


def parts_of(dataset: str, days: Sequence[date] | None, lake: Lake) -> list[Part]:
    """The parts that a load of these days replaces, or has written; of a snapshot its one part."""
    return lake.parts(dataset, min(days), max(days)) if days else lake.parts(dataset)


def load_checks(
    spec: TableSpec,
    summary: IngestSummary,
    before: Sequence[Part],
    after: Sequence[Part],
    settings: Settings,
) -> list[dg.AssetCheckResult]:
    """The results of a load, in the order of ``load_check_specs``.

    Args:
        before: parts of the same days as they were before the load.
        after: what the load has written.
    """
    return [
        accounting_check(spec.name, summary.by_day),
        quarantine_check(spec.name, summary.totals, summary.reasons),
        columns_check(spec, after, settings),
        loss_check(spec.name, before, after),
    ]


def loss_check(dataset: str, before: Sequence[Part], after: Sequence[Part]) -> dg.AssetCheckResult:
    """Whether every day still has at least half of its rows; a warning, since a correction may take rows away."""
    now = {part.day: part.rows for part in after}
    lost = {part.day: (part.rows, now.get(part.day, 0)) for part in before if 2 * now.get(part.day, 0) < part.rows}
    counts = {str(day or "all"): f"{had:,} before, {has:,} now" for day, (had, has) in lost.items()}
    days = [day for day in lost if day is not None]
    of_what = f"{len(days)} {'day has' if len(days) == 1 else 'days have'}" if days else "The source has"
    return dg.AssetCheckResult(
        passed=not lost,
        check_name=LOSS,
        asset_key=dataset,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"{of_what} lost more than half of the rows of the load before{f': {named(days)}' if days else ''} "
            f"({sum(had for had, _ in lost.values()):,} before, {sum(has for _, has in lost.values()):,} now). Is a file "
            "of the source missing or cut off? Put it back and load again."
            if lost
            else "No day has lost more than half of its rows."
        ),
        metadata={"days": counts},
    )


def accounting_check(dataset: str, by_day: pl.DataFrame) -> dg.AssetCheckResult:
    """Whether read = loaded + quarantined + out_of_range + open, on every day."""
    rest = pl.sum_horizontal("loaded", "quarantined", "out_of_range", "open")
    wrong = by_day.filter(pl.col("read") != rest).select("day", lost=pl.col("read") - rest)
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        check_name="rows_are_accounted_for",
        asset_key=dataset,
        description=(
            f"On {wrong.height} days the counts do not close; see the metadata."
            if wrong.height
            else "The counts close."
        ),
        metadata={
            "rows_read": int(by_day["read"].sum()),
            "days_that_do_not_close": {str(day): lost for day, lost in wrong.iter_rows()},
        },
    )


def quarantine_check(dataset: str, totals: dict[str, int], reasons: dict[str, int]) -> dg.AssetCheckResult:
    """Whether few rows were refused; a warning, since the good rows are loaded all the same."""
    read, refused = totals.get("read", 0), totals.get("quarantined", 0)
    share = refused / read if read else 0.0
    return dg.AssetCheckResult(
        passed=share <= QUARANTINE_SHARE,
        check_name="few_rows_are_quarantined",
        asset_key=dataset,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"{refused} of {read} rows were quarantined. `ca-platform quarantine --source {dataset}` shows them."
            if refused
            else f"None of {read} rows was quarantined."
        ),
        metadata={"share": share, "rows": refused, "reasons": dict(reasons)},
    )


def columns_check(spec: TableSpec, parts: Sequence[Part], settings: Settings) -> dg.AssetCheckResult:
    """Whether the parts have the declared columns; the manifest knows them, no file is opened."""
    schema = lake_schema(spec.name, settings.sources.connected()[spec.name])
    declared = {name: str(dtype) for name, dtype in schema.items()}
    found = {text: json.loads(text) for text in {part.columns for part in parts}}
    problems = sorted({problem for columns in found.values() for problem in _differences(columns, declared)})
    return dg.AssetCheckResult(
        passed=not problems,
        check_name="columns_are_as_declared",
        asset_key=spec.name,
        description="; ".join(problems) or f"{len(declared)} columns, as declared.",
        metadata={"columns": declared, "parts": len(parts)},
    )


def _differences(columns: dict[str, str], declared: dict[str, str]) -> list[str]:
    missing = [f"{name} is missing" for name in declared if name not in columns]
    wrong = [
        f"{name} is {columns[name]}, not {dtype}"
        for name, dtype in declared.items()
        if name in columns and columns[name] != dtype
    ]
    unknown = [f"{name} is not declared" for name in columns if name not in declared]
    return missing + wrong + unknown
