"""Facts are made once per day, follow corrected days, and do not depend on how their days were made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ca_platform.catalogue import report_specs, table_specs
from ca_platform.errors import HistoryError, ReportError
from ca_platform.facts import FACTS, Shape, engine, ensure, ensure_facts, schema
from ca_platform.facts.totals import last_month_end, month_end
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform_tests.oracle.frames import days_of, load_frames, put_sessions
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Shop

SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 45, seed=21)
LAST = date(2024, 5, 3)
DAYS = days_of(SHOP, LAST)


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Settings, Lake]:
    return load_frames(SHOP, tmp_path, LAST)


def contents(lake: Lake, names: Iterable[str] = FACTS) -> dict[str, pl.DataFrame]:
    return {name: lake.scan(name).collect() for name in names}


def assert_same(left: dict[str, pl.DataFrame], right: dict[str, pl.DataFrame]) -> None:
    for name, frame in left.items():
        assert frame.equals(right[name]), name


def corrected(shop: Shop, day: date) -> Shop:
    """The same shop whose ``day`` has one session less and one that is new in every way."""
    sessions = [s for s in shop.sessions if s.order_id not in {"3", "4"}]
    template = next(s for s in sessions if s.purchased)
    start = template.start.replace(year=day.year, month=day.month, day=day.day, hour=12)
    new = replace(template, order_id="new", client="nobody knew", start=start, amount=Decimal("3.33"), times={})
    return replace(shop, sessions=[*sessions, replace(new, dimensions={"region": "brand new", "channel": "web"})])


def test_facts_are_those_of_the_catalogue_with_its_columns() -> None:
    shape = Shape("UTC", date(2024, 1, 1), ("region",), ("view",))
    specs = {spec.name: spec for spec in table_specs("facts")}
    assert set(specs) == set(FACTS)
    for name, spec in specs.items():
        declared = [column.name for column in spec.columns]
        have = list(schema(name, shape))
        assert have[: len(declared)] == declared
        groups = tuple(group.removesuffix("*") for group in spec.dynamic)
        assert all(column.startswith(groups) for column in have[len(declared) :])


def test_reports_name_facts_and_datasets_that_exist() -> None:
    known = {spec.name for spec in table_specs()}
    for spec in report_specs():
        assert set(spec.facts) <= known, spec.name


def test_facts_that_are_up_to_date_are_not_made_again(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    assert all(ensure(FACTS, DAYS, settings, lake).values())
    before = {name: [part.write_id for part in lake.parts(name)] for name in FACTS}
    assert not any(ensure(FACTS, DAYS, settings, lake).values())
    assert before == {name: [part.write_id for part in lake.parts(name)] for name in FACTS}


def test_days_made_one_by_one_equal_days_made_at_once(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings, lake = loaded
    for day in DAYS[5:14]:
        ensure(FACTS, [day], settings, lake)
    at_once = load_frames(SHOP, tmp_path_factory.mktemp("once"), LAST)
    ensure(FACTS, DAYS[5:14], *at_once)
    assert_same(contents(lake), contents(at_once[1]))


def test_runs_that_fit_into_memory_equal_one_run(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, lake = loaded
    ensure(FACTS, DAYS, settings, lake)
    monkeypatch.setattr(engine, "RUN_ROWS", 40)
    in_runs = load_frames(SHOP, tmp_path_factory.mktemp("runs"), LAST)
    ensure(FACTS, DAYS, *in_runs)
    assert_same(contents(lake), contents(in_runs[1]))


def test_days_and_facts_made_in_any_order_are_the_same(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings, lake = loaded
    days = [DAYS[14], DAYS[3], DAYS[9]]
    for day in days:
        for name in reversed(FACTS):
            ensure_facts(name, [day], settings, lake)
    at_once = load_frames(SHOP, tmp_path_factory.mktemp("once"), LAST)
    ensure(FACTS, days, *at_once)
    assert_same(contents(lake), contents(at_once[1]))


def test_corrected_day_outdates_what_depends_on_it_and_nothing_else(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings, lake = loaded
    ensure(FACTS, DAYS, settings, lake)
    day = date(2024, 4, 10)
    better = corrected(SHOP, day)
    put_sessions(lake, better, [day])
    made = ensure(FACTS, DAYS, settings, lake)
    assert made["session_steps"] == made["order_amounts"] == [day]
    assert made["active_customers"] == [day + timedelta(days=n) for n in range(7)]
    assert made["client_numbers"] == made["customer_orders"] == [each for each in DAYS if each >= day]
    assert made["order_amount_totals"] == [date(2024, 4, 30)]
    changed = {s.order_id: s for s in better.sessions}
    kept = [s for s in SHOP.sessions if s.order_id in changed or _day(s.start) != day]
    whole = replace(better, sessions=[*kept, changed["new"]])
    fresh = load_frames(whole, tmp_path_factory.mktemp("fresh"), LAST)
    ensure(FACTS, DAYS, *fresh)
    assert_same(contents(lake), contents(fresh[1]))


def _day(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo("Europe/Berlin")).date()


def test_fact_of_a_day_never_changes_because_of_later_days(
    loaded: tuple[Settings, Lake], tmp_path_factory: pytest.TempPathFactory
) -> None:
    middle = DAYS[20]
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("short"), middle)
    ensure(FACTS, DAYS[:21], settings, lake)
    ensure(FACTS, DAYS, *loaded)
    whole = contents(loaded[1])
    assert_same(contents(lake), {name: frame.filter(pl.col("day") <= middle) for name, frame in whole.items()})


def test_parts_are_one_per_day_and_sorted(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    summary = ensure_facts("first_sessions", DAYS[:5], settings, lake)
    assert summary.made == tuple(DAYS[:5])
    assert list(summary.rows) == DAYS[:5]
    assert sum(summary.rows.values()) == lake.scan("first_sessions").collect().height
    for part in lake.parts("first_sessions"):
        own = pl.read_parquet(part.path)
        assert own.equals(own.sort("slice", "customer"))
        assert own["day"].unique().to_list() in ([], [part.day])


def test_changed_declaration_makes_facts_again(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    ensure_facts("session_steps", DAYS, settings, lake)
    sessions = settings.sources.sessions
    assert sessions is not None
    fewer = sessions.model_copy(update={"dimensions": ("channel",)})
    sources = settings.sources.model_copy(update={"sessions": fewer})
    changed = settings.model_copy(update={"sources": sources})
    assert ensure_facts("session_steps", DAYS, changed, lake).made == tuple(DAYS)
    names = lake.scan("session_steps").select("dimension").unique().collect().to_series().sort().to_list()
    assert names == ["channel", "main"]


def test_missing_history_is_an_error_that_names_the_days(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    with lake.write() as write:
        write.drop("sessions", [DAYS[3], DAYS[4], DAYS[9]])
    with pytest.raises(HistoryError, match=f"{DAYS[3]} to {DAYS[4]}, {DAYS[9]}"):
        ensure_facts("first_sessions", [DAYS[20]], settings, lake)
    # A fact of its own day alone needs no history.
    assert ensure_facts("session_steps", [DAYS[20]], settings, lake).made == (DAYS[20],)


def test_dimension_with_too_many_values_is_refused_with_the_numbers(loaded: tuple[Settings, Lake]) -> None:
    settings, lake = loaded
    reports = settings.reports.model_copy(
        update={"dimensions": settings.reports.dimensions.model_copy(update={"max_values": 3})}
    )
    few = settings.model_copy(update={"reports": reports})
    with pytest.raises(ReportError, match=r"region has \d+ values .* the 3 that reports\.dimensions\.max_values"):
        ensure_facts("dimension_values", DAYS, few, lake)


@pytest.mark.parametrize(
    ("day", "end", "before"),
    [
        (date(2024, 2, 28), date(2024, 2, 29), date(2024, 1, 31)),
        (date(2024, 12, 31), date(2024, 12, 31), date(2024, 12, 31)),
        (date(2024, 1, 1), date(2024, 1, 31), date(2023, 12, 31)),
    ],
)
def test_month_ends(day: date, end: date, before: date) -> None:
    assert (month_end(day), last_month_end(day)) == (end, before)
