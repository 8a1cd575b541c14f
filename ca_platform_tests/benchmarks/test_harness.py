"""The benchmarks' own machinery: children, the last line, the late proxy. The measurements are not taken here."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import benchmarks.__main__ as command
from benchmarks.harness import FOLDER_VARIABLE, ROOT, ChildError, Result, child, duel, show
from benchmarks.kept import Kept, keep, last
from benchmarks.registry import BENCHMARKS, Benchmark
from benchmarks.results import results_page, with_result
from benchmarks.servers import delayed

CONTRACT = (
    *("load", "funnels", "day", "range", "index", "page", "import", "report", "memory"),
    *("cohorts", "pairs", "day-all", "memory-all", "backfill", "dimensions", "customers-page"),
    *("recommend", "churn", "clv", "clv-totals", "rfm", "ab", "ab-speed", "training"),
    *("anomaly", "anomaly-nab", "map", "deliveries"),
)
KEYS = ("name", "size", "ours", "rival", "ratio", "goal")


def test_list_names_every_benchmark_of_the_contract() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--list"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert {line.split()[0] for line in done.stdout.splitlines()} == set(CONTRACT) == set(BENCHMARKS)


def test_unknown_name_is_wrong_usage() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "nonsense"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 2


def test_result_has_the_keys_of_the_contract_and_says_whether_the_goal_is_reached() -> None:
    result = Result("load", 10, ours=3.0, rival=2.0, goal=1.45, extra={"peak_memory_gb": 0.5})
    record = json.loads(result.to_json())
    assert set(KEYS) <= set(record)
    assert record["ratio"] == 1.5
    assert record["reached"] is False
    assert record["peak_memory_gb"] == 0.5
    assert "NOT reached" in show(result)
    page = results_page({"load": Kept(result, date(2026, 1, 2), "abc1234")}, {"page": "no browser"})
    assert "| `load` | 10 | 3 | 2 | 1.5 | <= 1.45 x scan_csv -> sink_parquet | **no** | 2026-01-02 | abc1234 |" in page
    assert "failed: no browser" in page


def test_later_result_takes_its_place_on_the_page_and_the_others_stay() -> None:
    def taken(name: str, ours: float) -> Kept:
        return Kept(Result(name, 10, ours=ours, rival=2.0, goal=1.45), date(2026, 1, 2), "abc1234")

    found = {name: taken(name, 3.0) for name in ("load", "day")}
    page = results_page(found, {})
    assert with_result(page, found["load"]) == page
    later = with_result(page, taken("load", 2.5))
    assert later == results_page({"load": taken("load", 2.5), "day": found["day"]}, {})
    assert with_result(later, taken("page", 4.0)) == results_page(
        {"load": taken("load", 2.5), "day": found["day"], "page": taken("page", 4.0)}, {}
    )


def test_latest_result_of_a_size_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert last("load", 10) is None
    keep(Result("load", 10, ours=9.0, rival=2.0, goal=1.45), "abc1234")
    result = Result("load", 10, ours=3.0, rival=2.0, goal=1.45, extra={"peak_gb": 0.5}, rows=(("bare", "2 s"),))
    kept = keep(result, "abc1234")
    assert last("load", 10) == kept
    assert kept.result == result
    assert last("load", 11) is None


def test_all_takes_only_what_this_version_has_no_result_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken: list[str] = []

    def run(name: str) -> Result:
        taken.append(name)
        return Result(name, 1, ours=1.0, rival=1.0, goal=2.0)

    class Quick(Benchmark):
        default = large = 1

        def run(self, size: int) -> Result:
            return run(self.name)

    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr(command, "BENCHMARKS", {name: Quick(name, name, name, "") for name in ("load", "page")})
    monkeypatch.setattr(command, "code_version", lambda: "abc1234")
    keep(Result("page", 1, ours=1.0, rival=1.0, goal=2.0), "abc1234")
    keep(Result("load", 1, ours=1.0, rival=1.0, goal=2.0), "0000000")
    output = tmp_path / "RESULTS.md"
    assert command.main(["--all", "--output", str(output)]) == 0
    assert taken == ["load"]
    assert "page: taken before" in capsys.readouterr().out
    assert output.read_text().count("| abc1234 |") == 2
    assert command.main(["--all", "--again", "--output", str(output)]) == 0
    assert taken == ["load", "load", "page"]


def test_goal_on_our_own_figure_ignores_the_rival() -> None:
    assert Result("report", 1, ours=0.5, rival=0.1, goal=0.6, goal_on="ours").is_reached


def test_child_measures_only_the_callable_and_its_own_memory() -> None:
    measured = child("servers:free_port_later")
    assert measured.value > 0
    assert measured.seconds < 0.5
    assert 0.005 < measured.peak_gb < 1.0


def test_failing_child_is_an_error_with_its_output() -> None:
    with pytest.raises(ChildError, match="no_such_function"):
        child("servers:no_such_function")


def test_duel_takes_turns_and_keeps_the_fastest() -> None:
    calls: list[str] = []

    def run(name: str) -> object:
        calls.append(name)
        return child("servers:free_port_later")

    duel(lambda: run("ours"), lambda: run("rival"), rounds=2)  # type: ignore[arg-type,return-value]
    assert calls == ["rival", "ours", "rival", "ours"]


def test_proxy_answers_late_and_whole() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 300_000)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with delayed(f"http://127.0.0.1:{server.server_port}", 80) as address:
            begun = time.perf_counter()
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert len(answer.read()) == 300_000
            assert 0.08 <= time.perf_counter() - begun < 10
    finally:
        server.shutdown()
