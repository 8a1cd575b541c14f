"""A number that is opened shows exactly the customers, orders or deliveries that it counts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import polars as pl
import pytest

from ca_platform.catalogue import connected, report_spec, report_specs
from ca_platform.catalogue.ab_tests import METRICS
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.drill import COUNTS, Cell, Count, Scope, What, members
from ca_platform.drill import NAMES as NAMES_OF_ONE
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.models.experiments.ab_windows import WORDS
from ca_platform.reports import rfm
from ca_platform.reports.rfm_tables import VIEWS
from ca_platform.settings import Settings, load_settings
from ca_platform.simulate import simulate_shop
from ca_platform_tests.computed import computed
from ca_platform_tests.drill.cells import opened_alone, wrong_cells
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import nasty_shop

SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 70, seed=77)
LAST = date(2024, 5, 28)
RETAIL_DAY = date(2011, 3, 31)
FIXTURES = Path(__file__).parents[1] / "fixtures"
# Whom A/B tests compare is held against their reports where these are computed, in ``oracle``: they take long.
OPENED = [count for count in COUNTS if report_spec(count.report).family != "ab_tests"]
NAMES = sorted({count.report for count in OPENED})

Opened = tuple[Settings, Lake, date, dict[str, pl.DataFrame], Scope]


CLOSED = {
    # The row is one customer, or the column is the row's key.
    ("client_kpis", "orders"),
    ("user_counts_per_order_seq", "orders"),
    # Those over whom a figure of the past is the mean.
    ("recommendation_backtest", "customers"),
    ("churn_backtest", "customers"),
    ("clv_segments_backtest", "customers"),
    ("clv_backtest", "customers"),
    # Those among whom the row stands out.
    ("clvrfm_anomaly_flagged", "customers"),
    ("rfm", "orders"),
    # Those into which delays were planted.
    ("delivery_backtest", "deliveries"),
    # Random groups, of which there are thousands.
    ("ab_calibration", "customers"),
    # Always null: nobody is matched there.
    ("promotion_comparison", "matched_customers"),
    *((f"segments_change_{word}_before_after_{metric}", "matched_customers") for word in WORDS for metric in METRICS),
}
"""Columns with counts of customers, orders or deliveries that cannot be opened, and why."""


def test_every_count_of_customers_orders_or_deliveries_can_be_opened() -> None:
    wanted = {
        (spec.name, column.name)
        for spec in report_specs()
        for column in spec.columns
        if column.unit == "count"
        and any(what in column.name for what in get_args(What))
        and column.name != "min_orders"
    }
    wanted |= {(spec.name, "cumulative_rate") for spec in report_specs() if "cumulative_rate" in spec.column_names}
    assert wanted - {(count.report, count.column) for count in COUNTS} == CLOSED


def opened(settings: Settings, lake: Lake, day: date) -> Opened:
    """A shop whose reports of a day are computed; one model of customer value counts whom all of them count."""
    clv = settings.reports.clv.model_copy(update={"models": ("bg_nbd",)})
    settings = settings.model_copy(update={"reports": settings.reports.model_copy(update={"clv": clv})})
    frames = computed([n for n in NAMES if connected(report_spec(n), settings)], [day], settings, lake)
    return settings, lake, day, frames, Scope.of(day, settings, lake)


def assert_every_cell(shop: Opened, counts: list[Count], few: int) -> None:
    settings, lake, day, frames, scope = shop
    dice = random.Random(5)
    wrong = {}
    for count in counts:
        name = f"{count.report}.{count.column} {dict(count.where)}"
        found = wrong_cells(count, frames[count.report], scope)
        if found.height:
            wrong[name] = found.to_dicts()[:3]
            continue
        for cell, number, rows in opened_alone(count, frames[count.report], day, settings, lake, few, dice):
            if number != rows:
                wrong[f"{name} alone"] = [{"cell": cell, "number": number, "rows": rows}]
    assert wrong == {}


@pytest.fixture(scope="module", params=[0, 11])
def nasty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("nasty"), LAST)
    return opened(settings, lake, LAST - timedelta(days=request.param))


def test_every_cell_of_a_nasty_shop_opens_as_many_as_it_counts(nasty: Opened) -> None:
    assert_every_cell(nasty, OPENED, few=1)


def test_name_of_an_order_or_a_customer_opens_the_one_that_it_names(nasty: Opened) -> None:
    settings, lake, day, _, scope = nasty
    first = scope.purchases().sort("order_id").head(1).collect().row(0, named=True)
    for count in NAMES_OF_ONE:
        cell = Cell(count.report, count.column, day, {count.column: first[count.column]})
        found = lake.collect(lambda cell=cell, count=count: members(count, cell, settings, lake))  # type: ignore[misc]
        name = "client" if count.what == "customers" else "order_id"
        assert found[name].to_list() == [first[name]]
    assert {f"{name}_orders" for name in DURATIONS} <= {count.report for count in NAMES_OF_ONE}


def test_every_bin_of_a_shop_of_many_customers_opens_as_many_as_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rfm, "MANY_CUSTOMERS", 20)
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    frames = computed(list(VIEWS), [LAST], settings, lake)
    assert {is_binned for frame in frames.values() for is_binned in frame["is_binned"]} == {True, False}
    views = [count for count in COUNTS if count.report in VIEWS]
    assert_every_cell((settings, lake, LAST, frames, Scope.of(LAST, settings, lake)), views, few=2)


def test_every_bin_of_amounts_opens_as_many_as_it_counts_where_bins_are_narrower_than_a_cent(tmp_path: Path) -> None:
    sessions = [
        replace(session, amount=Decimal(10_000 + place % 37) / 10_000) for place, session in enumerate(SHOP.sessions)
    ]
    settings, lake = load_frames(replace(SHOP, sessions=sessions), tmp_path, LAST)
    name = "purchase_amount_distribution"
    frames = computed([name], [LAST], settings, lake)
    main = frames[name].filter(report_dimension="main")
    assert main.height == 22
    assert main["bin_start"].round(2).n_unique() == 1
    counts = [count for count in COUNTS if count.report == name]
    assert_every_cell((settings, lake, LAST, frames, Scope.of(LAST, settings, lake)), counts, few=2)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder = tmp_path_factory.mktemp("simulated")
    simulate_shop(folder, days=75, customers=400)
    settings = load_settings(folder / "ca_platform.yaml")
    lake = Lake.open(settings)
    start = settings.business.start_date
    load(settings, lake, start, start + timedelta(days=74))
    return opened(settings, lake, start + timedelta(days=70))


def test_every_cell_of_a_simulated_shop_opens_as_many_as_it_counts(simulated: Opened) -> None:
    assert_every_cell(simulated, OPENED, few=1)


@pytest.fixture(scope="module")
def online_retail(public_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    lines = str(public_data / "online_retail" / "lines.parquet")
    places = {f"CA_SOURCES__{source}__PATH": lines for source in ("SESSIONS", "LINES")}
    lake_path = str(tmp_path_factory.mktemp("online_retail") / "lake")
    settings = load_settings(FIXTURES / "online_retail.yaml", {"CA_LAKE__PATH": lake_path, **places})
    lake = Lake.open(settings)
    load(settings, lake, date(2010, 12, 1), RETAIL_DAY)
    return opened(settings, lake, RETAIL_DAY)


def test_every_cell_of_online_retail_opens_as_many_as_it_counts(online_retail: Opened) -> None:
    frames = online_retail[3]
    assert_every_cell(online_retail, [count for count in COUNTS if count.report in frames], few=0)


def load(settings: Settings, lake: Lake, first: date, last: date) -> None:
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for source in settings.sources.connected():
        ingest(source, days, settings, lake)
