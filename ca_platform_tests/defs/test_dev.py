"""``dagster dev`` as a user starts it: the UI's server answers, and a materialization and a backfill from it work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from ca_platform.defs.days import DayRange
from ca_platform.defs.instance import home
from ca_platform_tests.defs.conftest import Shop
from ca_platform_tests.services.process import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 240
_LOCATION = {"repositoryLocationName": "ca_platform", "repositoryName": "__repository__"}
_NODES = "query { assetNodes { assetKey { path } groupName partitionDefinition { type } } }"
_LAUNCH = """
mutation Launch($parameters: ExecutionParams!) {
  launchPipelineExecution(executionParams: $parameters) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
_BACKFILL = """
mutation Backfill($parameters: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $parameters) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}"""
_RUN = "query Run($id: ID!) { runOrError(runId: $id) { __typename ... on Run { status } } }"
_BACKFILL_STATUS = """
query Status($id: String!) {
  partitionBackfillOrError(backfillId: $id) { __typename ... on PartitionBackfill { status runs { status tags { key value } } } }
}"""

Ask = Callable[..., dict[str, Any]]


def ask(address: str, query: str, **variables: Any) -> dict[str, Any]:
    data = json.dumps({"query": query, "variables": variables}).encode()
    request = Request(f"{address}/graphql", data, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        found = json.load(answer)
    assert "errors" not in found, found
    return dict(found["data"])


def until(found: Callable[[], Any], what: str) -> Any:
    """The first true answer; no longer than a test may wait."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        try:
            if answer := found():
                return answer
        except (URLError, ConnectionError):
            pass
        time.sleep(0.5)
    raise AssertionError(f"waited {PATIENCE} s in vain for {what}")


@pytest.fixture
def running(shop: Shop, tmp_path: Path) -> Iterator[str]:
    """Address of a running ``dagster dev``."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CA_", "DAGSTER_"))}
    environment |= {"CA_SETTINGS": str(shop.file), "DAGSTER_HOME": str(home(shop.settings))}
    program = str(Path(sys.executable).parent / "dagster")
    command = [program, "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    log = (tmp_path / "dagster.log").open("wb")
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: ask(address, "query { version }"), "the server")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def _finished(address: str, run: str) -> str | None:
    status = ask(address, _RUN, id=run)["runOrError"]["status"]
    return str(status) if status in {"SUCCESS", "FAILURE", "CANCELED"} else None


def _ended(address: str, backfill: str) -> dict[str, Any] | None:
    found = ask(address, _BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]
    return found if found["status"] not in {"REQUESTED", "CANCELING"} else None


def test_assets_are_shown_and_a_materialization_and_a_backfill_of_the_ui_work(running: str, shop: Shop) -> None:
    nodes = ask(running, _NODES)["assetNodes"]
    groups = {node["assetKey"]["path"][0]: node["groupName"] for node in nodes}
    assert groups["sessions"] == "lake"
    assert groups["kpis"] == "orders"
    assert groups["daily_funnel"] == "funnels"
    # A range, as the schedule requests it.
    tags = [{"key": name, "value": value} for name, value in DayRange(shop.day(0), shop.day(1)).tags.items()]
    launched = ask(
        running,
        _LAUNCH,
        parameters={
            "selector": {**_LOCATION, "jobName": "daily_refresh"},
            "mode": "default",
            "executionMetadata": {"tags": tags},
        },
    )["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    # Asked for at once: the queue makes one run at a time, in the order in which they came.
    partitioned = [name for name in groups if groups[name] in {"lake", "facts", "orders"} and name != "customers"]
    keys = [{"path": [name]} for name in partitioned]
    following = [str(shop.day(number)) for number in (2, 3, 4)]
    launched = ask(
        running, _BACKFILL, parameters={"assetSelection": keys, "partitionNames": following, "title": "three days"}
    )["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    assert until(lambda: _finished(running, run), "the run") == "SUCCESS"
    with shop.store() as store:
        assert {shop.day(0), shop.day(1)} <= set(store.days("kpis"))
    ended = until(lambda: _ended(running, launched["backfillId"]), "the backfill")
    assert ended["status"] == "COMPLETED_SUCCESS", ended
    assert len(ended["runs"]) == 1
    with shop.store() as store:
        assert store.days("kpis") == [shop.day(number) for number in range(5)]
