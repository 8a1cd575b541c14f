"""The command as a user types it: in this process where speed matters, as a process of its own where it does not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from ca_platform.cli import main
from ca_platform_tests.api.shop import Shop


@dataclass(frozen=True)
class Said:
    """Exit code and what was written."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output, which must be one JSON value and nothing else."""
        assert self.code == 0, self.err
        return orjson.loads(self.out)

    def refusal(self, code: int = 2) -> str:
        """The error's one paragraph."""
        assert self.code == code, (self.code, self.err)
        assert self.out == ""
        lines = self.err.strip().splitlines()
        assert lines[-1].startswith("Error: "), self.err
        assert "Traceback" not in self.err
        return lines[-1].removeprefix("Error: ")


Tell = Callable[..., Said]


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Runs the command in this process, as into a file: tables are as wide as they need."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str, typed: str | None = None) -> Said:
        if typed is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        capfd.readouterr()
        code = main(arguments)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose reports are stored without being computed."""
    made = Shop(tmp_path)
    monkeypatch.setenv("CA_SETTINGS", str(made.file))
    return made


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, without settings."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("CA_SETTINGS", raising=False)
    return folder


def process(
    *arguments: str, typed: str = "", environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Said:
    """Runs the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ca_platform.cli", *arguments],
        input=typed,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
