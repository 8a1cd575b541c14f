"""The summary of a command, and the error that names what failed and what did not."""

from __future__ import annotations

from collections import Counter
from datetime import date

from ca_platform.defs.days import DayRange
from ca_platform.defs.outcome import Outcome
from ca_platform.errors import LakeError, ReportError, SourceError
from ca_platform.logging import Redactor

DAYS = DayRange(date(2024, 1, 1), date(2024, 1, 2))


def test_summary_has_the_shape_of_the_contract() -> None:
    counts = Counter(read=10, loaded=8, quarantined=2)
    outcome = Outcome(DAYS, ("kpis", "daily_orders"), sources={"sessions": counts})
    outcome.add(("sessions", "kpis", "daily_orders"), {"sessions", "kpis"}, {"daily_orders": ReportError("no")})
    assert outcome.summary() == {
        "sources": {
            "sessions": {"read": 10, "loaded": 8, "quarantined": 2, "out_of_range": 0, "open": 0, "adjusted": 0}
        },
        "reports": {"written": 1, "failed": ["daily_orders"]},
        "days": ["2024-01-01", "2024-01-02"],
        "notes": [],
    }


def test_error_names_what_failed_what_was_skipped_and_what_succeeded() -> None:
    outcome = Outcome(DAYS, ("kpis", "daily_orders", "client_kpis"), sources={"sessions": Counter(read=1, loaded=1)})
    outcome.add(
        ("sessions", "lines", "orders", "kpis", "daily_orders", "client_kpis"),
        {"sessions", "client_kpis"},
        {"lines": LakeError("disk full"), "kpis": ValueError("bad"), "daily_orders": ValueError("bad")},
    )
    error = outcome.error()
    assert str(error) == (
        "2024-01-01 to 2024-01-02 failed. lines: disk full. kpis, daily_orders: ValueError: bad. "
        "Skipped after that: orders. 1 of 3 reports were written; loaded: sessions."
    )
    assert error.exit_code == 1
    assert error.summary == outcome.summary()


def test_error_of_the_input_ends_with_two() -> None:
    outcome = Outcome(DAYS, ())
    outcome.add(("sessions",), set(), {"sessions": SourceError("sessions.csv is damaged. Copy it again.")})
    assert outcome.error().exit_code == 2
    assert str(outcome.error()).endswith("sessions: sessions.csv is damaged. Copy it again. Nothing was loaded.")


def test_asset_that_failed_in_one_of_several_runs_has_failed() -> None:
    outcome = Outcome(DAYS, ("kpis",))
    outcome.add(("kpis",), set(), {"kpis": ReportError("first")})
    outcome.add(("kpis",), {"kpis"}, {})
    assert outcome.summary()["reports"] == {"written": 0, "failed": ["kpis"]}
    assert "first" in str(outcome.error())


def test_source_of_which_every_row_was_refused_has_failed() -> None:
    outcome = Outcome(DAYS, (), sources={"lines": Counter(read=3, quarantined=3), "sessions": Counter(read=0)})
    outcome.refuse_empty_loads()
    assert list(outcome.failed) == ["lines"]
    assert outcome.error().exit_code == 1


def test_error_holds_no_secret() -> None:
    outcome = Outcome(DAYS, (), redact=Redactor(["hunter2"]))
    outcome.add(("sessions",), set(), {"sessions": ValueError("password hunter2 refused")})
    assert "hunter2" not in str(outcome.error())
