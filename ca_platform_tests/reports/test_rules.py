"""Rules that hold for every report, on small shops drawn by hypothesis and on degenerate ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from ca_platform.catalogue import Kind, connected, report_names, report_spec
from ca_platform.errors import HistoryError, ReportError
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.reports.bind import BINDINGS
from ca_platform.settings import Settings
from ca_platform.store.schema import TableSchema, to_edge
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.frames import days_of, load_frames, put_customers, put_sessions
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Customer, Line, Session, Shop

START = date(2024, 3, 29)  # a Friday; clocks change on the Sunday
NAMES = report_names()


def frames(settings: Settings, lake: Lake, days: Sequence[date]) -> dict[str, pl.DataFrame]:
    return computed(existing(settings), days, settings, lake)


def existing(settings: Settings) -> list[str]:
    """Reports whose inputs the shop has: one without lines has no products."""
    return [name for name in NAMES if connected(report_spec(name), settings)]


def main(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("report_dimension") == "main").drop("report_date", "report_dimension", "report_value")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return nasty_shop("Europe/Berlin", date(2024, 3, 20), 45, seed=31)


@pytest.fixture(scope="module")
def loaded(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake]:
    return load_frames(shop, tmp_path_factory.mktemp("shop"), date(2024, 5, 3))


@pytest.fixture(scope="module")
def days(loaded: tuple[Settings, Lake]) -> list[date]:
    return loaded[1].days("sessions")


@pytest.fixture(scope="module")
def at_once(loaded: tuple[Settings, Lake], days: list[date]) -> dict[str, pl.DataFrame]:
    return frames(*loaded, days[-31:])


def test_every_report_of_the_catalogue_has_a_function() -> None:
    assert set(BINDINGS) == set(NAMES)


def test_31_days_at_once_equal_31_single_days(
    loaded: tuple[Settings, Lake], days: list[date], at_once: dict[str, pl.DataFrame]
) -> None:
    single = [frames(*loaded, [day]) for day in days[-31:]]
    for name, frame in at_once.items():
        assert_frame_equal(frame, pl.concat([each[name] for each in single]), check_exact=True)


def test_later_days_change_nothing(
    shop: Shop, days: list[date], at_once: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    day = days[-10]
    known = replace(shop, sessions=[s for s in shop.sessions if s.start < datetime(2024, 4, 24, 22, tzinfo=UTC)])
    assert day == date(2024, 4, 24)
    for name, frame in frames(*load_frames(known, tmp_path, day), [day]).items():
        assert_frame_equal(frame, at_once[name].filter(pl.col("report_date") == day), check_exact=True)


def test_frames_have_the_columns_and_types_of_the_catalogue_and_are_sorted(at_once: dict[str, pl.DataFrame]) -> None:
    prefix = ["report_date", "report_dimension", "report_value"]
    for name, frame in at_once.items():
        spec = report_spec(name)
        assert frame.columns == [*prefix, *spec.column_names]
        edge = to_edge(frame, TableSchema.of(spec), 2, name)
        for column in spec.columns:
            assert column.nullable or column.kind == Kind.FLOAT or not edge[column.name].null_count(), column
        by = [pl.col("report_dimension") != "main", *(pl.col(column) for column in (*prefix[1:], *spec.key))]
        assert_frame_equal(frame, frame.sort(prefix[0], *by, nulls_last=False, maintain_order=True))


def test_money_is_decimal_inside(at_once: dict[str, pl.DataFrame]) -> None:
    for name, frame in at_once.items():
        for column in report_spec(name).columns:
            if column.kind == Kind.MONEY:
                assert isinstance(frame.schema[column.name], pl.Decimal), (name, column.name)


@pytest.mark.parametrize(
    "name", ["daily_funnel", "weekly_funnel", "monthly_funnel", "daily_orders", "weekly_orders", "monthly_orders"]
)
def test_row_of_a_finished_period_is_the_same_in_every_later_report(
    at_once: dict[str, pl.DataFrame], name: str
) -> None:
    key = [column for column in report_spec(name).key if column != "date"]
    finished = at_once[name].filter(~pl.col("is_partial"))
    slices = ["report_dimension", "report_value", "date", *key]
    distinct = finished.drop("report_date").unique()
    assert distinct.height == distinct.select(slices).unique().height
    assert finished["report_date"].n_unique() > 1


def test_weekly_means_of_finished_weeks_are_the_same_in_every_later_report(at_once: dict[str, pl.DataFrame]) -> None:
    for name in ("weekly_average_session_per_user", "weekly_average_order_per_user", "weekly_average_payment_amount"):
        week_is_over = pl.col("week") + pl.duration(days=6) <= pl.col("report_date")
        finished = at_once[name].filter(week_is_over).drop("report_date").unique()
        assert finished.height == finished.select("report_dimension", "report_value", "week").unique().height


def test_milestones_of_finished_days_stay_where_every_customer_has_a_row_in_time(tmp_path: Path) -> None:
    base = nasty_shop("Europe/Berlin", date(2024, 3, 20), 30, seed=32)
    firsts = {s.client: min(o.start for o in base.sessions if o.client == s.client) for s in base.sessions}
    early = replace(base, customers=[Customer(client, at - timedelta(hours=1)) for client, at in firsts.items()])
    settings, lake = load_frames(early, tmp_path, date(2024, 4, 18))
    frame = frames(settings, lake, lake.days("sessions")[-12:])["daily_funnel_downloads"]
    finished = main(frame.filter(~pl.col("is_partial"))).unique()
    assert finished.height == finished.select("date", "step").unique().height


def test_values_of_a_dimension_sum_to_main(at_once: dict[str, pl.DataFrame]) -> None:
    measures = {"daily_funnel": ["sessions"], "hourly_funnel": ["mean_sessions"], "monthly_orders": ["orders"]}
    for name, columns in measures.items():
        key = [column for column in report_spec(name).key if column != "step_index"]
        key += ["step"] if name.endswith("funnel") else []
        frame = at_once[name].group_by("report_date", "report_dimension", *key).agg(pl.col(columns).sum())
        whole = frame.filter(pl.col("report_dimension") == "main").drop("report_dimension")
        for dimension in ("region", "channel"):
            parts = frame.filter(pl.col("report_dimension") == dimension).drop("report_dimension")
            assert_frame_equal(parts, whole, check_row_order=False)


def test_replaced_day_and_replaced_customers_are_seen(shop: Shop, tmp_path: Path) -> None:
    settings, lake = load_frames(shop, tmp_path, date(2024, 4, 10))
    frames(settings, lake, [date(2024, 4, 10)])
    gone = replace(
        shop,
        sessions=[s for s in shop.sessions if not 10 <= int(s.order_id.strip("ab") or 0) < 60],
        customers=shop.customers[5:],
    )
    put_sessions(lake, gone, days_of(gone, date(2024, 4, 10))[5:])
    put_customers(lake, gone)
    kept_days = days_of(gone, date(2024, 4, 10))[:5]
    put_sessions(lake, gone, kept_days[2:])
    put_sessions(lake, gone, kept_days[:2])
    for name, frame in frames(settings, lake, [date(2024, 4, 10)]).items():
        assert_equal(frame, gone, name, date(2024, 4, 10))


# Degenerate shops


def session(number: int, client: str, at: datetime, amount: str | None = None, region: str | None = "EU") -> Session:
    return Session(
        order_id=f"o{number}",
        client=client,
        start=at,
        amount=Decimal(amount or 0),
        purchased=amount is not None,
        dimensions={"region": region},
        actions=frozenset({"view"}),
        times={"view": at + timedelta(seconds=30)},
    )


def basket(number: int, order_id: str) -> list[Line]:
    """None to three lines of three products."""
    names = [f"p{(number + n) % 3}" for n in range(number % 4)]
    return [Line(order_id, name, Decimal(number), category=name if number % 2 else None) for name in names]


def small_shop(sessions: list[Session], customers: list[Customer], **changes: Any) -> Shop:
    shape: dict[str, Any] = {"start_date": START, "time_zone": "Europe/Berlin", "actions": ("view",)}
    shape |= {"customer_actions": ("first_login",), "dimensions": ("region",)}
    shape |= {"lines": [line for n, session in enumerate(sessions) for line in basket(n, session.order_id)]}
    return Shop(sessions=sessions, customers=customers, **(shape | changes))


NOON = datetime(2024, 3, 30, 12, tzinfo=UTC)
DEGENERATE = {
    "one customer": small_shop([session(1, "a", NOON, "9.99")], [Customer("a", NOON)]),
    "nobody bought": small_shop([session(n, f"c{n}", NOON + timedelta(hours=n)) for n in range(5)], []),
    "nobody came": small_shop([], [Customer("a", NOON)]),
    "everything on one day": small_shop(
        [session(n, f"c{n % 3}", NOON + timedelta(minutes=n), f"{n}.00") for n in range(9)], [Customer("c0", NOON)]
    ),
    "free orders": small_shop([session(n, "a", NOON + timedelta(days=n), "0") for n in range(3)], []),
    "no dimension and no action": small_shop([session(1, "a", NOON, "5")], [], dimensions=(), actions=()),
    "short history": small_shop(
        [session(n, "a", NOON + timedelta(days=n), "2.50", None) for n in range(6)], [], history_days=3
    ),
}


def test_names_of_columns_may_be_names_of_actions_and_dimensions(tmp_path: Path) -> None:
    actions = ("orders", "revenue", "step", "hour", "date", "sessions", "closed")
    base = [session(n, f"c{n % 3}", NOON + timedelta(hours=7 * n), "5" if n % 2 else None) for n in range(9)]
    sessions = [
        replace(
            s,
            dimensions={"slice": "x", "value": None, "day": s.client},
            actions=frozenset(actions[n % 7 :]),
            times={name: s.start + timedelta(minutes=n) for name in actions[n % 7 :]},
        )
        for n, s in enumerate(base)
    ]
    own = ("customer", "since", "day", "at", "slice", "visible", "cohort", "until")
    customers = [Customer("c1", NOON, None, {name: NOON + timedelta(hours=n) for n, name in enumerate(own)})]
    shop = small_shop(sessions, customers, actions=actions, customer_actions=own, dimensions=("slice", "value", "day"))
    last = START + timedelta(days=6)
    for report, frame in frames(*load_frames(shop, tmp_path, last), [last]).items():
        assert_equal(frame, shop, report, last)


@pytest.mark.parametrize("name", sorted(DEGENERATE))
def test_degenerate_shop_equals_the_second_implementation(name: str, tmp_path: Path) -> None:
    shop = DEGENERATE[name]
    if not shop.dimensions:
        shop = replace(shop, sessions=[replace(s, dimensions={}, actions=frozenset(), times={}) for s in shop.sessions])
    last = START + timedelta(days=8)
    settings, lake = load_frames(shop, tmp_path, last)
    asked = [START, START + timedelta(days=1), last]
    names = existing(settings)
    absent = ("dimension_kpis", "daily_dimension_values") if not shop.dimensions else ()
    assert set(absent).isdisjoint(names)
    assert ("product_kpis" in names) is bool(shop.lines)
    for report, frame in compute(names, asked, settings, lake):
        assert isinstance(frame, pl.DataFrame), f"{report}: {frame!r}"
        for day in asked:
            assert_equal(frame, shop, report, day)


# Drawn shops

ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu")
MINUTES = 12 * 24 * 60


@st.composite
def drawn_shops(draw: st.DrawFn) -> Shop:
    """Up to 25 sessions of a few clients within twelve days, some customers with rows at any time."""
    begin = datetime(2024, 3, 29, 3, tzinfo=UTC)
    clients = st.sampled_from(["a", "b", "c"])
    instants = st.integers(0, MINUTES - 1).map(lambda minute: begin + timedelta(minutes=minute))
    amounts = st.none() | st.sampled_from(["0", "9.99", "9.99", "10", "1234.56"])
    regions = st.sampled_from(["EU", "US", None])
    rows = draw(st.lists(st.tuples(clients, instants, amounts, regions), max_size=25))
    sessions = [session(n, client, at, amount, region) for n, (client, at, amount, region) in enumerate(rows)]
    known = draw(st.dictionaries(st.sampled_from(["a", "b", "d"]), instants))
    customers = [
        Customer(client, at, at + timedelta(hours=5), {"first_login": at - timedelta(hours=30)})
        for client, at in sorted(known.items())
    ]
    return small_shop(sessions, customers, time_zone=draw(st.sampled_from(ZONES)), has_signup=bool(customers))


@trying(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(drawn_shops())
def test_drawn_shop_equals_the_second_implementation_and_keeps_the_invariants(shop: Shop) -> None:
    asked = [START + timedelta(days=n) for n in (1, 4, 5, 12)]
    with TemporaryDirectory() as folder:
        found = frames(*load_frames(shop, Path(folder), asked[-1]), asked)
    for name, frame in found.items():
        for day in asked:
            assert_equal(frame, shop, name, day)
    closed = found["session_funnel_conversion"].sort("report_date", "report_dimension", "report_value", "step_index")
    steps = closed.group_by("report_date", "report_dimension", "report_value").agg("sessions_closed", "sessions_open")
    for one in steps["sessions_closed"].to_list():
        assert one == sorted(one, reverse=True)
    conversion = found["customer_funnel_conversion"]
    assert conversion.filter(pl.col("customers_7d") > pl.col("customers_30d")).is_empty()
    assert conversion.filter(pl.col("customers_30d") > pl.col("customers_ever")).is_empty()
    assert conversion.filter(pl.col("customers_ever") > pl.col("cohort_size")).is_empty()
    sequence = (
        found["user_counts_per_order_seq"]
        .group_by("report_date", "report_dimension", "report_value")
        .agg(
            pl.col("customers").sum(),
            pl.col("customers_at_least").max(),
            orders=(pl.col("orders") * pl.col("customers")).sum(),
        )
    )
    assert sequence.filter(pl.col("customers") != pl.col("customers_at_least")).is_empty()
    histogram = (
        found["purchase_amount_distribution"]
        .group_by("report_date", "report_dimension", "report_value")
        .agg(all_orders=pl.col("orders").sum(), all_customers=pl.col("customers").sum())
    )
    both = sequence.join(histogram, on=["report_date", "report_dimension", "report_value"], nulls_equal=True)
    assert both.height == sequence.height
    assert both.filter(
        (pl.col("orders") != pl.col("all_orders")) | (pl.col("customers") != pl.col("all_customers"))
    ).is_empty()


# Errors


def outcomes(settings: Settings, lake: Lake, names: Sequence[str], days: Sequence[date]) -> dict[str, Any]:
    return dict(compute(names, days, settings, lake))


def test_missing_history_is_an_error_of_each_report_that_names_the_days(shop: Shop, tmp_path: Path) -> None:
    settings, lake = load_frames(shop, tmp_path, date(2024, 3, 30))
    with lake.write() as write:
        write.drop("sessions", [date(2024, 3, 22)])
    found = outcomes(settings, lake, ["kpis", "daily_funnel"], [date(2024, 3, 25)])
    assert all(isinstance(error, HistoryError) and "2024-03-22" in str(error) for error in found.values())
    before = outcomes(settings, lake, ["kpis"], [date(2024, 3, 21)])
    assert isinstance(before["kpis"], pl.DataFrame)


def test_day_before_the_start_date_and_missing_input_are_refused(shop: Shop, tmp_path: Path) -> None:
    settings, lake = load_frames(shop, tmp_path, date(2024, 3, 22))
    found = outcomes(settings, lake, ["kpis"], [date(2024, 3, 1)])
    assert isinstance(found["kpis"], ReportError)
    assert "start_date" in str(found["kpis"])


def test_one_failing_report_does_not_keep_the_others_from_being_computed(
    loaded: tuple[Settings, Lake], days: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> pl.LazyFrame:
        raise ReportError("broken on purpose")

    monkeypatch.setitem(BINDINGS, "kpis", fail)
    found = outcomes(*loaded, ["kpis", "daily_orders"], [days[-1]])
    assert str(found["kpis"]) == "broken on purpose"
    assert isinstance(found["daily_orders"], pl.DataFrame)


def test_customers_that_were_never_loaded_fail_only_what_needs_them(shop: Shop, tmp_path: Path) -> None:
    settings, lake = load_frames(shop, tmp_path, date(2024, 3, 22))
    with lake.write() as write:
        write.drop("customers", [None])
    found = outcomes(settings, lake, existing(settings), [date(2024, 3, 22)])
    failed = {name for name, outcome in found.items() if isinstance(outcome, Exception)}
    assert failed == {name for name in NAMES if "customers" in report_spec(name).facts}
    assert all(isinstance(found[name], HistoryError) for name in failed)


def test_too_many_values_of_a_dimension_are_refused_with_the_numbers(
    loaded: tuple[Settings, Lake], days: list[date]
) -> None:
    settings, lake = loaded
    few = settings.reports.model_copy(
        update={"dimensions": settings.reports.dimensions.model_copy(update={"max_values": 2})}
    )
    found = outcomes(settings.model_copy(update={"reports": few}), lake, ["daily_orders", "kpis"], [days[-1]])
    for error in found.values():
        assert isinstance(error, ReportError)
        assert "region has 11 values" in str(error)


def test_no_value_is_infinite_or_nan(at_once: dict[str, pl.DataFrame]) -> None:
    for name, frame in at_once.items():
        for column in frame.select(pl.selectors.float()).columns:
            assert not any(math.isnan(v) or math.isinf(v) for v in frame[column].drop_nulls()), (name, column)
