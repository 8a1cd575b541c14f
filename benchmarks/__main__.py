"""``python -m benchmarks``: lists and runs the benchmarks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import show
from benchmarks.kept import CHANGED, code_version, keep, last
from benchmarks.registry import BENCHMARKS

RESULTS = Path(__file__).parent / "RESULTS.md"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="which benchmark to run")
    parser.add_argument("--list", action="store_true", help="list the benchmarks and their sizes")
    parser.add_argument("--size", type=int, help="sessions (import: rounds; page: navigations)")
    parser.add_argument(
        "--all",
        action="store_true",
        help="run all with their large sizes and write RESULTS.md; once more: what is missing of it",
    )
    parser.add_argument("--small", action="store_true", help="with --all: the default sizes")
    parser.add_argument("--again", action="store_true", help="with --all: also what this version has a result of")
    parser.add_argument("--record", action="store_true", help="of one benchmark: also write its result into RESULTS.md")
    parser.add_argument("--output", type=Path, default=RESULTS, help="with --all or --record: where the page goes")
    asked = parser.parse_args(arguments)
    if asked.list:
        return _list()
    if asked.all:
        return _run_all(asked.output, large=not asked.small, again=asked.again)
    if asked.name is None:
        parser.error("give the name of a benchmark, --list or --all")
    if asked.size is not None and asked.size < 1:
        parser.error("--size must be 1 or more")
    return _run_one(asked.name, asked.size, asked.output if asked.record else None)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _list() -> int:
    for item in BENCHMARKS.values():
        sizes = f"{item.default:,} / {item.large:,}"
        _say(f"{item.name:<8}  {item.title:<48}  {item.goal:<44}  size {sizes}")
    return 0


def _run_one(name: str, size: int | None, page: Path | None) -> int:
    from benchmarks.results import with_result

    benchmark = BENCHMARKS[name]
    result = benchmark.run(size or benchmark.default)
    kept = keep(result, code_version())
    _say(show(result) + "\n\n" + result.to_json())
    if page is not None:
        page.write_text(with_result(page.read_text(encoding="utf-8"), kept), encoding="utf-8")
    return 0


def _run_all(output: Path, *, large: bool, again: bool) -> int:
    """Every benchmark that this version of the code has no result of; a failed one is named and the others go on."""
    from benchmarks.results import results_page

    version = code_version()
    sizes = {name: benchmark.large if large else benchmark.default for name, benchmark in BENCHMARKS.items()}
    found = {name: kept for name, size in sizes.items() if (kept := last(name, size)) is not None}
    failures: dict[str, str] = {}
    for name, size in sizes.items():
        if not again and CHANGED not in version and name in found and found[name].version == version:
            _say(f"{name}: taken before on this version.\n")
            continue
        try:
            found[name] = keep(BENCHMARKS[name].run(size), version)
        except Exception as error:
            failures[name] = (
                f"{type(error).__name__}: {str(error).splitlines()[0]}" if str(error) else type(error).__name__
            )
            sys.stderr.write(f"{name} failed: {error}\n")
            continue
        _say(show(found[name].result) + "\n\n" + found[name].result.to_json() + "\n")
        output.write_text(results_page(found, failures), encoding="utf-8")
    output.write_text(results_page(found, failures), encoding="utf-8")
    _say(json.dumps({"written": str(output), "benchmarks": len(found), "failed": sorted(failures)}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
