"""Runs in this process, as the shell and ``ca.run`` start them: through Dagster, and seen in its UI afterwards."""

import logging
import signal
import threading
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.utils import make_new_run_id

from ca_platform.defs import instance, specs
from ca_platform.defs.assemble import assemble
from ca_platform.defs.checks import history_gap
from ca_platform.defs.days import DayRange, named
from ca_platform.defs.failures import SERVERS
from ca_platform.defs.outcome import Outcome, Summary
from ca_platform.defs.plan import CUSTOMERS, PlannedRun, load_runs, merged, report_runs, selected
from ca_platform.defs.processes import process_tags
from ca_platform.defs.resources import RESOURCE, Journal, Platform, Progress, platform_resource
from ca_platform.defs.schedules import DAILY
from ca_platform.errors import HistoryError, RunError
from ca_platform.ingest import loaded_days, moved_zone
from ca_platform.logging import LOGGER, Redactor
from ca_platform.settings import Settings
from ca_platform.sources import open_source

# Dagster's own lines on standard error are not ours to show; what failed is in the error that is raised.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_LOG = logging.getLogger(f"{LOGGER}.run")


def load(
    start: date,
    end: date,
    settings: Settings,
    *,
    sources: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Load these days anew from the sources into the lake, one ranged run for all of them.

    Args:
        sources: names of sources; None: all that are connected.

    Raises:
        RunError: something failed; ``summary`` on it says what did not.
    """
    chosen = [name for name in _datasets(settings) if sources is None or name in set(sources)]
    days = DayRange(start, end)
    missing = {name: days.days for name in chosen if name != CUSTOMERS}
    return _launch(load_runs(missing, snapshot=CUSTOMERS in chosen), (), days, settings, progress)


def run(
    start: date,
    end: date,
    settings: Settings,
    *,
    select: Iterable[str] | None = None,
    load: bool = True,
    progress: Progress | None = None,
) -> Summary:
    """Make the reports of these days, after loading every day since the start date that is not loaded yet.

    Args:
        select: names of reports, ``family:NAME``, ``orders``, ``downloads``; None: everything.
        load: False: nothing is loaded, and a day whose history is incomplete fails.

    Raises:
        RunError: something failed; ``summary`` on it says what did not.
    """
    selection = selected(select, settings)
    days = DayRange(start, end)
    platform = Platform(settings)
    loads: list[PlannedRun] = []
    if load:
        loads = _missing_loads(platform, end)
    else:
        _require_history(platform, end, selection.reports)
    runs = merged(loads, report_runs(selection, days, settings.schedule.days_per_run))
    return _launch(runs, selection.reports, days, settings, progress)


def _datasets(settings: Settings) -> list[str]:
    return [spec.name for spec in specs.connected_datasets(settings)]


def _missing_loads(platform: Platform, end: date) -> list[PlannedRun]:
    """Loads of what the lake lacks up to ``end``. The snapshot of the customers is renewed with every load."""
    lake, wanted = platform.lake, DayRange(platform.settings.business.start_date, end).days
    datasets = _datasets(platform.settings)
    missing = {}
    for name in datasets:
        if name != CUSTOMERS:
            known = set(loaded_days(name, platform.settings, lake))
            missing[name] = [day for day in wanted if day not in known]
    is_new = CUSTOMERS in datasets and (any(missing.values()) or not lake.parts(CUSTOMERS))
    return load_runs(missing, snapshot=is_new)


def _require_history(platform: Platform, end: date, reports: Sequence[str]) -> None:
    gap = history_gap(platform.lake, platform.settings, end)
    if gap:
        problem = HistoryError(
            f"{len(gap)} days up to {end} are not loaded: {named(gap)}. Load them: ca-platform load --from {gap[0]} "
            f"--to {gap[-1]}; or run with loading. {moved_zone(platform.settings, platform.lake)}".rstrip()
        )
        raise Outcome(DayRange(end, end), tuple(reports), failed=dict.fromkeys(reports, problem)).error()


def _launch(
    runs: Sequence[PlannedRun],
    reports: Sequence[str],
    days: DayRange,
    settings: Settings,
    progress: Progress | None,
) -> Summary:
    """Run what is planned, one after the other. Without sessions there is nothing to go on with; else all is tried."""
    journal = Journal(progress=progress, phases=_phases(settings))
    journal.planned.update(journal.phases[name] for planned in runs for name in planned.assets)
    outcome = Outcome(
        days, tuple(reports), sources=journal.sources, notes=journal.notes, redact=Redactor(settings.secrets())
    )
    if runs:
        _check(runs, settings)
        _heed_interrupts()
        with instance.opened(settings) as opened:
            for planned in runs:
                outcome.add(planned.assets, *_execute(planned, settings, journal, opened))
                if "sessions" in outcome.failed:
                    outcome.skip(name for later in runs for name in later.assets)
                    break
    outcome.refuse_empty_loads()
    for note in journal.notes:
        _LOG.info(note)
    _LOG.info("run finished", extra=outcome.summary())
    if outcome.failed:
        raise outcome.error()
    return outcome.summary()


def _heed_interrupts() -> None:
    """Give SIGINT Python's own handler where a shell, starting us in the background, has it ignored.

    Dagster puts the handler of SIGINT on SIGTERM, too: its helpers would inherit that, survive their end, and every
    run would wait a minute for them.
    """
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _check(runs: Sequence[PlannedRun], settings: Settings) -> None:
    """Ask everything that the runs will need, so that what is not there is said before the work and not in it."""
    assets = {name for planned in runs for name in planned.assets}
    platform = Platform(settings)
    platform.lake.check()
    for name, source in settings.sources.connected().items():
        if name in assets and source.kind in SERVERS:
            open_source(name, source, settings.business.time_zone).schema()
    if settings.document_store.kind != "embedded" and assets - set(_datasets(settings)):
        try:
            platform.store.check()
        finally:
            platform.close()


def _execute(
    planned: PlannedRun, settings: Settings, journal: Journal, opened: dg.DagsterInstance
) -> tuple[set[str], dict[str, Exception]]:
    """One run; returns what it made, and the errors of what it could not make."""
    journal.made.clear()
    journal.failures.clear()
    overrides: dict[str, Any] = {"resources": {RESOURCE: platform_resource(settings, journal)}}
    if not set(planned.assets) - set(_datasets(settings)):
        # Days may be loaded in any order; that the history is complete is a matter of what is made from it.
        overrides["asset_checks"] = []
    job = assemble(settings, overrides).resolve_job_def(DAILY)
    run_id = make_new_run_id()
    result = job.execute_in_process(
        run_config=_QUIET,
        instance=opened,
        raise_on_error=False,
        asset_selection=[dg.AssetKey(name) for name in planned.assets],
        run_id=run_id,
        tags={**process_tags(run_id), **(planned.days.tags if planned.days else {})},
    )
    if _is_interrupted(result):
        raise KeyboardInterrupt
    if not result.success and not journal.failures:
        journal.failures.update(_unforeseen(result, planned))
    return journal.made - set(journal.failures), dict(journal.failures)


def _is_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether somebody pressed Ctrl-C; Dagster makes an ordinary failure of it."""
    failures = (event.step_failure_data.error for event in result.get_step_failure_events())
    return any(error is not None and error.cls_name == "DagsterExecutionInterruptedError" for error in failures)


def _unforeseen(result: dg.ExecuteInProcessResult, planned: PlannedRun) -> dict[str, Exception]:
    """What failed outside the work itself: a blocking check, or Dagster."""
    reasons = [
        event.step_failure_data.error.message.strip()
        for event in result.get_step_failure_events()
        if event.step_failure_data.error is not None
    ] or [result.get_run_failure_event().message or "unknown"]
    return {planned.assets[-1]: RunError("; ".join(reasons))}


def _phases(settings: Settings) -> dict[str, str]:
    """The phase of the progress in which an asset is made."""
    connected = specs.connected_reports(settings)
    return {
        **dict.fromkeys(_datasets(settings), "load"),
        **dict.fromkeys((fact.name for fact in specs.needed_facts(connected)), "facts"),
        **dict.fromkeys(specs.DOCUMENTS, "documents"),
        **dict.fromkeys((spec.name for spec in connected), "reports"),
    }
