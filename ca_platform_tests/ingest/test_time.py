"""Dates in every accepted form, local days, doubled and skipped hours, ranges of days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.ingest.instants import localize, read_instants
from ca_platform.ingest.reasons import Reason
from ca_platform_tests.ingest.small import START, SmallShop, days

NOON = datetime(2024, 3, 26, 12, 0, tzinfo=UTC)
FORMS = [
    "2024-03-26T12:00:00Z",
    "2024-03-26T12:00:00+00:00",
    "2024-03-26T13:00:00+01:00",
    "2024-03-26T13:00:00+0100",
    "2024-03-26T06:30:00-0530",
    "2024-03-26T12:00:00.000Z",
    "2024-03-26 12:00:00",
    "2024-03-26 12:00",
    "2024-03-26T12:00",
    "2024-3-26 12:00:00",
    "20240326T12:00:00",
    "2024-03-26 12:00:00 UTC",
    " 2024-03-26 12:00:00 ",
    "1711454400",
    "1711454400000",
    "1711454400.0",
]


@pytest.mark.parametrize("text", FORMS)
def test_form_of_a_date_is_read_alone_and_among_others(text: str) -> None:
    alone = read_instants(pl.Series([text]), "Europe/London")
    assert alone.values.to_list() == [NOON]
    mixed = read_instants(pl.Series([*FORMS, text, "", None, "nonsense"]), "Europe/London")
    assert mixed.values.to_list() == [*[NOON] * (len(FORMS) + 1), None, None, None]
    assert mixed.problems[Reason.UNREADABLE_DATE].arg_true().to_list() == [len(FORMS) + 3]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([NOON]),
        pl.Series([NOON.replace(tzinfo=None)]),
        pl.Series([NOON], dtype=pl.Datetime("ns", "UTC")),
        pl.Series([1711454400]),
        pl.Series([1711454400000]),
        pl.Series([1711454400000000]),
        pl.Series([1711454400.0]),
        pl.Series([NOON]).dt.convert_time_zone("Asia/Tokyo"),
    ],
    ids=["utc", "naive", "nanoseconds", "seconds", "milliseconds", "microseconds", "float", "tokyo"],
)
def test_real_timestamps_and_epoch_numbers_are_dates(values: pl.Series) -> None:
    assert read_instants(values, "Europe/London").values.to_list() == [NOON]


def test_fifteen_nines_are_a_placeholder_and_no_microseconds() -> None:
    assert read_instants(pl.Series([10**15 - 1]), "UTC").problems[Reason.DATE_OUT_OF_BOUNDS].to_list() == [True]


def test_whole_number_of_a_day_is_its_local_midnight_beside_epochs() -> None:
    found = read_instants(pl.Series([20240326, 1711454400, 20240399, None]), "Europe/Berlin")
    assert found.values.to_list()[:2] == [datetime(2024, 3, 25, 23, tzinfo=UTC), NOON]
    assert (found.values[2].year, found.values[3]) == (1970, None)


@pytest.mark.parametrize("text", ["0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00.000"])
def test_zero_date_of_mysql_is_no_date(text: str) -> None:
    found = read_instants(pl.Series([text, "2024-03-26 12:00:00"]), "UTC")
    assert (found.values.to_list(), found.problems) == ([None, NOON], {})


def test_date_only_is_local_midnight() -> None:
    read = read_instants(pl.Series(["2024-07-01", "2024-07-02"]), "Europe/Berlin")
    assert read.values[0] == datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert read_instants(pl.Series([date(2024, 7, 1)]), "Europe/Berlin").values[0] == read.values[0]


def test_date_format_is_read_and_iso_beside_it() -> None:
    read = read_instants(pl.Series(["26.03.2024 12:00", "2024-03-26 12:00:00"]), "UTC", "%d.%m.%Y %H:%M")
    assert read.values.to_list() == [NOON, NOON]


def test_doubled_hour_is_the_first_and_skipped_hour_is_moved_by_the_gap() -> None:
    read = read_instants(
        pl.Series(["2024-03-31 01:30:00", "2024-10-27 01:30:00", "2024-06-01 12:00:00"]), "Europe/London"
    )
    assert read.values.to_list() == [
        datetime(2024, 3, 31, 1, 30, tzinfo=UTC),  # 02:30 local
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),  # 01:30 with the summer offset
        datetime(2024, 6, 1, 11, tzinfo=UTC),
    ]
    assert read.adjusted is not None
    assert read.adjusted.to_list() == [True, True, False]


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),
    st.sampled_from(["Europe/London", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_local_times_are_what_the_standard_library_says(at: datetime, zone: str) -> None:
    values, adjusted = localize(pl.Series([at], dtype=pl.Datetime("us")), zone)
    expected = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert values[0] == expected
    is_odd = expected.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != at or (
        at.replace(tzinfo=ZoneInfo(zone), fold=1).utcoffset() != at.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    )
    assert (adjusted is not None) == is_odd


def test_adjusted_rows_are_counted_on_their_day(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-31 01:30,1,true", "2,c,2024-03-31 03:30,1,true", "3,c,2024-04-01 01:30,1,true")
    by_day = {row["day"]: row["adjusted"] for row in shop.load().by_day.iter_rows(named=True) if row["adjusted"]}
    assert by_day == {date(2024, 3, 31): 1}


def test_row_belongs_to_the_local_day_of_its_start(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-31T22:59:59Z,1,true", "2,c,2024-03-31T23:00:00Z,1,true")
    shop.load()
    assert {row["order_id"]: row["day"] for row in shop.rows()} == {"1": date(2024, 3, 31), "2": date(2024, 4, 1)}


def test_day_begins_at_its_first_instant_where_midnight_does_not_exist(shop: SmallShop) -> None:
    shop.time_zone, shop.start_date = "America/Sao_Paulo", date(2018, 11, 1)
    shop.sessions("1,c,2018-11-03 23:59:59,1,true", "2,c,2018-11-04 00:30:00,1,true", "3,c,2018-11-04,1,true")
    shop.load()
    assert [row["day"] for row in shop.rows()] == [date(2018, 11, 3), date(2018, 11, 4), date(2018, 11, 4)]


def test_rows_before_the_start_are_out_of_range_and_counted_by_the_first_day_only(shop: SmallShop) -> None:
    shop.sessions("0,c,2024-03-20,1,true", "1,c,2024-03-25,1,true", "2,c,2024-03-26,1,true")
    assert shop.load(asked=days(START, 1)).totals["out_of_range"] == 1
    assert shop.load(asked=[date(2024, 3, 26)]).totals["out_of_range"] == 0
    summary = shop.load()
    assert (summary.totals["read"], summary.totals["loaded"], summary.totals["out_of_range"]) == (3, 2, 1)


def test_rows_of_other_days_are_not_read(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-26,-1,true", "3,c,2024-03-27,1,true")
    summary = shop.load(asked=[date(2024, 3, 25), date(2024, 3, 27)])
    assert (summary.totals["read"], summary.totals["quarantined"]) == (2, 0)
    assert shop.lake.days("sessions") == [date(2024, 3, 25), date(2024, 3, 27)]


def test_every_asked_day_has_a_part_if_need_be_without_rows(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    assert shop.lake.days("sessions") == days()
