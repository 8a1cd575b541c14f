"""Which days a schedule asks for, and which runs a command needs: pure functions."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.defs.days import DayRange, named, range_of_run, ranges_of
from ca_platform.defs.plan import PlannedRun, Selection, load_runs, merged, report_runs
from ca_platform.defs.requests import as_requests, cron, missing_days, wanted_days
from ca_platform.settings import Schedule

START = date(2024, 1, 1)
DAYS = st.lists(st.dates(date(2024, 1, 1), date(2024, 3, 31)), max_size=60)


def day(number: int) -> date:
    return START + timedelta(days=number)


@given(DAYS)
def test_ranges_hold_exactly_the_days_in_order_and_without_a_gap(days: list[date]) -> None:
    ranges = ranges_of(days)
    assert [found for whole in ranges for found in whole.days] == sorted(set(days))
    assert all(later.start - earlier.end > timedelta(days=1) for earlier, later in pairwise(ranges))


@given(DAYS, st.integers(1, 40))
def test_requests_hold_exactly_the_days_and_none_is_too_long(days: list[date], size: int) -> None:
    requests = as_requests(days, size)
    assert [found for request in requests for found in request.days] == sorted(set(days))
    assert all(len(request.days) <= size for request in requests)


@given(st.dates(date(2024, 1, 1), date(2024, 3, 31)), st.integers(0, 40))
def test_tags_of_a_run_say_its_days(start: date, length: int) -> None:
    wanted = DayRange(start, start + timedelta(days=length))
    assert range_of_run(wanted.tags) == wanted


def test_run_without_partition_has_no_days() -> None:
    assert range_of_run({"dagster/schedule_name": "daily_refresh"}) is None


def test_single_day_is_a_partition_and_no_range() -> None:
    assert DayRange(START, START).tags == {"dagster/partition": "2024-01-01"}


def test_days_are_named_as_ranges() -> None:
    assert named([day(0), day(1), day(2), day(9)]) == "2024-01-01 to 2024-01-03, 2024-01-10"
    assert named([day(0), day(2), day(4)], limit=2) == "2024-01-01, 2024-01-03 and more (3 days in all)"


@pytest.mark.parametrize(
    ("every", "at", "expected"),
    [
        ("daily", "03:00", "0 3 * * *"),
        ("weekly", "06:30", "30 6 * * 1"),
        ("12h", "03:00", "0 3,15 * * *"),
        ("12h", "15:05", "5 3,15 * * *"),
        ("once", "00:00", "0 0 * * *"),
    ],
)
def test_schedule_fires_at_the_local_time_of_the_settings(every: str, at: str, expected: str) -> None:
    assert cron(Schedule.model_validate({"every": every, "at": at})) == expected


@pytest.mark.parametrize(
    ("every", "look_back", "first", "last"),
    [
        ("daily", 3, 96, 99),
        ("daily", 0, 99, 99),
        ("12h", 3, 96, 100),
        ("weekly", 3, 93, 99),
        ("weekly", 20, 79, 99),
    ],
)
def test_schedule_asks_for_finished_days_and_the_look_back(every: str, look_back: int, first: int, last: int) -> None:
    schedule = Schedule.model_validate({"every": every, "look_back_days": look_back})
    assert wanted_days(schedule, day(100), START) == DayRange(day(first), day(last))


def test_nothing_before_the_start_date_is_asked_for() -> None:
    assert wanted_days(Schedule(look_back_days=30), day(2), START) == DayRange(day(0), day(1))
    assert wanted_days(Schedule(), START, START) is None
    assert wanted_days(Schedule(every="12h"), START, START) == DayRange(START, START)


def test_missing_days_end_yesterday() -> None:
    assert missing_days([day(0), day(2)], day(4), START) == [day(1), day(3)]
    assert missing_days([], START, START) == []
    assert missing_days([], day(-5), START) == []


def test_sources_that_miss_the_same_days_are_loaded_by_one_run() -> None:
    days = [day(0), day(1)]
    runs = load_runs({"sessions": days, "lines": days}, snapshot=True)
    assert runs == [PlannedRun(("customers", "sessions", "lines"), DayRange(day(0), day(1)))]


def test_sessions_are_loaded_before_what_belongs_to_their_orders() -> None:
    runs = load_runs({"sessions": [day(5)], "lines": [day(0), day(1), day(5)]}, snapshot=False)
    assert [run.assets for run in runs] == [("sessions", "lines"), ("lines",)]


def test_customers_alone_are_loaded_without_days() -> None:
    assert load_runs({"sessions": []}, snapshot=True) == [PlannedRun(("customers",), None)]
    assert load_runs({"sessions": []}, snapshot=False) == []


def test_ordinary_morning_is_one_run() -> None:
    loads = load_runs({"sessions": [day(9)]}, snapshot=True)
    reports = report_runs(Selection(("kpis",), ("orders",)), DayRange(day(9), day(9)), 31)
    assert merged(loads, reports) == [PlannedRun(("customers", "sessions", "orders", "kpis"), DayRange(day(9), day(9)))]


def test_history_is_loaded_at_once_and_reports_are_made_in_pieces() -> None:
    loads = load_runs({"sessions": [day(number) for number in range(70)]}, snapshot=False)
    reports = report_runs(Selection(("kpis",)), DayRange(day(0), day(69)), 31)
    assert [run.days for run in merged(loads, reports)] == [
        DayRange(day(0), day(69)),
        DayRange(day(0), day(30)),
        DayRange(day(31), day(61)),
        DayRange(day(62), day(69)),
    ]
