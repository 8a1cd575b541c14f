"""Everything put together: settings in, ``Definitions`` out."""

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ca_platform.defs.alarms import alarm_sensors
from ca_platform.defs.checks import history_check
from ca_platform.defs.datasets import dataset_assets
from ca_platform.defs.days import daily_partitions
from ca_platform.defs.documents import document_assets
from ca_platform.defs.facts import fact_assets
from ca_platform.defs.models import model_assets, train_models
from ca_platform.defs.reports import report_assets
from ca_platform.defs.resources import RESOURCE, platform_resource
from ca_platform.defs.schedules import daily_refresh, schedules
from ca_platform.defs.sensors import failure_sensor, killed_sensor
from ca_platform.settings import Settings


def assemble(settings: Settings, overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """The definitions of a shop.

    Args:
        overrides: arguments of ``Definitions`` that replace ours; ``resources`` are merged by key.
    """
    with warnings.catch_warnings():
        # Backfill policies are called beta; the version is pinned, and the tests of ranged runs would notice a change.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return _assemble(settings, overrides)


def _assemble(settings: Settings, overrides: Mapping[str, Any] | None) -> dg.Definitions:
    partitions = daily_partitions(settings)
    job, training = daily_refresh(settings), train_models(settings)
    given = dict(overrides or {})
    ours: dict[str, Any] = {
        "assets": [
            *dataset_assets(settings, partitions),
            *fact_assets(settings, partitions),
            *document_assets(settings, partitions),
            *model_assets(settings),
            *report_assets(settings, partitions),
        ],
        "asset_checks": history_check(settings),
        "jobs": [job, training] if training else [job],
        "schedules": schedules(settings, job, training),
        "sensors": [failure_sensor(settings), killed_sensor(), *alarm_sensors(settings)],
        # Each step in a process of its own would import everything anew: 90 reports took 104 s instead of 3 s.
        "executor": dg.in_process_executor,
        "resources": {RESOURCE: platform_resource(settings), **given.pop("resources", {})},
    }
    return dg.Definitions(**{**ours, **given})
