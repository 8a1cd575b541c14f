"""``user``, ``schedule``, ``quarantine``, ``simulate``, ``docs``."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ca_platform.definitions import build_defs
from ca_platform.lake import Lake
from ca_platform.settings import load_settings
from ca_platform_tests.api.shop import SETTINGS, Shop
from ca_platform_tests.cli.conftest import Tell, process
from ca_platform_tests.services.process import free_port
from dash_app.users import UserStore

PASSWORD = "correct horse battery"


# ---- user


def test_a_user_can_log_in_after_add_and_not_after_remove(shop: Shop, tell: Tell) -> None:
    assert tell("user", "add", "anna", "--password-stdin", typed=f"{PASSWORD}\nignored\n").code == 0
    users = UserStore(shop.settings.users.path)
    assert users.verify("anna", PASSWORD)
    assert tell("user", "list").out == "anna\n"
    assert tell("user", "list", "--json").json() == [{"name": "anna"}]
    assert tell("user", "password", "anna", "--password-stdin", typed=f"not {PASSWORD}\n").code == 0
    assert (users.verify("anna", PASSWORD), users.verify("anna", f"not {PASSWORD}")) == (False, True)
    assert tell("user", "remove", "anna").code == 0
    assert not users.verify("anna", f"not {PASSWORD}")
    assert tell("user", "list", "--json").json() == []


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["add", "anna", "--password-stdin"], "", "no password on its first line"),
        (["add", "anna", "--password-stdin"], "short\n", "too short"),
        (["add", " anna", "--password-stdin"], f"{PASSWORD}\n", "no user name"),
        (["add", "anna"], "", "--password-stdin"),
        (["remove", "anna"], "", "There is no user 'anna'"),
        (["password", "anna"], "", "There is no user 'anna'"),
        (["add"], "", "Missing argument 'NAME'"),
    ],
)
def test_what_cannot_be_a_user_ends_with_2(
    shop: Shop, tell: Tell, arguments: list[str], typed: str, words: str
) -> None:
    said = tell("user", *arguments, typed=typed)
    assert words in said.refusal()
    assert PASSWORD not in said.err


def test_a_taken_name_is_refused_before_the_password_is_asked_for(shop: Shop, tell: Tell) -> None:
    UserStore(shop.settings.users.path).add("anna", PASSWORD)
    assert "already" in tell("user", "add", "anna").refusal()


# ---- schedule


def test_a_schedule_is_written_into_the_settings_with_their_comments_kept(shop: Shop, tell: Tell) -> None:
    shop.file.write_text(f"# of our shop\n{SETTINGS}")
    said = tell("schedule", "set", "weekly", "--at", "05:30", "--look-back", "7")
    assert said.code == 0
    assert "weekly, on Mondays at 05:30 (Europe/London), 7 days back" in said.err
    assert shop.file.read_text().startswith("# of our shop\n")
    schedule = load_settings(shop.file).schedule
    assert (schedule.every, schedule.at, schedule.look_back_days) == ("weekly", "05:30", 7)
    assert tell("schedule", "show", "--json").json() == {
        "every": "weekly",
        "at": "05:30",
        "time_zone": "Europe/London",
        "look_back_days": 7,
        "days_per_run": 31,
    }


def test_without_a_schedule_nothing_runs_by_itself(shop: Shop, tell: Tell) -> None:
    tell("schedule", "set", "12h")
    assert {schedule.name for schedule in build_defs().schedules or ()} == {"daily_refresh", "train_models"}
    assert tell("schedule", "remove").code == 0
    assert tell("schedule", "show", "--json").json()["every"] is None
    assert "There is no schedule" in tell("schedule", "show").out
    assert list(build_defs().schedules or ()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hourly"], "There is no period 'hourly'; there are once, 12h, daily, weekly."),
        (["daily", "--at", "25:00"], "'25:00' is no time of day"),
        (["daily", "--look-back", "-1"], "-1 is not in the range"),
    ],
)
def test_a_wrong_schedule_changes_nothing(shop: Shop, tell: Tell, arguments: list[str], words: str) -> None:
    assert words in tell("schedule", "set", *arguments).refusal()
    assert shop.file.read_text() == SETTINGS
    assert sorted(path.name for path in shop.folder.glob("*yaml*")) == ["ca_platform.yaml"]


def test_a_schedule_needs_a_settings_file(nowhere: Path, tell: Tell) -> None:
    assert "`ca-platform init`" in tell("schedule", "set", "daily").refusal()
    assert list(nowhere.iterdir()) == []


# ---- quarantine


@pytest.fixture
def quarantined(shop: Shop) -> Shop:
    days = [date(2024, 1, 1), date(2024, 1, 2), None]
    rows = pl.DataFrame(
        {
            "id": ["a", "b", "c"],
            "day": days,
            "file": ["sessions.csv"] * 3,
            "row_number": [4, 7, 9],
            "reason": ["negative_amount", "negative_amount", "unreadable_date"],
            "column": ["payment_amount", "payment_amount", "session_start_date"],
            "row": [
                '{"Total": "-1", "Ключ": "[red]\\u001b[31m"}',
                '{"Total": "-2", "Note": null}',
                '{"Started": "soon"}',
            ],
        },
        schema_overrides={"day": pl.Date},
    )
    with Lake.open(shop.settings).write() as write:
        write.quarantine("sessions", days, rows)
    return shop


def test_quarantined_rows_come_with_their_original_values(quarantined: Shop, tell: Tell) -> None:
    rows = tell("quarantine", "--json").json()
    assert [set(row) for row in rows] == [{"source", "date", "file", "row_number", "reason", "row"}] * 3
    assert rows[0] == {
        "source": "sessions",
        "date": "2024-01-01",
        "file": "sessions.csv",
        "row_number": 4,
        "reason": "negative_amount",
        "row": {"Total": "-1", "Ключ": "[red]\x1b[31m"},
    }
    assert rows[2]["date"] is None


def test_quarantine_is_cut_by_source_and_day(quarantined: Shop, tell: Tell) -> None:
    rows = tell("quarantine", "--source", "sessions", "--date", "2024-01-02", "--json").json()
    assert [row["row_number"] for row in rows] == [7]
    assert tell("quarantine", "--source", "products", "--json").json() == []


def test_the_table_counts_reasons_and_says_what_is_not_shown(quarantined: Shop, tell: Tell) -> None:
    said = tell("quarantine", "--limit", "1")
    assert "\x1b" not in said.out
    last_two = [line.split("  ")[:4] for line in said.out.splitlines()[-2:]]
    assert [[part.strip() for part in line if part] for line in last_two] == [
        ["sessions", "negative_amount", "2"],
        ["sessions", "unreadable_date", "1"],
    ]
    assert "The amount is negative." in said.out
    assert "1 of 3 rows are shown" in said.err


def test_an_empty_quarantine_is_said(shop: Shop, tell: Tell) -> None:
    said = tell("quarantine")
    assert (said.code, said.out, said.err) == (0, "", "No row is quarantined.\n")
    assert tell("quarantine", "--json").json() == []


# ---- simulate


def test_a_simulated_shop_says_that_it_is_one(tell: Tell, tmp_path: Path) -> None:
    out = tmp_path / "shop"
    summary = tell("simulate", "--days", "5", "--customers", "50", "--seed", "3", "--out", str(out), "--json").json()
    assert summary["simulated"] is True
    assert summary["days"] == 5
    truth = json.loads((out / "truth.json").read_text())
    assert summary["sessions"] == truth["counts"]["sessions"] == _rows(out / "sessions")
    assert load_settings(Path(summary["settings"])).business.simulated
    again = tell("simulate", "--days", "5", "--customers", "50", "--seed", "3", "--out", str(tmp_path / "again"))
    assert "simulated shop" in again.out
    assert (tmp_path / "again" / "customers.csv").read_bytes() == (out / "customers.csv").read_bytes()


def _rows(folder: Path) -> int:
    return sum(len(file.read_text().splitlines()) - 1 for file in folder.glob("*.csv"))


def test_a_folder_that_holds_a_shop_is_kept(tell: Tell, tmp_path: Path) -> None:
    arguments = ("simulate", "--days", "1", "--customers", "5", "--out", str(tmp_path / "shop"))
    assert tell(*arguments).code == 0
    said = tell(*arguments)
    assert said.code == 2
    assert "already holds" in said.err


def test_progress_stands_on_standard_error(tmp_path: Path) -> None:
    said = process("simulate", "--days", "3", "--customers", "5", "--out", str(tmp_path / "shop"), "--json")
    assert json.loads(said.out)["days"] == 3
    assert said.err.splitlines() == ["Simulating days: 0 of 3", "Simulating days: 3 of 3"]


# ---- dashboards


def test_dashboards_are_served_until_ctrl_c(shop: Shop) -> None:
    port = free_port()
    command = [sys.executable, "-m", "ca_platform.cli", "dashboards", "--port", str(port)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert _status(f"http://127.0.0.1:{port}/login") == 200
    finally:
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=120)
    assert (running.returncode, out) == (0, "")
    assert "Nobody can log in yet" in err
    assert f"The dashboards are at http://127.0.0.1:{port}; Ctrl-C ends them." in err
    assert "Traceback" not in err


def _status(address: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 120
    while True:
        try:
            with opener.open(address, timeout=30) as answer:
                return int(answer.status)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_taken_port_ends_with_2(shop: Shop, tell: Tell) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        refusal = tell("dashboards", "--port", str(listener.getsockname()[1])).refusal()
    assert "Address already in use" in refusal
    assert "--port" in refusal


# ---- docs


def test_docs_of_the_repository_are_those_of_the_catalogue() -> None:
    from ca_platform.docs import FILE, page

    file = Path(__file__).parents[2] / FILE
    assert file.read_text("utf-8") == page(), "the catalogue has changed: run `make docs`"


def test_docs_can_be_written_anywhere(tell: Tell, tmp_path: Path) -> None:
    said = tell("docs", str(tmp_path / "deep" / "reports.md"))
    assert said.code == 0
    assert (tmp_path / "deep" / "reports.md").read_text("utf-8") == tell("docs").out
