"""The results of the large runs, kept one by one in the benchmarks' folder, so that a run cut off goes on where it was.

A result belongs to a version of the code, the last commit that touched it; with changes that are not committed it
belongs to none.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from benchmarks.harness import ROOT, Result
from benchmarks.shops import workplace

_CODE = ("ca_platform", "dash_app", "benchmarks/*.py")
CHANGED = "with changes"


@dataclass(frozen=True, slots=True)
class Kept:
    """A result with the day and the version of the code it was taken on."""

    result: Result
    taken: date
    version: str


def code_version() -> str:
    """Abbreviated commit that last touched the code; it ends with ``with changes`` where the files differ from it."""
    commit = _git("log", "-1", "--format=%h", "--", *_CODE)
    return f"{commit} {CHANGED}" if _git("status", "--porcelain", "--", *_CODE) else commit


def keep(result: Result, version: str) -> Kept:
    """Keep a result in place of an earlier one of that benchmark and size."""
    kept = Kept(result, date.today(), version)
    record = {"result": asdict(result), "taken": kept.taken.isoformat(), "version": version}
    path = _file(result.name, result.size)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record), encoding="utf-8")
    return kept


def last(name: str, size: int) -> Kept | None:
    """The latest result of a benchmark at a size, of whatever version."""
    path = _file(name, size)
    if not path.exists():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    fields = record["result"]
    result = Result(**{**fields, "rows": tuple(tuple(row) for row in fields["rows"])})
    return Kept(result, date.fromisoformat(record["taken"]), record["version"])


def _file(name: str, size: int) -> Path:
    return workplace() / "results" / f"{name}-{size}.json"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
