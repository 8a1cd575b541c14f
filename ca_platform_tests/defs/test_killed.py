"""A run that is killed at any moment leaves readable data, and the same run again gives what an undisturbed one gives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from ca_platform.defs import launch
from ca_platform_tests.defs.conftest import Shop

DAYS = 5
ROUNDS = 10
MADE = ("orders", "downloads", "family:orders", "daily_products_of_sales", "most_ordered_products")
"""Something of every kind: documents, reports of the store, tables of customers and tables by day of the lake."""
_SCRIPT = f"""
import sys
from datetime import timedelta
from pathlib import Path
from ca_platform.defs import launch
from ca_platform.settings import load_settings
settings = load_settings(Path(sys.argv[1]), environment={{}})
start = settings.business.start_date
print("ready", flush=True)
sys.stdin.readline()
launch.run(start + timedelta(days={DAYS - 2}), start + timedelta(days={DAYS - 1}), settings, select={MADE})
print("done", flush=True)
"""


def begin(shop: Shop) -> subprocess.Popen[str]:
    """A process that has imported everything and waits for a line before it runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CA_", "DAGSTER_"))}
    command = [sys.executable, "-W", "ignore", "-c", _SCRIPT, str(shop.file)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True, cwd=Path(__file__).parents[2])


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == f"{word}\n"


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def test_run_killed_at_ten_random_moments_and_run_again_equals_an_undisturbed_one(shop: Shop, tmp_path: Path) -> None:
    moments = random.Random(20)
    shops = [shop.copy(tmp_path / f"round-{number}") for number in range(ROUNDS)]
    undisturbed = begin(shop)
    following = begin(shops[0])
    wait_for(undisturbed, "ready")
    begun = time.monotonic()
    go(undisturbed)
    wait_for(undisturbed, "done")
    length = time.monotonic() - begun
    undisturbed.wait()
    expected = shop.content()
    assert {name.partition(" ")[0] for name in expected} >= {"kpis", "client_kpis", "daily_products_of_sales"}
    killed = 0
    for number, disturbed in enumerate(shops):
        process = following
        wait_for(process, "ready")
        if number + 1 < ROUNDS:
            following = begin(shops[number + 1])
        go(process)
        time.sleep(length * moments.random())
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        disturbed.content()
        start = disturbed.day(DAYS - 2)
        launch.run(start, disturbed.day(DAYS - 1), disturbed.settings, select=MADE)
        assert disturbed.content() == expected, f"round {number}"
    assert killed >= ROUNDS // 3  # the others were over sooner than the first one, which loaded everything
