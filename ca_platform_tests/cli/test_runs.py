"""``check``, ``load`` and ``run`` on a small shop of files, as its owner would use them; and what stops them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

import ca_platform as ca
from ca_platform.defs.specs import connected_reports
from ca_platform.errors import CaPlatformError, ConfigurationError, RunError
from ca_platform.lake import Lake
from ca_platform.settings import load_settings
from ca_platform_tests.cli.conftest import Tell
from ca_platform_tests.services.elasticsearch import ElasticsearchServer
from ca_platform_tests.services.postgresql import PostgresqlServer
from ca_platform_tests.services.process import free_port

SESSIONS = """\
order_id,client,session_start_date,payment_amount,has_purchased,region,has_basket
1,a,2024-01-01T10:00:00,10.50,true,EU,true
2,b,2024-01-01T11:00:00,,false,US,true
3,a,2024-01-02T10:00:00,20.00,true,EU,true
4,c,2024-01-02T11:00:00,-5,true,EU,true
5,d,2024-01-03T09:00:00,,false,,false
"""
SETTINGS = """\
business: {time_zone: UTC, currency: EUR, start_date: 2024-01-01}
lake: {path: lake}
document_store: {path: store.db}
users: {path: users.db}
sources:
  sessions: {kind: csv, path: sessions.csv, dimensions: [region], actions: [has_basket]}
"""
COUNTS = ("read", "loaded", "quarantined", "out_of_range", "open", "adjusted")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop of five sessions on three days, one of them bad."""
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    (tmp_path / "ca_platform.yaml").write_text(SETTINGS)
    monkeypatch.setenv("CA_SETTINGS", str(tmp_path / "ca_platform.yaml"))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "ca_platform.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_check_shows_what_the_settings_say_of_every_row(folder: Path, tell: Tell) -> None:
    change(folder, "actions: [has_basket]", "actions: [has_basket], constants: {discount_amount: 0}")
    assert re.search(r"discount_amount +always 0\n", tell("check").out)


# ---- load and run


def test_load_and_run_end_with_reports_that_can_be_read(folder: Path, tell: Tell) -> None:
    summary = tell("load", "--json").json()
    assert summary["sources"] == {"sessions": dict(zip(COUNTS, (5, 4, 1, 0, 0, 0), strict=True))}
    assert summary["reports"] == {"written": 0, "failed": []}
    said = tell("run", "--json")
    assert said.json()["reports"] == {"written": len(connected_reports(ca.settings())), "failed": []}
    assert said.json()["days"] == ["2024-01-03", "2024-01-03"]
    values = {row["metric"]: row["value"] for row in tell("report", "kpis", "--json").json()}
    assert (values["orders"], values["revenue"], values["visitors"]) == (2, 30.5, 3)
    reasons = [row["reason"] for row in tell("quarantine", "--json").json()]
    assert reasons == ["negative_amount"]


def test_load_says_when_a_day_has_lost_rows_that_it_had(folder: Path, tell: Tell) -> None:
    assert tell("load", "--json").json()["notes"] == []
    file = folder / "sessions.csv"
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if "2024-01-02" not in line))
    said = tell("load", "--to", "2024-01-03")
    assert said.code == 0
    assert "sessions: 1 day has lost more than half of the rows of the load before: 2024-01-02" in said.err


def test_first_day_after_the_data_is_not_told_to_be_exchanged(folder: Path, tell: Tell) -> None:
    for command in ("load", "run"):
        refusal = tell(command, "--from", "2024-01-04").refusal()
        assert "The data end on 2024-01-03, before 2024-01-04" in refusal
        assert "exchange" not in refusal


def test_run_loads_what_is_missing_and_shows_it_on_standard_error(folder: Path, tell: Tell) -> None:
    said = tell("run", "--from", "2024-01-01", "--to", "2024-01-02", "--select", "kpis", "--select", "family:orders")
    assert said.code == 0
    assert "2 days are not loaded yet and are loaded first: 2024-01-01 to 2024-01-02." in said.err
    assert "load: " in said.err
    assert "Failed: none." in said.out
    assert Lake.open(load_settings()).days("sessions") == [date(2024, 1, 1), date(2024, 1, 2)]
    assert "daily_funnel is not computed" in tell("report", "daily_funnel").refusal()
    assert tell("report", "daily_orders", "--json").code == 0
    one = tell("run", "--to", "2024-01-03", "--select", "kpis").err
    assert "1 day is not loaded yet and is loaded first: 2024-01-03." in one


def test_python_runs_the_same(folder: Path) -> None:
    summary = ca.run("2024-01-02", select=["kpis"])
    assert summary["reports"]["written"] == 1
    assert ca.collect_report("kpis", "2024-01-03").height == 7
    frame = ca.scan("sessions", "2024-01-02", "2024-01-02").collect()
    assert frame["order_id"].to_list() == ["3"]
    assert ca.load("2024-01-01", "2024-01-01")["sources"]["sessions"]["read"] == 2


def test_no_load_with_a_gap_names_the_missing_days(folder: Path, tell: Tell) -> None:
    tell("load", "--from", "2024-01-01", "--to", "2024-01-01")
    tell("load", "--from", "2024-01-03", "--to", "2024-01-03")
    said = tell("run", "--no-load", "--json")
    assert said.code == 1
    assert "2024-01-02" in said.err
    assert "Traceback" not in said.err
    assert '"failed"' in said.out


def test_no_load_on_an_empty_lake_says_what_to_do(folder: Path, tell: Tell) -> None:
    assert "No day is loaded yet" in tell("run", "--no-load").refusal()


@pytest.mark.parametrize("command", ["load", "run"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2024-01-03", "--to", "2024-01-01"], "exchange them"),
        (["--from", "2023-12-31"], "before business.start_date (2024-01-01)"),
        (["--to", "2999-01-01"], "has not ended yet"),
        (["--from", "soon"], "'soon' is no day"),
    ],
)
def test_days_that_cannot_be_end_with_2(
    folder: Path, tell: Tell, command: str, arguments: list[str], words: str
) -> None:
    assert words in tell(command, *arguments).refusal()


@pytest.mark.parametrize(
    ("select", "words"),
    [("kpi", "Did you mean kpis"), ("family:funels", "did you mean family:funnels"), (" ,", "selection is empty")],
)
def test_a_selection_that_names_nothing_ends_with_2(folder: Path, tell: Tell, select: str, words: str) -> None:
    assert words in tell("run", "--select", select).refusal()
    assert not (folder / "lake").exists()


def test_a_source_that_is_not_connected_ends_with_2(folder: Path, tell: Tell) -> None:
    assert "'lines' is not connected; there are sessions" in tell("load", "--source", "lines").refusal()


def test_without_a_sessions_source_there_is_nothing_to_load(folder: Path, tell: Tell) -> None:
    change(folder, SETTINGS[SETTINGS.index("sources:") :], "")
    for command in ("load", "run", "check"):
        assert "sessions" in tell(command).refusal()


def test_without_settings_the_way_out_is_init(nowhere: Path, tell: Tell) -> None:
    for command in ("load", "run", "check"):
        assert "`ca-platform init`" in tell(command).refusal()


def test_data_that_end_before_the_shop_begins_are_refused(folder: Path, tell: Tell) -> None:
    change(folder, "start_date: 2024-01-01", "start_date: 2024-02-01")
    assert "end on 2024-01-03, before business.start_date" in tell("load").refusal()


@pytest.mark.parametrize("command", ["check", "load", "run"])
def test_every_row_refused_ends_with_1(folder: Path, tell: Tell, command: str) -> None:
    (folder / "sessions.csv").write_text(SESSIONS.splitlines()[0] + "\n1,a,2024-01-01T10:00:00,-1,true,EU,true\n")
    said = tell(command)
    assert said.code == 1, said.err
    assert "quarantined" in said.err


def test_a_missing_file_ends_with_2(folder: Path, tell: Tell) -> None:
    (folder / "sessions.csv").unlink()
    for command in ("load", "check"):
        said = tell(command)
        assert said.code == 2
        assert "sessions.csv" in said.err
        assert "Traceback" not in said.err


# ---- check


def test_check_shows_rows_mapping_and_accounting(folder: Path, tell: Tell) -> None:
    found = tell("check", "--rows", "2", "--json").json()
    assert found["ok"]
    sessions = found["parts"]["sessions"]
    assert sessions["totals"] == dict(zip(COUNTS, (5, 4, 1, 0, 0, 0), strict=True))
    assert sessions["reasons"] == {"negative_amount": 1}
    assert sessions["actions"] == {"has_basket": "flag"}
    assert [row["order_id"] for row in sessions["rows"]] == ["1", "2"]
    assert sessions["rows"][0]["payment_amount"] == 10.5
    assert (sessions["first_day"], sessions["last_day"]) == ("2024-01-01", "2024-01-03")
    out = tell("check").out
    assert "The amount is negative." in out
    assert "lake and store have the same days" in out
    assert not (folder / "store.db").exists()


def test_check_refuses_a_dimension_of_which_no_report_can_be_made(folder: Path, tell: Tell) -> None:
    sessions = tell("check", "--json").json()["parts"]["sessions"]
    assert (sessions["ok"], sessions["dimensions"]) == (True, {"region": 3})
    change(folder, "sources:", "reports: {dimensions: {max_values: 2}}\nsources:")
    said = tell("check")
    assert said.code == 2
    assert "the dimension region has more values than the 2 that" in said.err


def test_check_says_which_days_differ(folder: Path, tell: Tell) -> None:
    tell("load")
    tell("run", "--from", "2024-01-02", "--to", "2024-01-03", "--no-load")
    different = tell("check", "--json").json()["parts"]["days"]["different"]
    assert different == {"loaded, but without any report": ["2024-01-01"]}
    assert "1 day loaded, but without any report: 2024-01-01" in tell("check").out


def test_damaged_parts_are_named_with_what_mends_them(folder: Path, tell: Tell) -> None:
    assert tell("run", "--select", "kpis").code == 0
    lake = Lake(str(folder / "lake"))
    (loaded,) = lake.parts("sessions", date(2024, 1, 2), date(2024, 1, 2))
    made = lake.parts("session_steps")[-1]
    for part in (loaded, made):
        Path(part.path).write_bytes(b"cut off")
    said = tell("check")
    assert said.code != 0
    again = "ca-platform load --source sessions --from 2024-01-02 --to 2024-01-02."
    assert f"Damaged: {loaded}. Load again: {again}" in said.err
    assert f"Damaged: {made}. `ca-platform check --mend`" in said.err
    assert tell("run", "--select", "kpis").code != 0
    assert tell("load", "--source", "sessions", "--from", "2024-01-02", "--to", "2024-01-02").code == 0
    said = tell("check", "--mend")
    assert said.code == 0
    assert f"Forgotten, the next run that needs it makes it again: {made}" in said.out
    assert tell("run", "--select", "kpis").code == 0
    assert lake.damaged() == []


def test_check_compares_the_orders_of_elasticsearch_with_the_lake(
    folder: Path, tell: Tell, elasticsearch_server: ElasticsearchServer
) -> None:
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    kind = f"{{kind: elasticsearch, hosts: ['{elasticsearch_server.url}'], index_prefix: {prefix}}}"
    change(folder, "{path: store.db}", kind)
    change(folder, "time_zone: UTC", "time_zone: America/Sao_Paulo")
    assert tell("run", "--from", "2024-01-01").code == 0
    assert tell("check", "--json").json()["parts"]["days"]["different"] == {}
    (folder / "sessions.csv").write_text(SESSIONS + "6,e,2024-01-02T23:30:00,7,true,EU,true\n")
    assert tell("load", "--from", "2024-01-02", "--to", "2024-01-02").code == 0
    different = tell("check", "--json").json()["parts"]["days"]["different"]
    assert different == {"with other orders in the store than in the lake": ["2024-01-02"]}
    assert [row["value"] for row in tell("report", "kpis", "--json").json() if row["metric"] == "orders"] == [2]
    indices = ",".join(f"{prefix}{name}" for name in ("reports", "orders-all", "downloads", "customers"))
    elasticsearch_server.request("DELETE", f"/{indices}?ignore_unavailable=true")


def test_check_looks_at_everything_although_one_part_fails(folder: Path, tell: Tell) -> None:
    (folder / "customers.csv").write_text("client,download_date\na,2024-01-01\n")
    (folder / "sessions.csv").unlink()
    with (folder / "ca_platform.yaml").open("a") as file:
        file.write("  customers: {kind: csv, path: customers.csv}\n")
    said = tell("check")
    assert said.code == 2
    assert "sessions: FAILED" in said.out
    assert "customers: ok" in said.out
    assert "store: ok" in said.out


# ---- servers that are not there


def test_an_unreachable_postgresql_ends_with_2(folder: Path, tell: Tell) -> None:
    dsn = f"postgresql://shop@127.0.0.1:{free_port()}/shop"
    change(folder, "kind: csv, path: sessions.csv", f"kind: postgresql, dsn: '{dsn}', table: sessions")
    for command in ("check", "load", "run"):
        said = tell(command)
        assert said.code == 2
        assert said.err.count("sessions: ") == 1
        assert "127.0.0.1" in said.err
        assert "Traceback" not in said.err


def test_a_wrong_password_is_said_and_not_shown(
    folder: Path, tell: Tell, postgresql_server: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG", "planted-s3cret")
    change(
        folder,
        "kind: csv, path: sessions.csv",
        f"kind: postgresql, dsn: '{postgresql_server.dsn}', password: '${{WRONG}}', table: sessions",
    )
    for command in ("check", "load"):
        said = tell(command, "--verbose")
        assert said.code == 2
        assert "password" in said.err.splitlines()[-1]
        assert "planted-s3cret" not in said.err + said.out


def test_an_unreachable_elasticsearch_ends_with_2(folder: Path, tell: Tell) -> None:
    port = free_port()
    change(
        folder,
        "{path: store.db}",
        f"{{kind: elasticsearch, hosts: ['http://127.0.0.1:{port}'], give_up_after: 1s}}",
    )
    for command in (("check",), ("run",), ("report", "kpis")):
        said = tell(*command)
        assert said.code == 2, (command, said.err)
        assert f"127.0.0.1:{port}" in said.err
        assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("password", "trusted", "words"),
    [("planted-s3cret", "yes", "refuses the login"), (None, "no", "is not trusted: set document_store.ca_certs")],
    ids=["wrong password", "unknown authority"],
)
def test_a_secured_elasticsearch_says_what_is_wrong(
    folder: Path,
    tell: Tell,
    elasticsearch_secured: ElasticsearchServer,
    monkeypatch: pytest.MonkeyPatch,
    password: str | None,
    trusted: str,
    words: str,
) -> None:
    security = elasticsearch_secured.security
    assert security is not None
    monkeypatch.setenv("ES_PASSWORD", password or security.users["administrator"][0])
    authority = f", ca_certs: '{security.ca_certs}'" if trusted == "yes" else ""
    login = "username: administrator, password: '${ES_PASSWORD}'"
    kind = f"{{kind: elasticsearch, hosts: ['{elasticsearch_secured.url}'], {login}{authority}, give_up_after: 1s}}"
    change(folder, "{path: store.db}", kind)
    for command in (("check",), ("report", "kpis"), ("run",)):
        said = tell(*command, "--verbose")
        assert said.code == 2, said.err
        assert words in said.err.splitlines()[-1]
        assert os.environ["ES_PASSWORD"] not in said.err + said.out


# ---- interruption


def test_ctrl_c_during_a_run_ends_cleanly_and_the_next_run_finishes(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    program = [sys.executable, "-m", "ca_platform.cli"]
    subprocess.run(
        [*program, "simulate", "--days", "90", "--customers", "3000", "--out", str(shop)],
        check=True,
        capture_output=True,
    )
    settings = str(shop / "ca_platform.yaml")
    command = [*program, "run", "--settings", settings, "--from", "2024-03-01", "--select", "kpis"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    first = running.stderr.readline()
    assert first
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=180)
    assert running.returncode == 130, err
    assert err.splitlines()[-1] == "Interrupted. What was finished by then is kept."
    assert "Traceback" not in err
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


# ---- the same through Python


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: ca.run("2024-01-02", "2024-01-01"), CaPlatformError),
        (lambda: ca.run("2023-01-01", "2024-01-01"), ConfigurationError),
        (lambda: ca.run(select="nothing"), CaPlatformError),
        (lambda: ca.load(sources=["deliveries"]), CaPlatformError),
        (lambda: ca.run("2024-01-02", "2024-01-02", load=False), RunError),
    ],
)
def test_errors_are_the_platforms_own(folder: Path, call: Callable[[], object], kind: type[CaPlatformError]) -> None:
    with pytest.raises(kind):
        call()


def test_a_failed_run_carries_its_summary(folder: Path) -> None:
    with pytest.raises(RunError) as caught:
        ca.run("2024-01-02", "2024-01-02", select="kpis", load=False)
    assert caught.value.summary is not None
    assert caught.value.summary["reports"] == {"written": 0, "failed": ["kpis"]}


def test_running_again_changes_nothing(folder: Path) -> None:
    ca.run()
    before = ca.collect_report("kpis"), ca.collect_report("client_kpis")
    ca.run()
    for frame, name in zip(before, ("kpis", "client_kpis"), strict=True):
        assert_frame_equal(ca.collect_report(name), frame)
