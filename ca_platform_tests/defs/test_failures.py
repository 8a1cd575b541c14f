"""Errors as Dagster sees them, and what is said before a run begins."""

from __future__ import annotations

import dagster as dg
import pytest

from ca_platform.defs import launch
from ca_platform.defs.assemble import assemble
from ca_platform.defs.failures import failure, in_words, may_help
from ca_platform.defs.instance import home
from ca_platform.errors import (
    CaPlatformError,
    LakeError,
    ManifestAwayError,
    RunError,
    SourceError,
    StoreError,
    ValidationError,
)
from ca_platform.settings import Settings
from ca_platform.sources import UnreachableError
from ca_platform_tests.defs.conftest import Shop
from ca_platform_tests.services.process import free_port

PASSWORD = "correct horse"


def settings_of(port: int = 5432) -> Settings:
    server = {"kind": "postgresql", "dsn": f"postgresql://shop@127.0.0.1:{port}/shop", "table": "sessions"}
    return Settings.model_validate(
        {
            "business": {"start_date": "2024-01-01"},
            "sources": {
                "sessions": {**server, "password": PASSWORD},
                "customers": {"kind": "csv", "path": "customers.csv"},
                "lines": {"kind": "parquet", "path": "s3://bucket/lines/*.parquet"},
            },
        }
    )


@pytest.mark.parametrize(
    ("error", "source", "expected"),
    [
        (UnreachableError("gone"), "sessions", True),
        (SourceError("wrong password"), "sessions", False),
        (SourceError("gone"), "lines", True),
        (SourceError("damaged"), "customers", False),
        (ValidationError("wrong"), "sessions", False),
        (ValueError("a bug"), "sessions", False),
        (StoreError("the store has waited itself"), None, False),
        (ManifestAwayError("the lake's server is gone"), "customers", True),
        (ManifestAwayError("only loads are tried again"), None, False),
        (LakeError("the disk is full"), "customers", False),
    ],
)
def test_only_a_server_that_may_come_back_is_tried_again(
    error: Exception, source: str | None, expected: object
) -> None:
    assert may_help(error, settings_of(), source) is expected
    assert failure(error, settings_of(), source).allow_retries is expected


def test_steps_that_read_sources_have_a_retry_policy_and_no_others(shop: Shop) -> None:
    policies = {
        asset.node_def.name: asset.node_def.retry_policy is not None
        for asset in assemble(shop.settings).assets or ()
        if isinstance(asset, dg.AssetsDefinition) and isinstance(asset.node_def, dg.OpDefinition)
    }
    sources = {"sessions", "customers", "lines", "deliveries", "assignments"}
    assert {name for name, given in policies.items() if given} == sources


def test_failure_of_an_unforeseen_error_has_its_traceback_and_no_secret() -> None:
    try:
        raise ZeroDivisionError(f"postgresql://shop:{PASSWORD}@db refused")
    except ZeroDivisionError as error:
        found = failure(error, settings_of())
    assert found.description == "ZeroDivisionError: postgresql://shop:***@db refused"
    traceback = str(found.metadata["traceback"].value)
    assert "test_failures.py" in traceback
    assert PASSWORD not in traceback


def test_foreign_error_is_one_line() -> None:
    assert in_words(ValueError("first line\n\nsecond line")) == "ValueError: first line"
    assert in_words(ValueError()) == "ValueError"
    assert in_words(StoreError("ours\nas it is")) == "ours\nas it is"


def test_server_that_is_not_there_is_said_before_the_run_begins(shop: Shop) -> None:
    settings = settings_of(free_port()).placed(shop.file, shop.folder)
    day = settings.business.start_date
    with pytest.raises(CaPlatformError) as caught:
        launch.load(day, day, settings, sources=["sessions"])
    assert caught.value.exit_code == 2
    assert PASSWORD not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert not home(settings).joinpath("history").exists()


def test_lake_that_cannot_be_written_is_said_before_the_run_begins(shop: Shop) -> None:
    blocked = shop.configured(CA_LAKE__PATH=str(shop.file / "lake"))
    with pytest.raises(CaPlatformError) as caught:
        launch.load(shop.day(0), shop.day(0), blocked.settings)
    assert caught.value.exit_code == 2
    assert str(shop.file / "lake") in str(caught.value)


def test_lake_that_goes_away_before_a_source_is_read_is_told_of_every_source(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> object:
        raise LakeError("the manifest is gone")

    monkeypatch.setattr("ca_platform.defs.datasets.parts_of", away)
    with pytest.raises(RunError) as caught:
        launch.load(shop.day(0), shop.day(0), shop.settings, sources=["customers", "sessions"])
    assert "customers, sessions: the manifest is gone." in str(caught.value)
    assert "Skipped" not in str(caught.value)
