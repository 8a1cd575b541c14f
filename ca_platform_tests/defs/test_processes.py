"""Runs say which process they are in, and those of killed processes do not seem to go on for ever."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from ca_platform.defs.assemble import assemble
from ca_platform.defs.days import DayRange
from ca_platform.defs.instance import opened
from ca_platform.defs.processes import (
    BEGUN_TAG,
    HOST_TAG,
    PROCESS_TAG,
    RUN_TAG,
    begun,
    close_killed,
    is_alive,
    process_tags,
)
from ca_platform.defs.schedules import DAILY
from ca_platform.defs.sensors import killed_sensor
from ca_platform_tests.defs.conftest import Shop

STARTED, FAILED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE


@pytest.fixture
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def started(instance: dg.DagsterInstance, shop: Shop, **changed: str) -> str:
    """A run that seems to go on, of this process but for what is ``changed``; returns its id."""
    run = instance.create_run_for_job(assemble(shop.settings).resolve_job_def(DAILY), status=STARTED)
    names = {"host": HOST_TAG, "process": PROCESS_TAG, "begun_at": BEGUN_TAG, "run": RUN_TAG}
    instance.add_run_tags(
        run.run_id, process_tags(run.run_id) | {names[name]: value for name, value in changed.items()}
    )
    return run.run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_run_of_a_killed_process_is_marked_as_failed_and_a_living_one_is_left(shop: Shop, dead: int) -> None:
    with opened(shop.settings) as instance:
        killed = started(instance, shop, process=str(dead))
        living = started(instance, shop)
        elsewhere = started(instance, shop, process=str(dead), host="elsewhere")
        assert close_killed(instance) == [killed]
        assert [status(instance, run) for run in (killed, living, elsewhere)] == [FAILED, STARTED, STARTED]


def test_run_that_was_started_again_in_the_ui_is_not_taken_for_the_killed_one(shop: Shop, dead: int) -> None:
    with opened(shop.settings) as instance:
        again = started(instance, shop, process=str(dead), run="the former one")
        assert close_killed(instance) == []
        assert status(instance, again) is STARTED


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell when a process began")
def test_number_that_another_process_was_given_is_not_taken_for_the_killed_one(shop: Shop) -> None:
    assert is_alive(os.getpid(), begun(os.getpid()) or "")
    assert not is_alive(os.getpid(), "7")
    with opened(shop.settings) as instance:
        killed = started(instance, shop, begun_at="7")
        assert close_killed(instance) == [killed]


def test_sensor_lets_the_queue_go_on_after_a_killed_run(shop: Shop, dead: int) -> None:
    with opened(shop.settings) as instance:
        killed = started(instance, shop, process=str(dead))
        tick = killed_sensor()(dg.build_sensor_context(instance=instance))
        assert isinstance(tick, dg.SkipReason)
        assert tick.skip_message == f"Marked as failed: {killed}."
        (event,) = instance.all_logs(killed, of_type=dg.DagsterEventType.RUN_FAILURE)
        assert event.dagster_event is not None
        assert "Run the same days again." in str(event.dagster_event.message)


def test_every_run_says_which_process_it_is_in_also_one_that_dagster_starts(shop: Shop, dead: int) -> None:
    job = assemble(shop.settings).resolve_job_def(DAILY)
    inherited: Mapping[str, str] = {HOST_TAG: socket.gethostname(), PROCESS_TAG: str(dead), RUN_TAG: "the former one"}
    with opened(shop.settings) as instance:
        result = job.execute_in_process(
            instance=instance,
            tags={**inherited, **DayRange(shop.day(0), shop.day(0)).tags},
            asset_selection=[dg.AssetKey("sessions")],
        )
        run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags.items() >= process_tags(result.run_id).items()
