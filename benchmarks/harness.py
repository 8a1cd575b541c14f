"""Timing, child processes and the printed result: what every benchmark shares.

Measured code runs in a fresh child process, so that no run profits from another one's memory, and the peak memory is
its own. The parent only starts children and compares their figures.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
FOLDER_VARIABLE = "CA_BENCHMARK_FOLDER"
GIGABYTE = 1e9
_MARK = "benchmark-child-result:"


@dataclass(frozen=True, slots=True)
class Result:
    """Figures of one benchmark.

    Attributes:
        ours, rival: seconds, unless the benchmark says otherwise.
        goal: the largest allowed value of ``goal_on``.
        rows: lines of the printed table (what, figure).
    """

    name: str
    size: int
    ours: float
    rival: float
    goal: float
    goal_on: Literal["ratio", "ours"] = "ratio"
    extra: dict[str, Any] = field(default_factory=dict)
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def ratio(self) -> float:
        return self.ours / self.rival if self.rival else float("nan")

    @property
    def is_reached(self) -> bool:
        return (self.ratio if self.goal_on == "ratio" else self.ours) <= self.goal

    def to_json(self) -> str:
        """The last line of the output."""
        record: dict[str, Any] = {
            "name": self.name,
            "size": self.size,
            "ours": round(self.ours, 4),
            "rival": round(self.rival, 4),
            "ratio": round(self.ratio, 4),
            "goal": self.goal,
            "goal_on": self.goal_on,
            "reached": self.is_reached,
        }
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in self.extra.items()}
        return json.dumps(record | rounded)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a child process reports: seconds and processor seconds of the measured part, peak memory, and a value."""

    seconds: float
    cpu_seconds: float
    peak_gb: float
    value: Any

    @property
    def cpu_share(self) -> float:
        return self.cpu_seconds / self.seconds if self.seconds else 0.0


class ChildError(RuntimeError):
    """A measured child process ended badly."""


def child(function: str, *arguments: Any, environment: dict[str, str] | None = None) -> Measured:
    """Run ``module:function`` of this package in a fresh process and return what it measured.

    The function returns a callable: what it does before is preparation, what the callable does is measured; the
    callable returns a JSON value or None.
    """
    command = [PYTHON, "-m", "benchmarks.harness", function, json.dumps(arguments)]
    # What the user's shell says about settings must not change what is measured.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CA_") or name == FOLDER_VARIABLE}
    surroundings = {**plain, **(environment or {})}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode != 0 or not lines:
        raise ChildError(
            f"{function}{arguments} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
    return Measured(**json.loads(lines[-1].removeprefix(_MARK)))


def platform_command() -> list[str]:
    """How the shell command ``ca-platform`` is started with this Python."""
    program = Path(PYTHON).parent / "ca-platform"
    return [str(program)] if program.exists() else [PYTHON, "-m", "ca_platform.cli"]


def duel(ours: Callable[[], Measured], rival: Callable[[], Measured], rounds: int) -> tuple[Measured, Measured]:
    """Fastest run of each, taken in turns, so that a busy minute of the machine hits both."""
    pairs = [(rival(), ours()) for _ in range(rounds)]
    return min((pair[1] for pair in pairs), key=_seconds), min((pair[0] for pair in pairs), key=_seconds)


def _seconds(run: Measured) -> float:
    return run.seconds


def peak_memory_gb() -> float:
    """Largest resident memory of this process or one of its children so far, in gigabytes.

    Of the process itself from /proc, because the figure of getrusage survives ``exec`` and would be the parent's.
    """
    own = 0.0
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text()
        own = next(float(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    own = own or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024.0) / GIGABYTE


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what libraries print out of the measured child's output."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _run_child(function: str, arguments: list[Any]) -> dict[str, Any]:
    module, name = function.split(":")
    with quiet():
        measured = getattr(importlib.import_module(f"benchmarks.{module}"), name)(*arguments)
        cpu, begun = _cpu_seconds(), time.perf_counter()
        value = measured()
        seconds, cpu = time.perf_counter() - begun, _cpu_seconds() - cpu
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_gb": peak_memory_gb(), "value": value}


def show(result: Result) -> str:
    """The result as a plain table."""
    verdict = "reached" if result.is_reached else "NOT reached"
    measured = "ours / rival" if result.goal_on == "ratio" else "ours"
    rows = [
        *result.rows,
        ("ours / rival", f"{result.ratio:.3f}"),
        (f"goal: {measured} <=", f"{result.goal:g} ({verdict})"),
    ]
    width = max(len(label) for label, _ in rows)
    head = f"{result.name}, size {result.size:,}"
    return "\n".join([head, "-" * len(head), *(f"{label:<{width}}  {figure}" for label, figure in rows)])


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"


if __name__ == "__main__":
    sys.stdout.write("\n" + _MARK + json.dumps(_run_child(sys.argv[1], json.loads(sys.argv[2]))) + "\n")
