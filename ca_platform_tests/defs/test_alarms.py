"""Alarms of the reports of anomalies: which are told, in which words, and that each is told once on each way."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from aiosmtpd.controller import Controller

from ca_platform.catalogue import report_spec
from ca_platform.catalogue.anomalies import DAY_REPORTS
from ca_platform.defs.alarms import BACKTEST, RATE, Memory, alarm_sensors, look
from ca_platform.settings import Settings
from ca_platform.store import DocumentStore, open_store
from ca_platform.store.schema import TableSchema
from ca_platform_tests.services.listeners import Mailbox
from ca_platform_tests.services.process import free_port

REPORT = "revenue_anomaly"
SPEC = report_spec(REPORT)
FIRST = date(2024, 5, 1)


def day(number: int) -> date:
    """The day of this number of May 2024."""
    return date(2024, 5, number)


def settings_with(folder: Path, **notifications: Any) -> Settings:
    sessions = {"kind": "csv", "path": "sessions.csv", "columns": {}}
    store = {"path": str(folder / "store.db")}
    given = {
        "notifications": {"log": False, **notifications},
        "sources": {"sessions": sessions},
        "document_store": store,
    }
    return Settings.model_validate(given)


def put(store: DocumentStore, newest: int, flagged: Iterable[int]) -> None:
    """The report of a day of May: orders and revenue of every day up to it, revenue flagged on some."""
    rows = [
        {
            "date": day(number),
            "metric": metric,
            "residual": -0.5 if metric == "revenue" else -0.1,
            "p_value": 0.001,
            "is_anomaly": number in flagged and metric == "revenue",
            "explanation": "revenue: −39%, about 1,200 of revenue less" if number in flagged else None,
            "note": "holidays not known",
            "is_alarm": False,
        }
        for number in range(1, newest + 1)
        for metric in ("orders", "revenue")
    ]
    replace(store, REPORT, newest, rows)


def replace(store: DocumentStore, report: str, newest: int, rows: list[dict[str, Any]]) -> None:
    spec = report_spec(report)
    frame = pl.DataFrame(rows, schema_overrides={"date": pl.Date})
    types = TableSchema.of(spec).types
    missing = [pl.lit(None, types[name]).alias(name) for name in types if name not in frame.columns]
    prefix = [
        pl.lit(day(newest)).alias("report_date"),
        pl.lit("main").alias("report_dimension"),
        pl.lit(None, pl.String).alias("report_value"),
    ]
    store.replace(report, [day(newest)], frame.with_columns(missing).select(*prefix, *spec.column_names), spec)


def put_backtest(store: DocumentStore, newest: int, value: float) -> None:
    figures = {RATE: value, "recall": 0.9}
    rows = [
        {
            "report": report,
            "detector": "mahalanobis",
            "metric": metric,
            "value": figure,
            "incidents": 10,
            "is_served": report == REPORT,
            "trained_on": day(1),
        }
        for report in (REPORT, "dorders_anomaly")
        for metric, figure in figures.items()
    ]
    replace(store, BACKTEST, newest, rows)


@pytest.fixture
def told(tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]) -> tuple[Settings, list[dict[str, Any]]]:
    """Settings with a webhook, and what it was sent."""
    address, received = hook
    return settings_with(tmp_path, webhook=f"{address}/hook"), received


def test_alarm_of_the_newest_day_is_told_once_however_often_it_is_made(
    told: tuple[Settings, list[dict[str, Any]]],
) -> None:
    settings, received = told
    memory = Memory()
    with open_store(settings) as store:
        put_backtest(store, 9, 0.87)
        put(store, 10, {10})
        for _ in range(3):
            memory, problems = look(SPEC, store, settings, memory)
            assert not problems
    (message,) = received
    assert message["event"] == "anomaly"
    assert (message["report"], message["day"], message["metrics"]) == (REPORT, "2024-05-10", ["revenue"])
    assert message["false_alarms_per_30_days"] == 0.87
    assert "0.87 in 30 days measured on the shop's own past, 1 in 30 days allowed" in message["text"]
    assert "- revenue: −39%, about 1,200 of revenue less" in message["text"]
    assert "Bear in mind: holidays not known." in message["text"]
    assert "/anomalies?date=2024-05-10&report=revenue_anomaly&opened=2024-05-10 of" in message["text"]


def test_a_run_of_flagged_days_is_one_message_even_when_its_first_day_moves(
    told: tuple[Settings, list[dict[str, Any]]],
) -> None:
    settings, received = told
    memory = Memory(since=FIRST)
    with open_store(settings) as store:
        for newest, flagged in ((10, {10}), (11, {10, 11}), (12, {9, 10, 11, 12}), (14, {10, 14})):
            put(store, newest, flagged)
            memory, _ = look(SPEC, store, settings, memory)
    assert [message["day"] for message in received] == ["2024-05-10", "2024-05-14"]


def test_old_alarms_are_not_told_at_the_first_look_nor_when_their_days_are_made_again(
    told: tuple[Settings, list[dict[str, Any]]],
) -> None:
    settings, received = told
    with open_store(settings) as store:
        put(store, 20, {3, 12, 18})
        memory, _ = look(SPEC, store, settings, Memory())
        assert memory.since == day(20)
        put(store, 15, {3, 12, 15})
        memory, _ = look(SPEC, store, settings, memory)
        put(store, 21, {3, 12, 18})
        look(SPEC, store, settings, memory)
    assert received == []


def test_late_rows_bring_news_of_the_last_week_and_no_more(told: tuple[Settings, list[dict[str, Any]]]) -> None:
    settings, received = told
    with open_store(settings) as store:
        put(store, 20, {13, 14, 17})
        look(SPEC, store, settings, Memory(since=FIRST))
    assert [message["day"] for message in received] == ["2024-05-17"]


def test_way_that_fails_is_tried_again_and_the_others_are_not(
    tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, received = hook
    mailbox = Mailbox()
    port = free_port()
    email = {"host": "127.0.0.1", "port": port, "tls": False, "sender": "ca@shop.example", "to": "me@x.example"}
    settings = settings_with(tmp_path, webhook=f"{address}/hook", email=email)
    with open_store(settings) as store:
        put(store, 10, {10})
        memory, problems = look(SPEC, store, settings, Memory())
        assert memory.is_waiting
        assert "e-mail by 127.0.0.1" in problems[0]
        server = Controller(mailbox, hostname="127.0.0.1", port=port)
        server.start()
        try:
            memory, problems = look(SPEC, store, settings, Memory.of(memory.to_cursor()))
        finally:
            server.stop()
    assert not problems
    assert not memory.is_waiting
    assert len(received) == len(mailbox.mails) == 1
    content = mailbox.mails[0].content
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=policy.default)
    assert message["Subject"] == "CA Platform: anomalies of revenue on 2024-05-10 (revenue)"
    assert "not measured yet" in message.get_content()


def test_server_that_always_fails_is_left_alone_after_some_tries(
    tmp_path: Path, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    address, received = hook
    settings = settings_with(tmp_path, webhook=f"{address}/broken")
    memory = Memory()
    with open_store(settings) as store:
        put(store, 10, {10})
        looks = 0
        while looks == 0 or memory.is_waiting:
            memory, problems = look(SPEC, store, settings, memory)
            looks += 1
        put(store, 11, {10})
        assert look(SPEC, store, settings, memory)[1] == []
    assert looks == len(received) == 5
    assert "HTTP Error 500" in problems[0]
    assert "/broken" not in problems[0]


def test_log_line_warns_and_names_report_and_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_with(tmp_path, log=True)
    with open_store(settings) as store, caplog.at_level(logging.WARNING, logger="ca_platform"):
        logging.getLogger("ca_platform").propagate = True
        put(store, 10, {10})
        look(SPEC, store, settings, Memory())
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert vars(record)["report"] == REPORT
    assert vars(record)["day"] == "2024-05-10"


def test_memory_survives_as_text_and_forgets_what_is_long_past() -> None:
    memory = Memory(7, FIRST, {day(2): ("log",), FIRST - timedelta(days=200): ()}, 2)
    assert Memory.of(memory.to_cursor()) == memory
    assert Memory.of(None) == Memory()
    assert list(memory.without_old(day(20)).told) == [day(2)]


def test_store_without_the_report_is_no_news(tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    with open_store(settings) as store:
        assert look(SPEC, store, settings, Memory()) == (Memory(), [])


def test_sensor_looks_only_at_what_was_made_since(told: tuple[Settings, list[dict[str, Any]]]) -> None:
    settings, received = told
    sensors = {sensor.name: sensor for sensor in alarm_sensors(settings)}
    assert set(sensors) == {f"alarms_of_{name}" for name in DAY_REPORTS}
    sensor, cursor = sensors[f"alarms_of_{REPORT}"], None
    words = []
    with dg.DagsterInstance.ephemeral() as instance, open_store(settings) as store:
        for newest in (None, 10, None, 11):
            if newest is not None:
                put(store, newest, {10})
                made = dg.AssetMaterialization(REPORT, partition=day(newest).isoformat())
                instance.report_runless_asset_event(made)
            tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor))
            cursor = tick.cursor
            words.append(tick.skip_message)
    nothing = "Nothing was made since the last look."
    assert words == [nothing, "Told: 2024-05-10.", nothing, "No alarm that is news."]
    assert len(received) == 1
