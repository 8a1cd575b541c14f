"""The fact tables as assets: a step makes what is missing or outdated of them, from one reading of the sessions.

Those of baskets and of deliveries have steps of their own: where the lines, or the deliveries, of a day are missing,
the reports that need none go on.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from ca_platform.catalogue import TableSpec
from ca_platform.defs import specs
from ca_platform.defs.days import days_of
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.defs.tables import table_asset
from ca_platform.facts import OF_DELIVERIES, OF_LINES, ensure
from ca_platform.settings import Settings

SESSION_STEP, BASKET_STEP, DELIVERY_STEP = "facts", "basket_facts", "delivery_facts"


def fact_assets(settings: Settings, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """The steps that make every fact table that a connected report needs."""
    steps: dict[str, list[TableSpec]] = {}
    for table in specs.needed_facts(specs.connected_reports(settings)):
        steps.setdefault(_step(table.name), []).append(table)
    return [_facts(step, tables, settings, partitions) for step, tables in steps.items()]


def _step(name: str) -> str:
    if name in OF_LINES:
        return BASKET_STEP
    return DELIVERY_STEP if name in OF_DELIVERIES else SESSION_STEP


def _facts(
    step: str, tables: list[TableSpec], settings: Settings, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=step,
        specs=[table_asset(table, settings, ("polars",), skippable=True) for table in tables],
        description="Makes the fact tables of the days where they are missing or out of date.",
        can_subset=True,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(settings.schedule.days_per_run),
    )
    def make(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[Any]:
        days = days_of(context)
        asked = {key.to_user_string() for key in context.selected_asset_keys}
        names = [table.name for table in tables if table.name in asked]
        platform.journal.begin(names[0])
        try:
            ensure(names, days, platform.settings, platform.lake)
        except Exception as error:  # noqa: BLE001 - raised again, in words
            for name in names:
                platform.journal.fail(name, error)
            raise failure(error, settings) from None
        for name in names:
            rows = {part.day: part.rows for part in platform.lake.parts(name, days[0], days[-1])}
            for day in days:
                context.add_asset_metadata(
                    {specs.ROW_COUNT: rows.get(day, 0)}, asset_key=name, partition_key=day.isoformat()
                )
            platform.journal.finish(name)
            yield dg.MaterializeResult(asset_key=name)

    return make
