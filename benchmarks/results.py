"""Writes ``RESULTS.md``: all results of one evening with the machine and the versions they were taken on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.harness import Result, show
from benchmarks.registry import BENCHMARKS

PACKAGES = (
    "polars",
    "scipy",
    "duckdb",
    "mlxtend",
    "efficient-apriori",
    "lifetimes",
    "dagster",
    "dash",
    "plotly",
    "elasticsearch",
)


def results_page(results: Sequence[Result], failures: dict[str, str]) -> str:
    """The page as Markdown."""
    lines = ["# Benchmark results", "", f"Taken on {date.today()} with `make bench`.", "", *_machine(), ""]
    lines += ["| benchmark | size | ours | rival | ratio | goal | reached |", "|---|---:|---:|---:|---:|---|---|"]
    for result in results:
        reached = "yes" if result.is_reached else "**no**"
        goal = BENCHMARKS[result.name].goal.replace("|", "\\|")
        lines.append(
            f"| `{result.name}` | {result.size:,} | {result.ours:.3g} | {result.rival:.3g} | {result.ratio:.3g} "
            f"| {goal} | {reached} |"
        )
    lines += [f"| `{name}` | | | | | {BENCHMARKS[name].goal} | failed: {reason} |" for name, reason in failures.items()]
    lines += ["", "Ours and rival are seconds, of `memory` gigabytes; both come from the same run.", ""]
    for result in results:
        lines += [f"## {result.name}", "", "```text", show(result), "```", "", f"`{result.to_json()}`", ""]
    return "\n".join(lines)


def _machine() -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return [
        f"- Machine: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB memory, {platform.system()} {platform.release()}",
        f"- Python {platform.python_version()}, {', '.join(versions)}",
    ]


def _processor() -> str:
    try:
        described = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in described if line.startswith("model name")]
    return names[0] if names else platform.machine()
