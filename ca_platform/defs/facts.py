"""The fact tables as assets: each makes what is missing or outdated of its days."""

import dagster as dg

from ca_platform.catalogue import TableSpec
from ca_platform.defs import specs
from ca_platform.defs.days import days_of
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.facts import ensure_facts
from ca_platform.settings import Settings


def fact_assets(settings: Settings, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """An asset for every fact table that a connected report needs."""
    needed = specs.needed_facts(specs.connected_reports(settings))
    return [_fact(spec, settings, partitions) for spec in needed]


def _fact(spec: TableSpec, settings: Settings, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    shared = specs.common(settings)

    @dg.asset(
        name=spec.name,
        deps=specs.existing(spec.inputs, settings),
        group_name="facts",
        description=spec.description,
        kinds={"polars", "parquet"},
        owners=shared["owners"],
        tags={**shared["tags"], "layer": "facts"},
        metadata=specs.table_metadata(spec, settings),
        partitions_def=partitions if spec.partitioned else None,
        backfill_policy=dg.BackfillPolicy.multi_run(settings.schedule.days_per_run) if spec.partitioned else None,
    )
    def make(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult:
        days = days_of(context)
        platform.journal.begin(spec.name)
        try:
            summary = ensure_facts(spec.name, days, platform.settings, platform.lake)
        except Exception as error:
            platform.journal.fail(spec.name, error)
            raise failure(error, settings) from None
        for day in days:
            context.add_asset_metadata({specs.ROW_COUNT: summary.rows.get(day, 0)}, partition_key=day.isoformat())
        platform.journal.finish(spec.name)
        return dg.MaterializeResult()

    return make
