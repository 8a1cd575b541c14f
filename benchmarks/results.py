"""Writes ``RESULTS.md``: the latest large result of each benchmark with the machine and the versions it was taken on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from benchmarks.harness import show
from benchmarks.kept import Kept
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


def results_page(found: Mapping[str, Kept], failures: Mapping[str, str]) -> str:
    """The page as Markdown.

    Args:
        found: the latest result by name of the benchmark.
        failures: why a benchmark has none of today, by name.
    """
    lines = ["# Benchmark results", "", "Taken with `make bench`, ours and rival in the same run.", "", *_machine(), ""]
    lines += [
        "| benchmark | size | ours | rival | ratio | goal | reached | taken | version |",
        "|---|---:|---:|---:|---:|---|---|---|---|",
    ]
    for name, kept in found.items():
        result = kept.result
        reached = "yes" if result.is_reached else "**no**"
        goal = BENCHMARKS[name].goal.replace("|", "\\|")
        lines.append(
            f"| `{name}` | {result.size:,} | {result.ours:.3g} | {result.rival:.3g} | {result.ratio:.3g} "
            f"| {goal} | {reached} | {kept.taken} | {kept.version} |"
        )
    lines += [
        f"| `{name}` | | | | | {BENCHMARKS[name].goal} | failed: {reason} | {date.today()} | |"
        for name, reason in failures.items()
    ]
    lines += ["", "Ours and rival are seconds, of `memory` gigabytes. A version is the last commit of the code.", ""]
    for name, kept in found.items():
        lines += [f"## {name}", "", "```text", show(kept.result), "```", "", f"`{kept.result.to_json()}`", ""]
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
