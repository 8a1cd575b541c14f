"""The schedule and the sensor as Dagster evaluates them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from ca_platform.defs import attempts, launch
from ca_platform.defs.assemble import assemble
from ca_platform.defs.days import DayRange, range_of_run
from ca_platform.defs.instance import opened
from ca_platform.defs.schedules import DAILY, EVERY_TAG
from ca_platform.defs.sensors import failure_sensor
from ca_platform.errors import ReportError
from ca_platform_tests.defs.conftest import Shop

# Three o'clock in London is two o'clock in UTC: the local day is what counts.
SUMMER_NIGHT = datetime(2024, 7, 10, 2, 0, tzinfo=UTC)


def evaluate(shop: Shop, at: datetime, instance: dg.DagsterInstance | None = None) -> dg.SkipReason | list[DayRange]:
    """The ranges that the schedule requests, or why it requests nothing."""
    definitions = assemble(shop.settings)
    schedule = definitions.get_repository_def().get_schedule_def(DAILY)
    with dg.DagsterInstance.ephemeral() as ephemeral:
        context = dg.build_schedule_context(
            instance=instance or ephemeral,
            scheduled_execution_time=at,
            repository_def=definitions.get_repository_def(),
        )
        tick = schedule.evaluate_tick(context)
    if not tick.run_requests:
        return dg.SkipReason(tick.skip_message)
    found = [range_of_run(request.tags) for request in tick.run_requests]
    return [wanted for wanted in found if wanted is not None]


def days(first: str, last: str) -> DayRange:
    return DayRange(datetime.fromisoformat(first).date(), datetime.fromisoformat(last).date())


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("daily", days("2024-07-06", "2024-07-09")),
        ("12h", days("2024-07-06", "2024-07-10")),
        ("weekly", days("2024-07-03", "2024-07-09")),
    ],
)
def test_schedule_requests_one_range(shop: Shop, every: str, expected: DayRange) -> None:
    assert evaluate(shop.configured(CA_SCHEDULE__EVERY=every), SUMMER_NIGHT) == [expected]


def test_night_in_utc_is_the_next_local_day(shop: Shop) -> None:
    just_after_midnight = datetime(2024, 7, 9, 23, 30, tzinfo=UTC)
    assert evaluate(shop, just_after_midnight) == [days("2024-07-06", "2024-07-09")]


def test_days_that_a_sleeping_machine_missed_are_asked_for_with_the_next_tick(shop: Shop) -> None:
    launch.load(shop.day(0), shop.day(2), shop.settings, sources=["sessions"])
    woken = datetime(2024, 1, 11, 3, 0, tzinfo=UTC)
    assert evaluate(shop, woken) == [days("2024-01-04", "2024-01-10")], "not the 7th to the 10th, over a hole"
    launch.load(shop.day(5), shop.day(11), shop.settings, sources=["sessions"])
    assert evaluate(shop, woken) == [days("2024-01-04", "2024-01-05"), days("2024-01-07", "2024-01-10")]


def test_long_look_back_is_cut_into_several_runs(shop: Shop) -> None:
    long = shop.configured(CA_SCHEDULE__LOOK_BACK_DAYS="40")
    assert evaluate(long, SUMMER_NIGHT) == [days("2024-05-30", "2024-06-29"), days("2024-06-30", "2024-07-09")]


def test_schedule_before_the_first_finished_day_says_why_it_rests(shop: Shop) -> None:
    found = evaluate(shop, datetime(2024, 1, 1, 3, 0, tzinfo=UTC))
    assert isinstance(found, dg.SkipReason)
    assert "2024-01-01" in str(found.skip_message)


def test_once_requests_all_missing_days_and_then_rests(without_sources: Callable[..., Shop]) -> None:
    shop = without_sources("lines", "deliveries", "customers")
    once = shop.configured(CA_SCHEDULE__EVERY="once")
    noon = datetime(2024, 2, 5, 12, 0, tzinfo=UTC)
    job = assemble(once.settings).resolve_job_def(DAILY)
    with opened(shop.settings) as instance:
        assert evaluate(once, noon, instance) == [days("2024-01-01", "2024-01-31"), days("2024-02-01", "2024-02-04")]
        made = job.execute_in_process(instance=instance, tags=days("2024-01-01", "2024-01-03").tags)
        assert made.success
        assert evaluate(once, noon, instance) == [days("2024-01-04", "2024-02-03"), days("2024-02-04", "2024-02-04")]
        asked = {"dagster/schedule_name": DAILY, EVERY_TAG: "once", **days("2024-01-04", "2024-01-05").tags}
        job.execute_in_process(instance=instance, tags=asked, asset_selection=[dg.AssetKey("sessions")])
        rests = evaluate(once, noon, instance)
        assert isinstance(rests, dg.SkipReason)
        assert "Switch it off and on" in str(rests.skip_message)


def test_schedule_is_off_until_it_is_switched_on(shop: Shop) -> None:
    schedule = assemble(shop.settings).get_repository_def().get_schedule_def(DAILY)
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.execution_timezone == "Europe/London"


def test_removed_schedule_is_not_there_to_be_switched_on(shop: Shop) -> None:
    definitions = assemble(shop.configured(CA_SCHEDULE__EVERY="never").settings)
    assert definitions.get_repository_def().schedule_defs == []


def test_sensor_tells_which_step_failed_and_why(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: int) -> Any:
        raise ReportError("no metric today")

    monkeypatch.setattr(attempts, "compute_pieces", lambda *_: [("kpis", map(broken, [1]))])
    configured = shop.configured(CA_DAGSTER__URL="http://localhost:3000/")
    definitions = assemble(configured.settings)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(DAILY).execute_in_process(
            instance=instance,
            tags=DayRange(shop.day(0), shop.day(1)).tags,
            asset_selection=[dg.AssetKey("sessions"), dg.AssetKey("kpis")],
            raise_on_error=False,
        )
        assert not result.success
        event = result.get_run_failure_event()
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_runs", dagster_event=event, dagster_instance=instance, dagster_run=result.dagster_run
        )
        caplog.clear()
        logging.getLogger("ca_platform").propagate = True
        failure_sensor(configured.settings)(context.for_run_failure())
    told = [record for record in caplog.records if record.name == "ca_platform"]
    (line,) = (record.message for record in told)
    assert line.startswith(
        "CA Platform: daily_refresh failed for 2024-01-01 to 2024-01-02. orders_reports: kpis: no metric today"
    )
    fields = vars(told[0])
    assert fields["steps"] == [{"name": "orders_reports", "reason": "kpis: no metric today"}]
    assert fields["url"] == f"http://localhost:3000/runs/{result.run_id}"
