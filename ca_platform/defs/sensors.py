"""The sensors of failed and of killed runs. What is said and to whom is ``ca_platform.notify``'s business."""

import dagster as dg

from ca_platform.defs.days import range_of_run
from ca_platform.defs.processes import close_killed
from ca_platform.notify import FailedRun, FailedStep, notify
from ca_platform.settings import Settings


def failure_sensor(settings: Settings) -> dg.SensorDefinition:
    """Fires once for each failed run of this code location; on from the start, since a silent failure helps nobody."""

    @dg.run_failure_sensor(
        name="failed_runs",
        description="Tells of every failed run by log, webhook and e-mail, as `notifications` in the settings says.",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
    )
    def failed_runs(context: dg.RunFailureSensorContext) -> None:
        notify(failed_run(context, settings), settings)

    return failed_runs


def killed_sensor() -> dg.SensorDefinition:
    """Marks runs as failed whose process was killed together with Dagster; on from the start, as the queue waits."""

    @dg.sensor(
        name="killed_runs",
        description="Marks runs as failed whose process was killed with Dagster or with the machine, so that others go on.",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
    )
    def killed_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        killed = close_killed(context.instance)
        return dg.SkipReason(f"Marked as failed: {', '.join(killed)}." if killed else "No run was killed.")

    return killed_runs


def failed_run(context: dg.RunFailureSensorContext, settings: Settings) -> FailedRun:
    """What Dagster knows of the run, as a small record."""
    run = context.dagster_run
    asked = range_of_run(run.tags)
    steps = (
        FailedStep(event.step_key or "run", _reason(event))
        for event in context.get_step_failure_events()
        if event.is_step_failure
    )
    address = settings.dagster.url
    return FailedRun(
        run_id=run.run_id,
        job=run.job_name,
        days=str(asked) if asked else "",
        reason=context.failure_event.message or "",
        steps=tuple(steps),
        url=f"{address.rstrip('/')}/runs/{run.run_id}" if address else None,
    )


def _reason(event: dg.DagsterEvent) -> str:
    """Our own sentence where the step raised a Failure, else the first line of the error."""
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description
    return (data.error.message if data.error else event.message or "").strip().splitlines()[0]
