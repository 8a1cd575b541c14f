"""The suite in two processes: pytest and xdist together keep what belongs together, and say nothing where they do not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_TESTS = """
import os
from pathlib import Path

import pytest


@pytest.mark.xdist_group("{group}")
@pytest.mark.parametrize("number", range(5))
def test_nothing(number):
    with Path("ran").open("a") as file:
        file.write("{group} " + os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def test_tests_of_a_group_run_in_one_process(tmp_path: Path) -> None:
    for group in ("a", "b"):
        (tmp_path / f"test_{group}.py").write_text(_TESTS.format(group=group), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "xdist",
        "-p",
        "no:cacheprovider",
        "-n",
        "2",
        "--dist",
        "loadgroup",
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (tmp_path / "ran").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 10
    assert len(set(lines)) == 2
