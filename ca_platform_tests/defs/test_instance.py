"""The instance: its event log, its folder, and what killed processes leave behind."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from ca_platform.catalogue import report_specs
from ca_platform.defs import instance as ours
from ca_platform.defs import launch
from ca_platform.defs.assemble import assemble
from ca_platform.defs.batchedlog import BATCH_VARIABLE, TEMPORARY_VARIABLE, BatchedEventLog
from ca_platform.defs.days import DayRange
from ca_platform.defs.eventlog import OpenEventLog
from ca_platform.defs.schedules import DAILY
from ca_platform.errors import ConfigurationError
from ca_platform_tests.defs.conftest import Shop


def events(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of Dagster's event files but ids, times and the events' own text; and what the index says of assets."""
    found = {}
    for file in sorted((folder / "history" / "runs").glob("*.db")):
        engine = sa.create_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            rows = connection.execute(
                sa.text("SELECT dagster_event_type, step_key, asset_key, partition FROM event_logs")
            ).all()
            assets = connection.execute(sa.text("SELECT asset_key, last_run_id IS NULL FROM asset_keys")).all()
        name = "index" if file.stem == "index" else "run"
        found[name] = sorted(map(tuple, rows), key=str)
        found[f"{name} assets"] = sorted(map(tuple, assets))
        engine.dispose()
    return found


def test_our_event_log_keeps_the_same_events_as_dagsters_own(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions = assemble(shop.settings)
    job = definitions.resolve_job_def(DAILY)
    orders = dg.AssetSelection.assets(*(spec.name for spec in report_specs() if spec.family == "orders"))
    chosen = [*orders.upstream().resolve(definitions.resolve_asset_graph())]
    days = DayRange(shop.day(0), shop.day(2))
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with dg.DagsterInstance.from_config(str(theirs)) as plain:
        assert type(plain.event_log_storage) is SqliteEventLogStorage
        assert job.execute_in_process(instance=plain, tags=days.tags, asset_selection=chosen).success
        status = {key: plain.get_materialized_partitions(key) for key in plain.all_asset_keys()}
    monkeypatch.setenv(BATCH_VARIABLE, "20")  # so that these few assets come in several batches
    with ours.opened(shop.settings) as faster:
        assert isinstance(faster.event_log_storage, OpenEventLog)
        assert job.execute_in_process(instance=faster, tags=days.tags, asset_selection=chosen).success
    folder = ours.home(shop.settings)
    assert events(folder) == events(theirs)
    started = tmp_path / "started by Dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(started))
    assert ours.home(shop.settings) == started
    with dg.DagsterInstance.get() as batched:
        assert type(batched.event_log_storage) is BatchedEventLog
        assert job.execute_in_process(instance=batched, tags=days.tags, asset_selection=chosen).success
    assert events(started) == events(theirs)
    monkeypatch.delenv("DAGSTER_HOME")
    with ours.opened(shop.settings) as reopened:
        assert {key: reopened.get_materialized_partitions(key) for key in reopened.all_asset_keys()} == status
        newest = reopened.get_latest_materialization_event(dg.AssetKey("kpis"))
        assert newest is not None
        assert newest.asset_materialization is not None
        assert newest.asset_materialization.partition == str(shop.day(2))


def test_asking_for_a_month_does_not_ask_the_disk_once_for_each_asset_and_day(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(ours.home(shop.settings)))
    monkeypatch.setenv(BATCH_VARIABLE, "500")
    job = assemble(shop.settings).resolve_job_def(DAILY)
    opened = 0
    connect = SqliteEventLogStorage._connect

    def counted(log: SqliteEventLogStorage, shard: str) -> Any:
        nonlocal opened
        opened += 1
        return connect(log, shard)

    with dg.DagsterInstance.get() as instance:
        monkeypatch.setattr(SqliteEventLogStorage, "_connect", counted)
        run = instance.create_run_for_job(job, tags=DayRange(shop.day(0), shop.day(30)).tags)
        planned = len(instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED))
    assert planned > 3000
    assert opened < planned / 50


def test_event_log_without_a_home_is_as_temporary_as_dagsters_own(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TEMPORARY_VARIABLE, "")  # what is set by then is taken back
    folder = ours.home(shop.settings)
    places = set()
    for _ in range(2):
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            storage = instance.event_log_storage
            assert isinstance(storage, BatchedEventLog)
            places.add(Path(storage._base_dir))
    (place,) = places
    assert os.environ[TEMPORARY_VARIABLE] == str(place.parents[1]), "processes started from here share it"
    assert not place.is_relative_to(folder)


def test_batches_of_events_are_ours_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with ours.opened(shop.settings):
        assert os.environ[BATCH_VARIABLE] == "500"
    assert BATCH_VARIABLE not in os.environ
    monkeypatch.setenv(BATCH_VARIABLE, "7")
    with ours.opened(shop.settings):
        assert os.environ[BATCH_VARIABLE] == "7"
    assert os.environ[BATCH_VARIABLE] == "7"


def test_first_openings_at_once_leave_an_instance_that_can_be_opened_again(shop: Shop) -> None:
    folder = ours.home(shop.settings)

    def once(_: int) -> None:
        with ours.opened(shop.settings):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(4)))
    databases = list(folder.rglob("*.db"))
    assert databases
    for file in databases:
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,), file
    once(0)


def test_folder_is_ready_for_several_dagsters_that_start_at_once(shop: Shop) -> None:
    folder = ours.prepare(shop.settings)
    assert folder == ours.home(shop.settings)
    made = {file.name for file in folder.rglob("*.db")}
    assert made >= {"runs.db", "index.db", "schedules.db"}


def test_existing_configuration_is_kept(shop: Shop) -> None:
    folder = shop.folder / ".dagster"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    assert ours.home(shop.settings) == folder
    assert (folder / "dagster.yaml").read_text(encoding="utf-8") == "telemetry: {enabled: false}\n"


def test_broken_configuration_of_dagster_is_named(shop: Shop) -> None:
    folder = shop.folder / ".dagster"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetri: {enabled: false}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="dagster.yaml"):
        launch.load(shop.day(0), shop.day(0), shop.settings)


def test_folder_that_cannot_be_made_is_named(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(shop.file / "inside-a-file"))
    with pytest.raises(ConfigurationError, match="inside-a-file cannot be written"):
        launch.load(shop.day(0), shop.day(0), shop.settings)
