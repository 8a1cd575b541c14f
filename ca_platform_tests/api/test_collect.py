"""``collect_report``: which table comes back, and which sentence where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import ca_platform as ca
from ca_platform.catalogue import report_spec
from ca_platform.catalogue.cohorts import LAST_OFFSET
from ca_platform.collect import ReportReader
from ca_platform.errors import ReportError
from ca_platform.store import Dimension, open_store
from ca_platform_tests.api.shop import (
    DAY,
    MAIN,
    SETTINGS,
    START,
    Shop,
    Value,
    computed,
    daily_orders,
    known_values,
    kpis,
)

BEFORE = DAY - timedelta(days=1)
EU, NASTY, NOWHERE = ("region", "EU"), ("channel", "a=b"), ("region", None)


def said(name: str = "kpis", *arguments: object, **keywords: object) -> str:
    """The error's sentence."""
    with pytest.raises(ReportError) as caught:
        ca.collect_report(name, *arguments, **keywords)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- which day


def test_without_a_date_the_newest_day_comes(shop: Shop) -> None:
    shop.store("kpis", [BEFORE, DAY], kpis([BEFORE, DAY]))
    assert ca.collect_report("kpis")["value"].to_list() == [31.0]


@pytest.mark.parametrize("day", [BEFORE, BEFORE.isoformat(), datetime(2024, 1, 30, 12)])
def test_a_day_is_a_date_or_its_text(shop: Shop, day: date | str) -> None:
    shop.store("kpis", [BEFORE, DAY], kpis([BEFORE, DAY]))
    assert ca.collect_report("kpis", date=day)["value"].to_list() == [30.0]


@pytest.mark.parametrize("day", ["tomorrow", "20240130", "2024-01-32", 7])
def test_what_is_no_day_is_refused_with_its_value(shop: Shop, day: object) -> None:
    assert f"date={day!r} is no day" in said(date=day)


def test_the_predecessors_keyword_names_the_report(shop: Shop) -> None:
    shop.store("kpis", [DAY], kpis([DAY]))
    assert ca.collect_report(report_name="kpis").equals(ca.collect_report("kpis"))


def test_one_name_is_needed(shop: Shop) -> None:
    with pytest.raises(ReportError, match="one name"):
        ca.collect_report("kpis", report_name="kpis")
    with pytest.raises(ReportError, match="one name"):
        ca.collect_report()


def test_frames_have_edge_types(shop: Shop) -> None:
    spec = report_spec("purchase_amount_distribution")
    shop.store(spec.name, [DAY], computed(spec.name, [(DAY, MAIN, {})]))
    frame = ca.collect_report(spec.name)
    assert frame.columns == list(spec.column_names)
    assert frame.schema["bin_start"] == pl.Float64
    assert frame["bin_start"].to_list() == [1.01]  # 1.0050, half away from zero


def test_a_table_of_an_older_version_has_todays_columns(shop: Shop) -> None:
    old = kpis([DAY]).select("report_date", "report_dimension", "report_value", "value")
    with open_store(shop.settings) as store:
        store.replace("kpis", [DAY], old, {"value": pl.Float64()})
    frame = ca.collect_report("kpis")
    assert frame.columns == list(report_spec("kpis").column_names)
    assert frame.row(0) == (None, 31.0, None, None, None, None)


# ---- why there is none


def test_an_unknown_report_is_refused_with_near_names(shop: Shop) -> None:
    assert "daily_orders" in said("daly_orders")


def test_a_report_without_its_input_says_what_to_connect(shop: Shop) -> None:
    shop.store("dimension_kpis", [DAY], known_values([DAY], [EU]))
    shop.file.write_text(SETTINGS.replace("    dimensions: [region, channel]\n", ""))
    message = said("dimension_kpis")
    assert "connect a dimension of sessions (sources.sessions.dimensions) in the settings" in message


def test_a_report_that_was_never_computed_says_how_to(shop: Shop) -> None:
    message = said()
    assert "not computed for any day yet" in message
    assert "`ca-platform run`" in message


def test_a_day_that_is_not_computed_says_which_are(shop: Shop) -> None:
    shop.store("kpis", [BEFORE, DAY], kpis([BEFORE, DAY]))
    message = said(date="2024-02-05")
    assert "not computed for 2024-02-05, only for 2 days from 2024-01-30 to 2024-01-31" in message
    assert "--from 2024-02-05 --to 2024-02-05" in message


def test_without_a_settings_file_the_way_out_is_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CA_SETTINGS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "`ca-platform init`" in said()


def test_settings_without_sources_read_somebody_elses_store(shop: Shop) -> None:
    shop.store("dimension_kpis", [DAY], known_values([DAY], [EU]))
    shop.file.write_text(SETTINGS.partition("sources:")[0])
    assert ca.collect_report("dimension_kpis")["value"].to_list() == ["EU"]
    assert "connects no source" in said("kpis")


# ---- dimensions


@pytest.fixture
def valued(shop: Shop) -> Shop:
    """EU, a=b and null have key figures; US is known and has none; PM is known only later."""
    values = [EU, NASTY, NOWHERE]
    shop.store("kpis", [BEFORE, DAY], kpis([BEFORE, DAY], [MAIN, *values]))
    shop.store("dimension_kpis", [BEFORE], known_values([BEFORE], [*values, ("region", "US")]))
    shop.store("dimension_kpis", [DAY], known_values([DAY], [*values, ("region", "US"), ("region", "PM")]))
    return shop


@pytest.mark.parametrize(
    "dimension", ["region=EU", {"region": "EU"}, "channel=a=b", {"channel": "a=b"}, "region=", {"region": None}]
)
def test_a_dimension_value_is_a_text_or_a_mapping(valued: Shop, dimension: str | dict[str, str | None]) -> None:
    assert ca.collect_report("kpis", dimension=dimension).height == 1


def test_a_known_value_without_rows_gives_an_empty_frame(valued: Shop) -> None:
    frame = ca.collect_report("kpis", dimension="region=US")
    assert frame.is_empty()
    assert frame.schema == ca.collect_report("kpis").schema


def test_an_unknown_value_is_refused_with_near_ones(valued: Shop) -> None:
    assert said(dimension="region=eu") == (
        "The dimension region has no value 'eu' up to 2024-01-31; did you mean 'EU'?"
    )
    assert "there are 'EU', 'PM', 'US'" in said(dimension="region=Atlantis")


def test_a_value_before_its_first_session_is_missing_and_not_empty(valued: Shop) -> None:
    assert "the first session of that value is later" in said(date=BEFORE, dimension="region=PM")


def test_an_undeclared_dimension_is_refused_with_the_declared_ones(valued: Shop) -> None:
    assert "there are main, region, channel" in said(dimension="country=EU")


def test_a_text_that_is_no_dimension_is_refused(valued: Shop) -> None:
    assert "write `main` or name=value" in said(dimension="EU")


def test_one_dimension_at_a_time(valued: Shop) -> None:
    assert "One dimension at a time" in said(dimension={"region": "EU", "channel": "a=b"})


def test_a_report_of_main_alone_refuses_values(valued: Shop) -> None:
    assert "exists for `main` only" in said("dimension_kpis", dimension="region=EU")
    comparison = "segments_change_daily_before_after_orders"
    assert "reports.ab_test.by_dimension" in said(comparison, dimension="region=EU")


def test_null_that_no_session_has_is_refused(valued: Shop) -> None:
    assert "no session without a value" in said(dimension="channel=")


# ---- ranges


def test_start_cuts_a_table_by_period(shop: Shop) -> None:
    shop.store("daily_orders", [DAY], daily_orders([DAY]))
    frame = ca.collect_report("daily_orders", start="2024-01-30")
    assert frame.columns == ["date", "orders", "is_partial"]
    assert frame["orders"].to_list() == [30, 31]


def test_start_lengthens_a_table_by_period_from_earlier_report_days(shop: Shop) -> None:
    shop.file.write_text(SETTINGS + "reports: {history_days: 10}\n")
    days = [START + timedelta(days=offset) for offset in range(31)]
    shop.store("daily_orders", days, daily_orders(days, history=10))
    frame = ca.collect_report("daily_orders", date=DAY, start=START)
    assert frame["orders"].to_list() == list(range(1, 32))
    assert ca.collect_report("daily_orders", date=DAY)["orders"].to_list() == list(range(22, 32))


def test_start_before_everything_stored_gives_what_is_stored(shop: Shop) -> None:
    shop.file.write_text(SETTINGS + "reports: {history_days: 10}\n")
    shop.store("daily_orders", [DAY], daily_orders([DAY], history=10))
    assert ca.collect_report("daily_orders", start=date(2020, 1, 1))["orders"].to_list() == list(range(22, 32))


def test_older_cohorts_come_from_a_report_in_which_all_of_their_cells_are_known(shop: Shop) -> None:
    shop.file.write_text(SETTINGS + "reports: {cohort_days: 20}\n")
    name = "daily_cohort_from_1_to_2"

    def cells(day: date) -> Iterator[tuple[date, Value, dict[str, object]]]:
        for back in range(19, -1, -1):
            for offset in range(LAST_OFFSET + 1):
                has_come = offset <= back
                known = {"customers": 1, "rate": 0.1, "cumulative_rate": 0.1, "is_partial": False}
                cell = known if has_come else dict.fromkeys(known)
                yield day, MAIN, {"cohort": day - timedelta(days=back), "offset": offset, "cohort_size": 10, **cell}

    early, middle, late = (date(2024, 3, 1) + timedelta(days=days) for days in (0, 10, 25))
    shop.store(
        name, [early, middle, late], computed(name, (row for day in (early, middle, late) for row in cells(day)))
    )
    frame = ca.collect_report(name, date=late, start=early - timedelta(days=30))
    cohorts = frame["cohort"].unique().sort().to_list()
    finished = [early - timedelta(days=back) for back in range(19, LAST_OFFSET - 1, -1)]
    finished += [middle - timedelta(days=back) for back in range(19, LAST_OFFSET - 1, -1)]
    assert cohorts == sorted({*finished, *(late - timedelta(days=back) for back in range(20))})
    unknown = frame.filter(pl.col("customers").is_null())
    assert min(unknown["cohort"].to_list()) > late - timedelta(days=LAST_OFFSET)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    stored=st.sets(st.integers(0, 40), min_size=1, max_size=12),
    history=st.integers(1, 15),
    first=st.integers(0, 40),
)
def test_joined_periods_are_exactly_those_that_some_stored_day_holds(
    tmp_path_factory: pytest.TempPathFactory, stored: set[int], history: int, first: int
) -> None:
    shop = Shop(tmp_path_factory.mktemp("joined"), SETTINGS + f"reports: {{history_days: {history}}}\n")
    days = [START + timedelta(days=offset) for offset in sorted(stored)]
    last, start = days[-1], min(START + timedelta(days=first), days[-1])
    shop.store("daily_orders", days, daily_orders(days, history))
    held = {day - timedelta(days=back) for day in days for back in range(history)}
    with open_store(shop.settings) as store:
        reader = ReportReader(report_spec("daily_orders"), Dimension("main"), store, shop.settings)
        frame = reader.collect(last, start)
    assert frame["date"].to_list() == sorted(day for day in held if max(start, START) <= day <= last)
    assert frame["orders"].to_list() == [day.timetuple().tm_yday for day in frame["date"]]


def test_start_of_any_other_table_returns_every_report_day(valued: Shop) -> None:
    frame = ca.collect_report("kpis", start=START)
    assert frame.columns == ["report_date", *report_spec("kpis").column_names]
    assert frame.select("report_date", "value").rows() == [(BEFORE, 30.0), (DAY, 31.0)]
    assert ca.collect_report("kpis", start=DAY, dimension="region=EU")["value"].to_list() == [31.0]


def test_start_of_a_value_without_rows_gives_an_empty_frame(valued: Shop) -> None:
    frame = ca.collect_report("kpis", start=START, dimension="region=US")
    assert frame.is_empty()
    assert frame.schema == ca.collect_report("kpis", start=START).schema


def test_start_after_the_date_is_refused(valued: Shop) -> None:
    assert "exchange them" in said(date=BEFORE, start=DAY)


# ---- per-customer tables


def test_a_per_customer_table_comes_from_the_lake(shop: Shop) -> None:
    rows = [(day, MAIN, {"client": name}) for day in (BEFORE, DAY) for name in ("b", "a")]
    shop.store("client_kpis", [BEFORE, DAY], computed("client_kpis", rows))
    frame = ca.collect_report("client_kpis")
    assert frame.columns == list(report_spec("client_kpis").column_names)
    assert frame["client"].to_list() == ["a", "b"]
    assert frame["revenue"].to_list() == [1.01, 1.01]
    history = ca.collect_report("client_kpis", start=START)
    assert history.select("report_date", "client").rows() == [(BEFORE, "a"), (BEFORE, "b"), (DAY, "a"), (DAY, "b")]


def test_a_per_customer_table_that_is_not_computed_says_so(shop: Shop) -> None:
    assert "not computed for any day yet" in said("client_kpis")
    shop.store("client_kpis", [DAY], computed("client_kpis", [(DAY, MAIN, {})]))
    assert "only for 2024-01-31" in said("client_kpis", date=BEFORE)
