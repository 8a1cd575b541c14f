"""The job that trains models: what it makes, what it says of it, and who uses it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from ca_platform.catalogue import table_specs
from ca_platform.catalogue.anomalies import DAY_REPORTS
from ca_platform.defs import launch, models
from ca_platform.defs.assemble import assemble
from ca_platform.defs.instance import opened
from ca_platform.defs.models import TRAIN, TRAININGS, Training
from ca_platform.defs.requests import training_cron
from ca_platform.defs.schedules import DAILY
from ca_platform.defs.told import Told
from ca_platform.settings import Schedule, Settings
from ca_platform.training import (
    CALIBRATIONS,
    DETECTOR_SCORES,
    DETECTORS,
    MODELS,
    SCORES,
    VALUE_MODELS,
    VALUE_SCORES,
    anomalies,
)
from ca_platform_tests.computed import computed
from ca_platform_tests.defs.conftest import Shop
from ca_platform_tests.training.shop import DAYS, START, orders, write

LAST = START + timedelta(days=DAYS - 1)


def train(settings: Settings) -> dg.ExecuteInProcessResult:
    with opened(settings) as instance:
        job = assemble(settings).resolve_job_def(TRAIN)
        return job.execute_in_process(instance=instance, raise_on_error=False)


def test_training_keeps_the_models_of_the_newest_day_and_says_how_good_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ten small networks more would say nothing more of the job.
    monkeypatch.setattr(anomalies, "can_train", lambda: False)
    settings, lake = write(tmp_path, orders())
    result = train(settings)
    assert result.success
    assert lake.days(MODELS) == lake.days(SCORES) == [LAST]
    models, scores = (result.asset_materializations_for_node("churn_training")[place].metadata for place in (0, 1))
    assert models["trained_on"].value == scores["trained_on"].value == LAST.isoformat()
    assert "| orders expected by BG/NBD | r | " in str(models["parameters"].value)
    assert f"{scores['served'].value} (serves)" in str(scores["backtest"].value)
    assert len(str(scores["calibration"].value).splitlines()) == 14
    assert str(scores["contest"].value).startswith("![Brier score")
    assert isinstance(scores["brier"].value, float)
    value, figures = (result.asset_materializations_for_node("clv_training")[place].metadata for place in (0, 1))
    assert lake.days(VALUE_MODELS) == lake.days(VALUE_SCORES) == [LAST]
    told = str(value["parameters"].value)
    assert "| BG/NBD | r | " in told
    assert told.count("| Gamma–Gamma | v | ") == 1
    assert "standard error" in told
    assert f"{figures['served'].value} (serves)" in str(figures["backtest"].value)
    for measure in ("orders", "revenue"):
        assert len(str(figures[f"calibration_of_{measure}"].value).splitlines()) == 14
    found = computed(["churn_risk"], [LAST], settings, lake)["churn_risk"]
    assert found["trained_on"].unique().to_list() == [LAST], "not the Monday of its week"
    assert LAST.weekday() != 0
    models, scores = (
        result.asset_materializations_for_node("value_class_training")[place].metadata for place in (0, 1)
    )
    assert models["horizon_days"].value == 49
    assert models["low_border"].value == 0.0
    assert str(models["shares"].value).startswith("| spend before | low | mid | high |")
    assert f"{scores['served'].value} (serves)" in str(scores["backtest"].value)
    assert len(str(scores["confusion"].value).splitlines()) == 5
    (calibrated,) = result.asset_materializations_for_node("ab_calibrating")
    assert lake.days(CALIBRATIONS) == [LAST]
    assert calibrated.metadata["note"].value == "Too few customers to split them: all tests are offered."
    detectors, judged = (
        result.asset_materializations_for_node("anomaly_detectors")[place].metadata for place in (0, 1)
    )
    assert lake.days(DETECTORS) == lake.days(DETECTOR_SCORES) == [LAST]
    assert len(str(detectors["served"].value).splitlines()) == 2 + len(DAY_REPORTS)
    assert str(judged["backtest"].value).count(" (serves) |") == len(DAY_REPORTS)
    assert isinstance(judged["recall"].value, float)
    assert "torch" in str(judged["note"].value)


def test_training_without_a_loaded_day_says_what_to_do(shop: Shop) -> None:
    result = train(shop.settings)
    assert not result.success
    failed = result.get_step_failure_events()
    assert {event.step_key for event in failed} <= {training.step for training in TRAININGS}
    assert failed
    for event in failed:
        assert event.step_failure_data.error is not None
        assert "ca-platform load" in event.step_failure_data.error.message


def test_kind_of_model_that_fails_leaves_the_others_trained_and_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> dict[str, Told]:
        raise MemoryError("no room for the model")

    def trained(training: Training) -> Training:
        return replace(training, train=lambda *_: {name: {} for name in training.tables})

    kinds = [replace(one, train=broken) if one.step == "clv_training" else trained(one) for one in TRAININGS]
    monkeypatch.setattr(models, "TRAININGS", kinds)
    launch.load(shop.day(0), shop.day(2), shop.settings)
    result = train(shop.settings)
    assert not result.success
    made = {event.step_key for event in result.get_asset_materialization_events()}
    assert made == {training.step for training in TRAININGS} - {"clv_training"}
    (failed,) = result.get_step_failure_events()
    assert failed.step_key == "clv_training"
    assert failed.step_failure_data.user_failure_data is not None
    assert failed.step_failure_data.user_failure_data.description == "MemoryError: no room for the model"


def test_training_is_no_part_of_the_daily_refresh(shop: Shop) -> None:
    definitions = assemble(shop.settings)
    models = {dg.AssetKey(table.name) for table in table_specs("models")}
    daily, training = (
        set(definitions.resolve_job_def(name).asset_layer.executable_asset_keys) for name in (DAILY, TRAIN)
    )
    assert training == models
    assert not daily & models


@pytest.mark.parametrize(("at", "expected"), [("03:00", "0 2 * * 1"), ("00:15", "15 0 * * 1")])
def test_models_are_trained_on_mondays_before_the_days_are_made(at: str, expected: str, shop: Shop) -> None:
    assert training_cron(Schedule(at=at)) == expected
    schedule = assemble(shop.settings).get_repository_def().get_schedule_def(TRAIN)
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.execution_timezone == "Europe/London"
