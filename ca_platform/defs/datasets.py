"""The datasets of the lake as assets: each loads one source."""

from datetime import date

import dagster as dg
import polars as pl

from ca_platform.catalogue import TableSpec
from ca_platform.defs import specs
from ca_platform.defs.checks import LOSS, load_check_specs, load_checks, parts_of
from ca_platform.defs.days import days_of
from ca_platform.defs.failures import RETRIES, failure
from ca_platform.defs.resources import Platform
from ca_platform.ingest import IngestSummary, ingest
from ca_platform.lake import ACCOUNTING_COUNTS
from ca_platform.settings import Settings


def dataset_assets(settings: Settings, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """An asset for every connected source that has a place in the lake."""
    return [_dataset(spec, settings, partitions) for spec in specs.connected_datasets(settings)]


def _dataset(spec: TableSpec, settings: Settings, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    source = settings.sources.connected()[spec.name]
    shared = specs.common(settings)

    @dg.asset(
        name=spec.name,
        # Lines and deliveries belong to the day of an order, and wait for it.
        deps=["sessions"] if spec.name in ("lines", "deliveries") else None,
        group_name="lake",
        description=spec.description,
        kinds={source.kind, "polars", "parquet"},
        owners=shared["owners"],
        tags={**shared["tags"], "layer": "lake"},
        metadata=specs.table_metadata(spec, settings),
        partitions_def=partitions if spec.partitioned else None,
        backfill_policy=dg.BackfillPolicy.multi_run(settings.schedule.days_per_run) if spec.partitioned else None,
        retry_policy=RETRIES,
        check_specs=load_check_specs(spec.name),
    )
    def load(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:  # type: ignore[type-arg]
        days = days_of(context) if spec.partitioned else None
        platform.journal.begin(spec.name)
        try:
            before = parts_of(spec.name, days, platform.lake)
            summary = ingest(spec.name, days, platform.settings, platform.lake)
            after = parts_of(spec.name, days, platform.lake)
        except Exception as error:  # noqa: BLE001 - raised again, in words
            platform.journal.fail(spec.name, error)
            raise failure(error, settings, spec.name) from None
        platform.journal.read(spec.name, summary.totals)
        platform.journal.notes.extend(summary.notes)
        for day in days or ():
            context.add_asset_metadata(_of_day(summary.by_day, day), partition_key=day.isoformat())
        platform.journal.finish(spec.name)
        results = load_checks(spec, summary, before, after, platform.settings)
        platform.journal.notes.extend(
            f"{spec.name}: {one.description}" for one in results if one.check_name == LOSS and not one.passed
        )
        return dg.MaterializeResult(metadata=_of_load(summary), check_results=results)

    return load


def _of_day(by_day: pl.DataFrame, day: date) -> dict[str, int]:
    """The row accounting of one day, and its number of rows as Dagster draws it."""
    found = by_day.filter(pl.col("day") == day).row(0, named=True) if day in by_day["day"] else {}
    counts = {name: int(found.get(name) or 0) for name in ACCOUNTING_COUNTS}
    return {specs.ROW_COUNT: counts["loaded"], **counts}


def _of_load(summary: IngestSummary) -> dict[str, dg.MetadataValue]:
    """The row accounting of the whole load, why rows were refused, and remarks."""
    counts = {f"load/{name}": dg.MetadataValue.int(int(summary.totals.get(name, 0))) for name in ACCOUNTING_COUNTS}
    return {
        **counts,
        "load/reasons": dg.MetadataValue.json(dict(summary.reasons)),
        "load/notes": dg.MetadataValue.text("\n".join(summary.notes)),
    }
