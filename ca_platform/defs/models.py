"""The fitted models as assets, in a job of their own: trained with what the newest loaded day knows.

The daily partitions use the last model trained on or before their day, and make the one of their week where there is
none; so this job is for having them trained before, at a quiet hour.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ca_platform.calendar import days_between
from ca_platform.catalogue import TableSpec, connected_inputs, report_specs, table_specs
from ca_platform.defs import specs
from ca_platform.defs.failures import failure
from ca_platform.defs.resources import Platform
from ca_platform.defs.tables import table_asset
from ca_platform.defs.told import Told, calibrations_told, churn_told, classes_told, value_told
from ca_platform.defs.told_anomalies import detectors_told
from ca_platform.errors import HistoryError
from ca_platform.facts import ensure
from ca_platform.ingest import loaded_days
from ca_platform.lake import Lake
from ca_platform.reports.tables import Tables
from ca_platform.settings import Settings
from ca_platform.training import (
    CALIBRATIONS,
    CLASS_MODELS,
    CLASS_SCORES,
    DETECTOR_SCORES,
    DETECTORS,
    MODELS,
    SCORES,
    VALUE_MODELS,
    VALUE_SCORES,
    ChurnModels,
    TestCalibrations,
    ValueClassModels,
    ValueModels,
)

TRAIN = "train_models"


@dataclass(frozen=True, slots=True)
class Training:
    """Models of one kind.

    Attributes:
        tables: what is kept of them.
        kinds: libraries that fit them.
        train: with what was known at the end of a day; gives the metadata of each table.
    """

    step: str
    description: str
    tables: tuple[str, ...]
    kinds: tuple[str, ...]
    train: Callable[[date, Settings, Lake], Mapping[str, Told]]


def _train_churn(day: date, settings: Settings, lake: Lake) -> Mapping[str, Told]:
    return churn_told(ChurnModels(day, settings, lake).train(day))


def _train_classes(day: date, settings: Settings, lake: Lake) -> Mapping[str, Told]:
    return classes_told(ValueClassModels(day, settings, lake).train(day))


def _calibrate(day: date, settings: Settings, lake: Lake) -> Mapping[str, Told]:
    return calibrations_told(TestCalibrations(day, settings, lake).train(day))


def _choose_detectors(day: date, settings: Settings, lake: Lake) -> Mapping[str, Told]:
    models = Tables([day], settings, lake).anomalies.models
    return detectors_told(models.train(day, networks_too=True))


def _train_value(day: date, settings: Settings, lake: Lake) -> Mapping[str, Told]:
    models = ValueModels(day, settings, lake)
    return value_told(models.train(day, networks_too=True), models.left_out)


TRAININGS = (
    Training(
        step="churn_training",
        description="Learns who will not order again, and judges every candidate at earlier days.",
        tables=(MODELS, SCORES),
        kinds=("scikitlearn",),
        train=_train_churn,
    ),
    Training(
        step="clv_training",
        description="Learns how often and for how much customers order, and judges every candidate at earlier days.",
        tables=(VALUE_MODELS, VALUE_SCORES),
        kinds=("scikitlearn",),
        train=_train_value,
    ),
    Training(
        step="value_class_training",
        description="Learns whose revenue will be low, mid or high, and judges every candidate at earlier days.",
        tables=(CLASS_MODELS, CLASS_SCORES),
        kinds=("scikitlearn",),
        train=_train_classes,
    ),
    Training(
        step="ab_calibrating",
        description="Runs every A/B test on random splits of the customers, between which nothing differs.",
        tables=(CALIBRATIONS,),
        kinds=("numpy",),
        train=_calibrate,
    ),
    Training(
        step="anomaly_detectors",
        description="Chooses what finds anomalies best, by incidents that are put into the shop's own past.",
        tables=(DETECTORS, DETECTOR_SCORES),
        kinds=("numpy",),
        train=_choose_detectors,
    ),
)


def model_tables(settings: Settings) -> list[TableSpec]:
    """What is kept of the models that connected reports read."""
    connected = {spec.name for spec in specs.connected_reports(settings)}
    read = {name for report in report_specs() if report.name in connected for name in report.facts}
    return [table for table in table_specs("models") if table.name in read]


def model_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The steps that train the models."""
    needed = {table.name: table for table in model_tables(settings)}
    by_step = {training: [needed[name] for name in training.tables if name in needed] for training in TRAININGS}
    return [_step(training, tables, settings) for training, tables in by_step.items() if tables]


def train_models(settings: Settings) -> UnresolvedAssetJobDefinition | None:
    """The job that trains all models; None without any."""
    tables = model_tables(settings)
    if not tables:
        return None
    return dg.define_asset_job(
        TRAIN,
        selection=dg.AssetSelection.assets(*(table.name for table in tables)),
        description="Trains the models with what is known at the end of the newest loaded day, and back-tests them.",
    )


def _step(training: Training, tables: list[TableSpec], settings: Settings) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=training.step,
        specs=[table_asset(table, settings, training.kinds) for table in tables],
        description=training.description,
    )
    def make(platform: dg.ResourceParam[Platform]) -> Iterator[Any]:
        names = [table.name for table in tables]
        platform.journal.begin(names[0])
        try:
            day = _newest_day(platform, tables)
            told = training.train(day, platform.settings, platform.lake)
        except Exception as error:  # noqa: BLE001 - raised again, in words
            for name in names:
                platform.journal.fail(name, error)
            raise failure(error, settings) from None
        for name in names:
            platform.journal.finish(name)
            yield dg.MaterializeResult(asset_key=name, metadata={"trained_on": day.isoformat(), **told[name]})

    return make


def _newest_day(platform: Platform, tables: Iterable[TableSpec]) -> date:
    """The newest loaded day, up to which the facts that these tables are made from are made ready."""
    days = loaded_days("sessions", platform.settings, platform.lake)
    start = platform.settings.business.start_date
    if not days or days[-1] < start:
        raise HistoryError("No day is loaded that models could learn from. Load some: ca-platform load.")
    facts = {name for table in tables for name in connected_inputs(table, platform.settings)}
    ensure(sorted(facts), list(days_between(start, days[-1])), platform.settings, platform.lake)
    return days[-1]
