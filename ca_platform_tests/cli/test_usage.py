"""What holds for every command: help, wrong usage, exit codes, errors without tracebacks, secrets, completion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ca_platform.cli.commands import COMMANDS
from ca_platform_tests.api.shop import DAY, SETTINGS, Shop, kpis
from ca_platform_tests.cli.conftest import Tell, process

SECRET = "s3cr3t/with@signs"
SUBCOMMANDS = [
    ("user", "add"),
    ("user", "password"),
    ("user", "remove"),
    ("user", "list"),
    ("schedule", "set"),
    ("schedule", "show"),
]


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *SUBCOMMANDS], ids=" ".join)
def test_every_command_explains_itself(tell: Tell, command: tuple[str, ...]) -> None:
    said = tell(*command, "--help")
    assert (said.code, said.err) == (0, "")
    assert "Usage: ca-platform" in said.out
    if command[0] not in ("user", "schedule") or len(command) > 1:
        assert f"ca-platform {' '.join(command)}" in said.out.partition("Examples:")[2]


def test_the_overview_lists_every_command_once(tell: Tell) -> None:
    out = tell("--help").out
    assert all(f"\n  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["repots"], "There is no command 'repots'; did you mean"),
        (["reports", "--jsn"], "No such option '--jsn'"),
        (["quarantine", "--source", "sesions"], "There is no source 'sesions'; did you mean sessions"),
        (["run", "--form", "2024-01-01"], "No such option '--form'; did you mean --from"),
        (["schedule", "set", "dayly"], "There is no period 'dayly'; did you mean daily?"),
        (["reports", "--family", "order"], "There is no family 'order'; did you mean orders?"),
        (["user", "ad", "anna"], "No such command 'ad'. Did you mean 'add'?"),
        (["schedule", "set"], "Choose from: once, 12h, daily, weekly"),
        (["completion", "tcsh"], "There is no shell 'tcsh'; did you mean zsh"),
        (["--settings", "absent.yaml", "reports"], "absent.yaml does not exist"),
        (["reports", "--settings", "absent.yaml"], "absent.yaml does not exist"),
        (["schedule", "--settings", "absent.yaml", "show"], "absent.yaml does not exist"),
    ],
)
def test_wrong_usage_ends_with_2(nowhere: Path, tell: Tell, arguments: list[str], words: str) -> None:
    assert words in tell(*arguments).refusal()


def test_without_a_command_the_help_is_shown(tell: Tell) -> None:
    for command in ((), ("user",), ("schedule",)):
        said = tell(*command)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("Usage: ca-platform")


def test_version_is_that_of_the_package(tell: Tell) -> None:
    assert tell("--version").out.startswith("ca-platform 0.")


def test_settings_may_stand_before_or_after_the_command(shop: Shop, nowhere: Path, tell: Tell) -> None:
    shop.store("kpis", [DAY], kpis([DAY]))
    before = tell("--settings", str(shop.file), "report", "kpis", "--json").json()
    assert before == tell("report", "kpis", "--json", "--settings", str(shop.file)).json()
    assert "CA_SETTINGS" not in os.environ


def test_wrong_settings_name_file_and_line(shop: Shop, tell: Tell) -> None:
    shop.file.write_text(SETTINGS.replace("currency: GBP", "curency: GBP"))
    refusal = tell("reports").refusal()
    assert f"{shop.file}:1" in refusal
    assert "did you mean `currency`" in refusal


def test_many_wrong_settings_are_one_list(shop: Shop, tell: Tell) -> None:
    shop.file.write_text(SETTINGS.replace("GBP", "GPB").replace("[region, channel]", "[main, channel]"))
    said = tell("reports")
    assert said.code == 2
    assert said.err.startswith("Error: The settings have 2 errors:")
    assert len(said.err.splitlines()) == 3


def test_the_traceback_is_shown_only_when_asked_for(shop: Shop, tell: Tell) -> None:
    assert "Traceback" not in tell("report", "kpi").err
    for arguments in (("--verbose", "report", "kpi"), ("report", "kpi", "--verbose")):
        said = tell(*arguments)
        assert said.code == 2
        assert "Traceback" in said.err
        assert said.err.splitlines()[-1].startswith("Error: There is no report 'kpi'.")


def test_an_unexpected_error_ends_with_1_and_no_traceback(
    shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"cannot reach postgresql://shop:{SECRET}@db/shop\nand more")

    monkeypatch.setattr("ca_platform.api.collect_report", broken)
    refusal = tell("report", "kpis").refusal(1)
    assert "RuntimeError" in refusal
    assert "--verbose" in refusal
    assert "and more" not in refusal


def test_a_planted_secret_is_never_printed(shop: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", SECRET)
    shop.file.write_text(
        SETTINGS.replace(
            "kind: csv\n    path: sessions.csv",
            "kind: postgresql\n    table: s\n    dsn: postgresql://u@h/d\n    password: ${PLANTED}",
        )
    )

    def broken(*_: object) -> None:
        raise RuntimeError(f"the server said: {SECRET} is wrong for postgresql://u:{SECRET}@h/d")

    monkeypatch.setattr("ca_platform.api.collect_report", broken)
    said = tell("report", "kpis", "--verbose")
    assert said.code == 1
    assert "Traceback" in said.err
    assert SECRET not in said.err + said.out
    assert "***" in said.err


def test_a_literal_secret_in_the_settings_is_not_repeated(shop: Shop, tell: Tell) -> None:
    shop.file.write_text(
        SETTINGS.replace(
            "kind: csv\n    path: sessions.csv", "kind: postgresql\n    table: s\n    dsn: postgresql://u:s3cr3t@h/d"
        )
    )
    said = tell("reports", "--verbose")
    assert said.code == 2
    assert "s3cr3t" not in said.err
    assert "password stands inside this address" in said.err


def test_a_reader_that_has_seen_enough_is_no_error(shop: Shop) -> None:
    command = f"{sys.executable} -m ca_platform.cli docs | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "# Reports and datasets\n", "")


def test_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ca_platform.cli", "simulate", "--days", "2000", "--out", str(tmp_path / "shop")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (tmp_path / "shop" / "sessions").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "Interrupted. What was finished by then is kept."
    assert "Traceback" not in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(tell: Tell, shell: str) -> None:
    out = tell("completion", shell).out
    assert "_CA_PLATFORM_COMPLETE" in out
    assert "ca-platform" in out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("ca-platform rep", "reports"),
        ("ca-platform report kp", "kpis"),
        ("ca-platform report --fo", "--format"),
        ("ca-platform quarantine --source se", "sessions"),
        ("ca-platform schedule set we", "weekly"),
        ("ca-platform schedule --se", "--settings"),
        ("ca-platform reports --family or", "orders"),
        ("ca-platform run --select kpis,family:fu", "kpis,family:funnels"),
        ("ca-platform run --select kpis,weekly_fu", "kpis,weekly_funnel"),
    ],
)
def test_completion_offers_commands_reports_and_options(words: str, offered: str) -> None:
    environment = {
        "_CA_PLATFORM_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert f"plain,{offered}" in process(environment=environment).out.splitlines()
