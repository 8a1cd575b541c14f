"""Adding the neural networks never fails: where they cannot be had, one line says so and everything else goes on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ABSENT = "exit 1"


def added(folder: Path, uv: str, *arguments: str, python: str = ABSENT) -> subprocess.CompletedProcess[str]:
    """Run the script in a folder whose uv and python are these lines of shell."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup_deep.sh", folder / "scripts")
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name, lines in {"uv": f'echo "$@" >>calls\n[ "$1" = --version ] && exit 0\n{uv}', "python": python}.items():
        program = folder / ".venv" / "bin" / name
        program.write_text(f"#!/usr/bin/env bash\n{lines}\n", encoding="utf-8")
        program.chmod(0o755)
    return subprocess.run(
        ["scripts/setup_deep.sh", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def installs(folder: Path) -> list[str]:
    return [line for line in (folder / "calls").read_text().splitlines() if line.startswith("pip install")]


NO_CPU_BUILD = 'case "$*" in *torch-backend=cpu*) echo "error: no route" >&2; exit 2 ;; *) exit {code} ;; esac'


@pytest.mark.parametrize("arguments", [(), ("large",)])
def test_without_any_build_one_line_says_so_and_nothing_fails(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = added(tmp_path, NO_CPU_BUILD.format(code=1), *arguments)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("setup: WITHOUT NEURAL NETWORKS: ")
    assert "lstm and conv are left out" in done.stderr
    assert len(installs(tmp_path)) == 1 + len(arguments), "the large build is tried where it is asked for"


def test_a_demo_says_how_to_have_the_large_build(tmp_path: Path) -> None:
    done = added(tmp_path, NO_CPU_BUILD.format(code=0))
    assert "no route" in done.stderr
    assert "`make setup` tries the large build" in done.stderr


def test_a_build_that_does_not_load_is_taken_away(tmp_path: Path) -> None:
    done = added(tmp_path, "exit 0", python='echo "ImportError: no such library" >&2; exit 1')
    assert done.returncode == 0
    assert "does not load (ImportError: no such library)" in done.stderr
    assert "pip uninstall" in (tmp_path / "calls").read_text()


def test_what_is_installed_is_kept(tmp_path: Path) -> None:
    done = added(tmp_path, "exit 1", python="exit 0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
