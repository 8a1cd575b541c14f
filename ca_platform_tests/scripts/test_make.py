"""The commands of the Makefile and what they rest on, as somebody uses them who has just cloned."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from ca_platform_tests.conftest import ROOT
from ca_platform_tests.services import elasticsearch

TARGETS = {"demo", "test", "setup", "dev", "dashboards", "bench", "docs", "services", "clean", "lint", "types"}
TOOLS = ("bash", "env", "sed", "head")


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)


def test_make_alone_lists_the_commands_of_the_contract() -> None:
    listed = run("make", "--no-print-directory")
    assert listed.returncode == 0
    assert set(re.findall(r"^make ([a-z]+) ", listed.stdout, re.MULTILINE)) >= TARGETS | {"snapshot"}


def test_ci_runs_make_test_and_ends_with_the_summary_of_pytest_even_when_it_fails(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    makefile = tmp_path / "Makefile"
    makefile.write_text("test:\n\t@echo CI is $$CI; echo '== 1 failed, 7 passed in 3.14s =='; exit 1\n")
    done = run(".ci/run", cwd=tmp_path, MAKEFLAGS="", MAKELEVEL="0")
    assert done.returncode != 0
    assert done.stdout.splitlines()[0] == "CI is true"
    assert done.stdout.splitlines()[-1] == "== 1 failed, 7 passed in 3.14s =="


# ---- finding Python ----------------------------------------------------------------------------------------------


def program(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!{shutil.which('bash')}\n{text}\n")
    file.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A search path with the tools that the script calls, and whatever Pythons a test puts there."""
    for tool in TOOLS:
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def found(path: Path) -> subprocess.CompletedProcess[str]:
    return run(str(ROOT / "scripts" / "find_python.sh"), PATH=str(path), PYTHON="")


def test_shim_of_a_python_that_is_not_installed_is_passed_over(path: Path) -> None:
    program(path, "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    program(path, "python3.12", f'exec {sys.executable} "$@"')
    assert found(path).stdout.strip() == sys.executable


def test_missing_venv_module_is_answered_with_the_one_apt_line(path: Path) -> None:
    program(path, "python3.12", 'case "$2" in *ensurepip*) exit 1;; esac; echo 3.12')
    done = found(path)
    assert done.returncode == 1
    assert "sudo apt-get install -y python3.12-venv" in done.stderr


def test_too_old_a_python_is_answered_with_the_apt_line(path: Path) -> None:
    program(path, "python3", "exit 0")  # prints no version: it is not among the supported ones
    done = found(path)
    assert done.returncode == 1
    assert "sudo apt-get install -y python3 python3-venv" in done.stderr


# ---- versions ----------------------------------------------------------------------------------------------------


def locked() -> Mapping[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [re.fullmatch(r"([a-z0-9][a-z0-9.-]*)==([0-9][A-Za-z0-9.+!-]*)", line) for line in lines]
    assert all(pairs), [line for line, pair in zip(lines, pairs, strict=True) if pair is None]
    return {pair[1]: pair[2] for pair in pairs if pair}


def test_every_declared_dependency_is_locked_to_a_version_that_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [
        *project["dependencies"],
        *(item for items in project["optional-dependencies"].values() for item in items),
    ]
    versions = locked()
    for item in map(Requirement, declared):
        name = canonicalize_name(item.name)
        assert name in versions, f"{name} is not locked: run `make lock`"
        assert item.specifier.contains(versions[name]), f"{item} does not allow {versions[name]}: run `make lock`"


def test_containers_are_of_the_versions_that_the_tests_start() -> None:
    services = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())["services"]
    assert services["elasticsearch"]["image"] == f"elasticsearch:{elasticsearch.DEFAULT_VERSION}"
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])


# ---- cleaning ----------------------------------------------------------------------------------------------------


def test_clean_says_what_it_deletes_and_spares_settings_and_data(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "clean.sh", tmp_path / "scripts" / "clean.sh")
    for name in ("demo/data/part", "data/part", "package/__pycache__/a.pyc", "ca_platform.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    done = run("scripts/clean.sh", cwd=tmp_path)
    assert done.returncode == 0
    assert "demo" in done.stdout
    left = sorted(str(item.relative_to(tmp_path)) for item in tmp_path.rglob("*") if item.is_file())
    assert left == ["ca_platform.yaml", "data/part", "scripts/clean.sh"]
    assert "nothing to delete" in run("scripts/clean.sh", cwd=tmp_path).stdout
