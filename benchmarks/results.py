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

_LONGEST_RECORD = 3_000


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
    lines += [_row(name, kept) for name, kept in found.items()]
    lines += [
        f"| `{name}` | | | | | {BENCHMARKS[name].goal} | failed: {reason} | {date.today()} | |"
        for name, reason in failures.items()
    ]
    lines += ["", "Ours and rival are seconds, of `memory` gigabytes. A version is the last commit of the code.", ""]
    for name, kept in found.items():
        lines += _section(name, kept)
    return "\n".join(lines)


def with_result(page: str, kept: Kept) -> str:
    """A page with a later result of one benchmark in its place, or at the end; the others stay as they are."""
    name = kept.result.name
    head, *sections = page.split("\n## ")
    rows = head.splitlines()
    places = [place for place, row in enumerate(rows) if row.startswith("| `")]
    own = [place for place in places if rows[place].startswith(f"| `{name}` ")]
    if own:
        rows[own[0]] = _row(name, kept)
    else:
        rows.insert(places[-1] + 1, _row(name, kept))
    section = "\n".join(_section(name, kept)).removeprefix("## ")
    known = [place for place, text in enumerate(sections) if text.startswith(f"{name}\n")]
    if known:
        sections[known[0]] = section
    else:
        sections.append(section)
    return "\n## ".join(["\n".join(rows).rstrip() + "\n", *(text.rstrip() + "\n" for text in sections)])


def _row(name: str, kept: Kept) -> str:
    result = kept.result
    reached = "yes" if result.is_reached else "**no**"
    goal = BENCHMARKS[name].goal.replace("|", "\\|")
    return (
        f"| `{name}` | {result.size:,} | {result.ours:.3g} | {result.rival:.3g} | {result.ratio:.3g} "
        f"| {goal} | {reached} | {kept.taken} | {kept.version} |"
    )


def _section(name: str, kept: Kept) -> list[str]:
    record = kept.result.to_json()
    # Some keep what every single part gave, which the lines above tell.
    told = [f"`{record}`", ""] if len(record) <= _LONGEST_RECORD else []
    return [f"## {name}", "", "```text", show(kept.result), "```", "", *told]


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
