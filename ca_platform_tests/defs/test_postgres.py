"""Dagster's storage in PostgreSQL, as ``dagster-postgres.yaml`` describes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from ca_platform.catalogue import report_specs
from ca_platform.defs import launch
from ca_platform_tests.defs.conftest import Shop
from ca_platform_tests.services.postgresql import PostgresqlServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def postgres_home(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_server: PostgresqlServer
) -> Path:
    """A DAGSTER_HOME with the documented variant. Comes after ``shop``, which clears the environment."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(ROOT / "dagster-postgres.yaml", home / "dagster.yaml")
    values = {
        "HOST": postgresql_server.host,
        "PORT": postgresql_server.port,
        "USER": postgresql_server.user,
        "PASSWORD": postgresql_server.password,
        "DB": postgresql_server.database,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"DAGSTER_PG_{name}", str(value))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    return home


def test_runs_and_events_lie_in_postgresql(shop: Shop, postgres_home: Path) -> None:
    summary = launch.run(shop.day(0), shop.day(2), shop.settings, select=["family:orders"])
    written = sum(spec.family == "orders" for spec in report_specs())
    assert summary["reports"] == {"written": written, "failed": []}
    with dg.DagsterInstance.from_config(str(postgres_home)) as instance:
        assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"
        days = {str(shop.day(number)) for number in range(3)}
        assert instance.get_materialized_partitions(dg.AssetKey("kpis")) == days
        assert {run.status for run in instance.get_runs()} == {dg.DagsterRunStatus.SUCCESS}
    assert not (postgres_home / "history").exists()
