"""The jobs and the schedules that run them. Which days a schedule asks for is decided in ``requests``."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ca_platform.defs.checks import history_gap
from ca_platform.defs.days import DayRange
from ca_platform.defs.models import TRAIN, model_tables
from ca_platform.defs.requests import as_requests, cron, missing_days, training_cron, wanted_days
from ca_platform.lake import Lake
from ca_platform.settings import Settings

DAILY = "daily_refresh"
EVERY_TAG = "ca_platform/every"

_MEANING = {
    "once": "Makes every finished day that is not complete yet, then rests until it is switched off and on again.",
    "12h": "Makes the running day, yesterday and the look-back window anew, and days that were missed, twice a day.",
    "daily": "Makes yesterday and the look-back window anew, and days that were missed, once a day.",
    "weekly": "Makes the last seven days anew, and days that were missed, every Monday.",
}


def daily_refresh(settings: Settings) -> UnresolvedAssetJobDefinition:
    """The job that makes everything of a day, or of a range of days at once."""
    models = dg.AssetSelection.assets(*(table.name for table in model_tables(settings)))
    return dg.define_asset_job(
        DAILY,
        selection=dg.AssetSelection.all() - models,
        description="Loads the sources of a day and makes its facts, documents and reports.",
    )


def schedules(
    settings: Settings, daily: UnresolvedAssetJobDefinition, training: UnresolvedAssetJobDefinition | None
) -> list[dg.ScheduleDefinition]:
    """The schedules of the settings, off until they are switched on; with ``never`` there are none to switch on."""
    if settings.schedule.every == "never":
        return []
    return [_daily_schedule(settings, daily), *([_training_schedule(settings, training)] if training else [])]


def _training_schedule(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=TRAIN,
        job=job,
        cron_schedule=training_cron(settings.schedule),
        execution_timezone=settings.business.time_zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Trains the models every Monday, an hour before the days are made.",
    )


def _daily_schedule(settings: Settings, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    schedule, zone = settings.schedule, settings.business.time_zone

    @dg.schedule(
        name=DAILY,
        job=job,
        cron_schedule=cron(schedule),
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=_MEANING[schedule.every],
    )
    def fire(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
        today = context.scheduled_execution_time.astimezone(ZoneInfo(zone)).date()
        if schedule.every == "once":
            return _once(context, settings, today)
        wanted = wanted_days(schedule, today, settings.business.start_date)
        return run_requests([*_slept_over(wanted.start, settings), *wanted.days] if wanted else (), settings)

    return fire


def _slept_over(before: date, settings: Settings) -> list[date]:
    """Days before this one that are not loaded, of a history that is.

    After a long pause Dagster makes up for the last tick alone. Without the days between no report would be made any
    more, since none looks back over a hole. A shop of which nothing is loaded yet is not begun unasked.
    """
    lake = Lake.open(settings)
    if "sessions" not in settings.sources.connected() or not lake.days("sessions"):
        return []
    return history_gap(lake, settings, before - timedelta(days=1))


def run_requests(days: Iterable[date], settings: Settings) -> list[dg.RunRequest] | dg.SkipReason:
    """A run for each range of the days, oldest first; a reason where there is none."""
    ranges = as_requests(days, settings.schedule.days_per_run)
    if not ranges:
        return dg.SkipReason(
            f"No day since the start date {settings.business.start_date} is finished, or every one is complete."
        )
    return [_request(wanted, settings) for wanted in ranges]


def _request(wanted: DayRange, settings: Settings) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{wanted.start}:{wanted.end}", tags={**wanted.tags, EVERY_TAG: settings.schedule.every}
    )


def _once(
    context: dg.ScheduleEvaluationContext, settings: Settings, today: date
) -> list[dg.RunRequest] | dg.SkipReason:
    """All missing days, unless they were asked for since the schedule was switched on."""
    since = _switched_on(context.instance)
    asked = dg.RunsFilter(tags={"dagster/schedule_name": DAILY, EVERY_TAG: "once"}, created_after=since)
    if context.instance.get_runs_count(asked):
        return dg.SkipReason(
            "The missing days were asked for when this schedule was switched on. Switch it off and on to ask again, "
            "or set `schedule.every` to daily."
        )
    return run_requests(missing_days(_complete(context), today, settings.business.start_date), settings)


def _switched_on(instance: dg.DagsterInstance) -> datetime | None:
    """When the schedule was last switched on."""
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.scheduler.instigation import ScheduleInstigatorData

    for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE):
        data = state.instigator_data
        if state.instigator_name == DAILY and isinstance(data, ScheduleInstigatorData) and data.start_timestamp:
            return datetime.fromtimestamp(data.start_timestamp, ZoneInfo("UTC"))
    return None


def _complete(context: dg.ScheduleEvaluationContext) -> set[date]:
    """Days on which every partitioned asset of this code location was made."""
    assert context.repository_def is not None  # noqa: S101
    graph = context.repository_def.asset_graph
    keys = [key for key in graph.materializable_asset_keys if graph.get(key).is_partitioned]
    made = [context.instance.get_materialized_partitions(key) for key in keys]
    return {date.fromisoformat(day) for day in set.intersection(*made)} if made else set()
