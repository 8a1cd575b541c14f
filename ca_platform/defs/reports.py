"""The reports as assets: steps of a family, in which every report is tried and the failed ones are named."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from ca_platform.catalogue import FAMILIES, ReportSpec, report_spec
from ca_platform.defs import specs
from ca_platform.defs.attempts import attempts
from ca_platform.defs.days import days_of
from ca_platform.defs.documents import write_customers
from ca_platform.defs.failures import failure, in_words
from ca_platform.defs.publish import DayRows
from ca_platform.defs.resources import Platform
from ca_platform.logging import Redactor
from ca_platform.settings import Settings
from ca_platform.store.picture import TABLES


def report_assets(settings: Settings, partitions: dg.PartitionsDefinition) -> list[dg.AssetsDefinition]:
    """A step for every family that has a report whose inputs are connected, or more where some need further sources."""
    steps = specs.steps(specs.connected_reports(settings))
    return [_step(name, reports, settings, partitions) for name, reports in steps.items()]


def _step(
    step: str, reports: Sequence[ReportSpec], settings: Settings, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=step,
        specs=[specs.report_asset(spec, settings) for spec in reports],
        description=FAMILIES[reports[0].family].description,
        can_subset=True,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(settings.schedule.days_per_run),
    )
    def make(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> Iterator[Any]:
        days = days_of(context)
        asked = {key.to_user_string() for key in context.selected_asset_keys}
        names = [spec.name for spec in reports if spec.name in asked]
        failed: dict[str, Exception] = {}
        for name, made in attempts(names, days, platform):
            if isinstance(made, Exception):
                failed[name] = made
                continue
            for row in made:
                shown = _metadata(report_spec(name), row)
                context.add_asset_metadata(shown, asset_key=name, partition_key=row.day.isoformat())
            yield dg.MaterializeResult(asset_key=name)
        if set(names) & set(TABLES) - set(failed) and not _is_in_run(specs.CUSTOMERS, context):
            failed |= _show_customers(days, platform)
        if failed:
            raise _together(failed, len({*names, *failed}), settings)

    return make


def _is_in_run(name: str, context: dg.AssetExecutionContext) -> bool:
    return dg.AssetKey(name) in context.job_def.asset_layer.executable_asset_keys


def _show_customers(days: Sequence[date], platform: Platform) -> dict[str, Exception]:
    """Renew the customers of the store in a run that made a report of them alone; returns why that failed."""
    try:
        write_customers(platform, days)
    except Exception as error:  # noqa: BLE001 - it is raised with its name at the end of the step
        platform.journal.fail(specs.CUSTOMERS, error)
        return {specs.CUSTOMERS: error}
    return {}


def _metadata(spec: ReportSpec, row: DayRows) -> dict[str, Any]:
    shown: dict[str, Any] = {
        specs.ROW_COUNT: row.main,
        "rows_of_dimension_values": row.dimension_rows,
        "dimension_values": row.dimension_values,
    }
    if row.note:
        shown["note"] = row.note
    if row.preview is not None:
        records = [dg.TableRecord(_plain(values)) for values in row.preview.to_dicts()]
        shown["preview"] = dg.MetadataValue.table(records, specs.column_schema(spec.columns))
    return shown


def _plain(row: dict[str, Any]) -> dict[str, str | int | float | bool]:
    """Values as a table of Dagster's may hold them."""
    return {
        name: "" if value is None else value if isinstance(value, (bool, int, float)) else str(value)
        for name, value in row.items()
    }


def _together(failed: dict[str, Exception], tried: int, settings: Settings) -> dg.Failure:
    """One failure that names every bad report with its reason."""
    if len(failed) == 1:
        ((name, error),) = failed.items()
        single = failure(error, settings)
        return dg.Failure(f"{name}: {single.description}", single.metadata, allow_retries=False)
    redact = Redactor(settings.secrets())
    reasons = "; ".join(f"{name}: {redact(in_words(error))}" for name, error in failed.items())
    return dg.Failure(
        description=f"{len(failed)} of {tried} reports failed. {reasons}",
        metadata={name: redact(in_words(error)) for name, error in failed.items()},
        allow_retries=False,
    )
