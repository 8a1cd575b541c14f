"""Writers, readers and kill -9 at once: no torn read, no error, and the last good data stay readable."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.lake import Lake

DAYS = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(3)]
ROWS = 2_000

# Every write puts one number into all rows of all days: a reader that sees two numbers has seen a torn write.
WRITER = """
import os
import sys
from datetime import date, timedelta
import polars as pl
from ca_platform.errors import LakeError
from ca_platform.lake import Lake
lake = Lake(sys.argv[1], sys.argv[2])
days = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(3)]
def write_all(number):
    with lake.write() as write:
        for day in days:
            write.put("sessions", day, pl.DataFrame({"n": [number * 1000 + os.getpid() % 1000] * 2000}))
        write.account("sessions", pl.DataFrame({"day": days, "read": [number] * 3}))
def is_written(number):
    try:
        write_all(number)
    except LakeError as error:  # on a slow machine a write can take longer than the other's sweeps wait: run it again
        if "grace time" not in str(error):
            raise
        return False
    return True
for number in range(int(sys.argv[3])):
    while not is_written(number):
        pass
    if number == 0:
        print("ready", flush=True)
    if number % 5 == 0:
        lake.sweep(timedelta(seconds=1))
"""


def writer(lake: Lake, manifest: str, writes: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, lake.path, manifest, str(writes)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "POLARS_MAX_THREADS": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def assert_whole(lake: Lake) -> None:
    rows = lake.collect(lambda: lake.scan("sessions", schema={"n": pl.Int64}))
    assert rows.height in (0, ROWS * len(DAYS))
    assert rows["n"].n_unique() <= 1


@pytest.fixture(params=["sqlite", "postgresql"])
def manifest(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return "sqlite"
    from ca_platform_tests.lake.conftest import fresh_schema

    return fresh_schema(request.getfixturevalue("postgresql_server").url)


def test_two_writers_and_a_reader_never_meet(tmp_path: Path, manifest: str) -> None:
    lake = Lake(str(tmp_path / "lake"), manifest)
    writers = [writer(lake, manifest, 25) for _ in range(2)]
    reads = 0
    while any(process.poll() is None for process in writers):
        assert_whole(lake)
        reads += 1
    assert [process.wait() for process in writers] == [0, 0]
    assert reads > 3
    assert lake.days("sessions") == DAYS


def test_killed_writers_leave_whole_days_and_their_orphans_are_swept(tmp_path: Path, manifest: str) -> None:
    lake = Lake(str(tmp_path / "lake"), manifest)
    dice = random.Random(7)
    for _ in range(5):
        process = writer(lake, manifest, 10_000)
        end = time.monotonic() + dice.uniform(0.02, 0.2)
        while time.monotonic() < end:
            assert_whole(lake)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert_whole(lake)
    lake.sweep(timedelta(0))
    assert len(list((tmp_path / "lake" / "sessions").iterdir())) == len(lake.parts("sessions"))
    with lake.write() as write:
        write.put("sessions", DAYS[0], pl.DataFrame({"n": [1]}))
    assert lake.parts("sessions", DAYS[0], DAYS[0])[0].rows == 1
