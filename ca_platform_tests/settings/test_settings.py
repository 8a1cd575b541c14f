"""Good settings: defaults, overrides, secrets, paths, and changing the file."""

from __future__ import annotations

import io
import json
import logging
from datetime import date, timedelta
from pathlib import Path

import pytest

from ca_platform.errors import ConfigurationError
from ca_platform.logging import Redactor, set_up_logging
from ca_platform.settings import Settings, load_settings, template, write_settings

FULL = """
business: {time_zone: Europe/London, currency: GBP, start_date: 2010-12-01}
lake: {path: data/lake, manifest: "postgresql://lake:${LAKE_PW}@db/lake"}
document_store:
  kind: elasticsearch
  hosts: [https://localhost:9200]
  ca_certs: certs/ca.crt
  username: ca_platform
  password: ${ES_PASSWORD}
  give_up_after: 2m
sources:
  sessions:
    kind: csv
    path: sessions/*.csv
    separator: tab
    columns: {order_id: OrderNo, client: CustomerNo, country: Land}
    constants: {has_purchased: true}
    dimensions: [country, channel]
    actions: [has_basket]
    promotion_id: coupon
  customers: {kind: postgresql, dsn: "postgresql://shop@db/shop", password: "${PG}", query: "select 1", columns: {client: id}, actions: [first_login]}
  products: {kind: parquet, path: https://host/lines.parquet, query: "select 'a$$b' from source"}
schedule: {every: 12h, at: 03:30}
reports: {churn: {method: fixed, days: 30}, anomaly: {country: NO, events: [{date: 2024-01-01, name: New Year}]}}
notifications: {webhook: "https://hooks.example/T0/secret-path"}
"""
SECRETS = {"LAKE_PW": "p@ss/w:rd", "ES_PASSWORD": "es-secret", "PG": "pg-secret"}


@pytest.fixture
def full(tmp_path: Path) -> Settings:
    (tmp_path / "ca_platform.yaml").write_text(FULL)
    return load_settings(tmp_path / "ca_platform.yaml", SECRETS)


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {})
    assert settings.file is None and settings.folder == tmp_path
    assert settings.sources.sessions is None
    assert settings.lake.path == str(tmp_path / "data" / "lake")
    assert settings.document_store.give_up_after == timedelta(seconds=120)
    assert (settings.reports.history_days, settings.reports.cohort_days, settings.schedule.days_per_run) == (
        400,
        100,
        31,
    )


def test_file_in_the_working_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ca_platform.yaml").write_text("\ufeff# nothing but a comment\nlake:\n  # and an empty section\n", "utf-8")
    assert load_settings(None, {}).file == tmp_path / "ca_platform.yaml"


def test_every_kind_of_value_is_read(full: Settings, tmp_path: Path) -> None:
    assert full.business.start_date == date(2010, 12, 1) and full.business.minor_digits == 2
    assert full.document_store.give_up_after == timedelta(minutes=2)
    assert full.document_store.ca_certs == str(tmp_path / "certs" / "ca.crt")
    sessions = full.sources.sessions
    assert sessions is not None and sessions.path == str(tmp_path / "sessions" / "*.csv")
    assert (sessions.separator, sessions.dimensions, sessions.actions) == (
        "\t",
        ("country", "channel"),
        ("has_basket",),
    )
    assert sessions.constants == {"has_purchased": True} and sessions.promotion_id == "coupon"
    assert full.schedule.at == "03:30"
    assert full.reports.anomaly.events[0].date == date(2024, 1, 1)
    assert full.reports.anomaly.country == "NO"


def test_products_is_another_name_of_lines(full: Settings) -> None:
    lines = full.sources.lines
    assert lines is not None
    assert lines.path == "https://host/lines.parquet"
    assert lines.query == "select 'a$b' from source"
    assert list(full.sources.connected()) == ["sessions", "customers", "lines"]


def test_secrets_come_from_the_environment_and_are_never_shown(full: Settings) -> None:
    assert full.document_store.password is not None
    assert full.document_store.password.get_secret_value() == "es-secret"
    # Quoted, or its @ and / would end the address.
    assert full.lake.manifest == "postgresql://lake:p%40ss%2Fw%3Ard@db/lake"
    for secret in ("es-secret", "pg-secret", "p%40ss", "p@ss", "secret-path"):
        assert secret not in repr(full)


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("document_store: {kind: elasticsearch, hosts: [https://a:1], shards: 3}\n")
    environment = {
        "CA_SETTINGS": str(tmp_path / "s.yaml"),
        "CA_DOCUMENT_STORE__HOSTS": "https://b:2, https://c:3",
        "CA_DOCUMENT_STORE__API_KEY": "[literal",
        "CA_DOCUMENT_STORE__SHARDS": "null",
        "CA_REPORTS__CLV__MODELS": "[bg_nbd]",
        "CA_SOURCES__SESSIONS__KIND": "csv",
        "CA_SOURCES__SESSIONS__PATH": "a.csv",
        "CA_BUNDLE": "not ours",
    }
    settings = load_settings(None, environment)
    assert settings.document_store.hosts == ("https://b:2", "https://c:3")
    assert settings.document_store.api_key is not None
    assert settings.document_store.api_key.get_secret_value() == "[literal"
    assert settings.document_store.shards == 2
    assert settings.reports.clv.models == ("bg_nbd",)
    assert settings.sources.sessions is not None and settings.sources.sessions.path == str(tmp_path / "a.csv")


def test_settings_are_frozen(full: Settings) -> None:
    with pytest.raises(ValueError, match="frozen"):
        full.lake.path = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "sources", [None, {"sessions": {"kind": "csv", "path": "s.csv", "columns": {"client": "Id: #1"}}}]
)
def test_template_is_a_file_that_holds(tmp_path: Path, sources: dict[str, dict[str, object]] | None) -> None:
    (tmp_path / "s.yaml").write_text(template(sources, date(2010, 12, 1), "Europe/London"))
    settings = load_settings(tmp_path / "s.yaml", {})
    assert settings.business.start_date == date(2010, 12, 1)
    assert settings.business.time_zone == "Europe/London"
    assert (settings.sources.sessions is not None) == (sources is not None)


def test_changing_a_value_keeps_comments_and_order(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text('# head\nlake:\n  path: "a b"   # where\nschedule: {every: daily, at: "03:00"}\n')
    write_settings(
        file, {"schedule.every": "weekly", "sources.sessions": {"kind": "csv", "path": "x", "actions": ("a",)}}
    )
    text = file.read_text()
    assert text.startswith('# head\nlake:\n  path: "a b"   # where\nschedule: {every: weekly, at: "03:00"}\n')
    assert load_settings(file, {}).sources.sessions is not None
    write_settings(file, {"sources": None, "absent.key": None})
    assert load_settings(file, {}).sources.sessions is None
    assert list(tmp_path.iterdir()) == [file]


def test_settings_that_do_not_exist_begin_as_the_template(tmp_path: Path) -> None:
    write_settings(tmp_path / "new" / "s.yaml", {"schedule.every": "once"})
    assert load_settings(tmp_path / "new" / "s.yaml", {}).schedule.every == "once"


def test_literal_secret_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("lake: {}\n")
    with pytest.raises(ConfigurationError, match="was not changed.*must not stand in the file") as caught:
        write_settings(file, {"document_store.password": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert file.read_text() == "lake: {}\n"
    write_settings(file, {"document_store.api_key": "${ES_KEY}"})


def test_log_lines_are_json_without_the_planted_secrets(full: Settings) -> None:
    stream = io.StringIO()
    logger = set_up_logging(full, stream=stream)
    try:
        logger.warning(
            "store says %s to %s", "es-secret", full.lake.manifest, extra={"host": {"dsn": "p@ss/w:rd"}, "n": 1}
        )
        try:
            raise ValueError("login es-secret at postgresql://u:driver-pw@h/d failed, password=other-pw")
        except ValueError:
            logger.getChild("ingest").exception("failed with Authorization: Basic abc123")
    finally:
        logger.handlers, logger.propagate = [], True
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"], first["n"]) == ("warning", "ca_platform", 1)
    assert second["logger"] == "ca_platform.ingest" and "ValueError" in second["error"]
    for secret in ("es-secret", "p@ss", "p%40ss", "driver-pw", "other-pw", "abc123"):
        assert secret not in stream.getvalue()


def test_redactor_leaves_other_text_alone() -> None:
    assert Redactor(["x1"])("https://host:9200/a@b took 12:30") == "https://host:9200/a@b took 12:30"
    assert logging.getLogger("ca_platform").propagate
