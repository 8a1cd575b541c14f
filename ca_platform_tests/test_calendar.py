"""Days of a time zone and instants: daylight-saving days, midnights that are skipped or occur twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.calendar import (
    INSTANT,
    as_of,
    days_between,
    first_of_month,
    local_day,
    local_hour,
    monday,
    start_of_day,
)

ZONES = (
    "Europe/London",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Pacific/Apia",
    "America/Havana",
    "UTC",
)
DAYS = st.dates(date(2009, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("Europe/London", date(2024, 1, 1), datetime(2024, 1, 1, 0, tzinfo=UTC)),
        ("Europe/London", date(2024, 7, 1), datetime(2024, 6, 30, 23, tzinfo=UTC)),
        # Midnight is skipped: clocks went from 23:59:59 to 01:00.
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),
        # Midnight occurs twice: at 01:00 clocks went back to 00:00. The day begins at the first of the two.
        ("America/Havana", date(2023, 11, 5), datetime(2023, 11, 5, 4, tzinfo=UTC)),
        ("Asia/Kathmandu", date(2024, 1, 1), datetime(2023, 12, 31, 18, 15, tzinfo=UTC)),
    ],
)
def test_day_begins_at_its_first_instant(zone: str, day: date, start: datetime) -> None:
    assert start_of_day(day, zone) == start


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 5, 1), 24)])
def test_days_of_daylight_saving_changes_have_23_and_25_hours(day: date, hours: int) -> None:
    assert as_of(day, "Europe/London") - start_of_day(day, "Europe/London") == timedelta(hours=hours)


@given(day=DAYS, zone=st.sampled_from(ZONES))
def test_days_follow_each_other_without_gap_or_overlap(day: date, zone: str) -> None:
    start, end = start_of_day(day, zone), as_of(day, zone)
    assert end == start_of_day(day + timedelta(days=1), zone)
    # Apia left a whole day out in 2011, when it crossed the date line.
    assert start < end or (zone, day) == ("Pacific/Apia", date(2011, 12, 30))


@given(instant=st.datetimes(datetime(2009, 1, 1), datetime(2026, 12, 31)), zone=st.sampled_from(ZONES))
def test_column_of_instants_falls_on_the_day_whose_window_holds_it(instant: datetime, zone: str) -> None:
    moment = instant.replace(tzinfo=UTC)
    frame = pl.DataFrame({"at": [moment]}, schema={"at": INSTANT})
    day, hour = frame.select(local_day(pl.col("at"), zone), hour=local_hour(pl.col("at"), zone)).row(0)
    assert start_of_day(day, zone) <= moment < as_of(day, zone)
    assert hour == moment.astimezone(ZoneInfo(zone)).hour


def test_range_of_days_is_inclusive_and_empty_when_it_runs_backwards() -> None:
    first, last = date(2024, 2, 28), date(2024, 3, 1)
    assert list(days_between(first, last)) == [first, date(2024, 2, 29), last]
    assert list(days_between(last, first)) == []


@given(day=DAYS)
def test_week_begins_on_monday_and_month_on_its_first(day: date) -> None:
    assert monday(day).isoweekday() == 1
    assert timedelta(0) <= day - monday(day) < timedelta(days=7)
    assert first_of_month(day) == date(day.year, day.month, 1)
