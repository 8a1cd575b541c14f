"""``make demo`` from nothing to two addresses, and once more. The shop is smaller than the real demo's."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ca_platform_tests.conftest import ROOT
from scripts.serving import HOST, ServingError, _held, free_port

# The demo with another folder and fewer people, its arguments as ours.
_PROGRAM = """
import sys
from pathlib import Path
from scripts import demo
demo.FOLDER, demo.DAYS, demo.CUSTOMERS, demo.REPORT_DAYS = Path(sys.argv[1]), 40, 300, 3
sys.exit(demo.main(sys.argv[2:]))
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("CA_", "DAGSTER_"))}
    # As if it were a Dagster of another project: the demo must leave it alone.
    surroundings |= {"DAGSTER_HOME": str(folder.parent / "other"), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(folder), *arguments],
        cwd=ROOT,
        env=surroundings,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The demo's folder and what the first ``make demo SERVE=0`` said."""
    folder = tmp_path_factory.mktemp("checkout") / "demo"
    process = start(folder, "--no-serve")
    said, _ = process.communicate(timeout=500)
    assert process.returncode == 0, said
    return folder, said


def test_first_call_says_that_all_is_simulated_and_shows_a_login_once(first: tuple[Path, str]) -> None:
    folder, said = first
    assert "simulated" in said
    (password,) = re.findall(r"user demo, password (\S+)", said)
    assert len(password) >= 12
    assert (folder / "ca_platform.yaml").exists()
    assert not (folder.parent / "other").exists()
    kept = [file for file in folder.rglob("*") if file.is_file() and password.encode() in file.read_bytes()]
    assert kept == []  # as a hash alone


def test_reports_are_made_through_dagster_for_the_newest_days(first: tuple[Path, str]) -> None:
    from ca_platform.settings import load_settings
    from ca_platform.store import open_store

    folder, _ = first
    with open_store(load_settings(folder / "ca_platform.yaml", {})) as store:
        days = store.days("kpis")
        assert len(days) == 3
        assert (days[-1] - days[0]).days == 2
    assert (folder / ".dagster" / "dagster.yaml").exists()


@pytest.fixture
def second(first: tuple[Path, str]) -> Iterator[subprocess.Popen[str]]:
    process = start(first[0])
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


def test_second_call_keeps_everything_serves_both_and_ends_both(second: subprocess.Popen[str]) -> None:
    said = ""
    assert second.stdout is not None
    for line in second.stdout:
        said += line
        if line.startswith("Ctrl-C"):
            break
    assert "is kept" in said
    assert "user demo and the password are kept. Forgotten? `.venv/bin/ca-platform" in said
    assert "user demo, password" not in said
    addresses = re.findall(r"http://127\.0\.0\.1:\d+", said)
    assert len(addresses) == 2, said
    assert "simulated" in said
    with urllib.request.urlopen(f"{addresses[0]}/", timeout=120) as page:
        assert page.url == f"{addresses[0]}/login"
    with urllib.request.urlopen(f"{addresses[1]}/server_info", timeout=120) as page:
        assert page.status == 200
    second.send_signal(signal.SIGTERM)
    second.communicate(timeout=120)
    assert second.returncode == 0
    time.sleep(0.2)
    for address in addresses:
        with pytest.raises(OSError):
            socket.create_connection((HOST, int(address.rpartition(":")[2])), timeout=1)


def test_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_no_free_port_is_an_error_with_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.serving._PORTS_TRIED", 0)
    with pytest.raises(ServingError, match="no free port between 8050"):
        free_port(8050)


def test_second_dagster_over_the_same_folder_is_refused_with_the_address_of_the_first(tmp_path: Path) -> None:
    with _held(tmp_path) as held:
        os.write(held, b"http://127.0.0.1:3000, process 4711")
        with (
            pytest.raises(ServingError, match=r"runs over .* already: http://127.0.0.1:3000, process 4711\."),
            _held(tmp_path),
        ):
            pass
    with _held(tmp_path):
        assert (tmp_path / "dagster.lock").read_bytes() == b""


def test_folder_stays_held_while_dagster_outlives_a_killed_make(tmp_path: Path) -> None:
    with _held(tmp_path) as held:
        outliving = subprocess.Popen(["sleep", "60"], pass_fds=(held,))
    try:
        with pytest.raises(ServingError, match="already"), _held(tmp_path):
            pass
    finally:
        outliving.kill()
        outliving.wait()
    with _held(tmp_path):
        pass
