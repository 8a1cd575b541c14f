"""Cohorts, retention, growth, the journey and churn: their identities, their settings, and shops of several years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ca_platform.catalogue import report_names, report_spec
from ca_platform.facts import FACTS, ensure
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.reports import IN_PARTS
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Session, Shop

SHOP = nasty_shop("Europe/Berlin", date(2024, 3, 20), 60, seed=41)
LAST = date(2024, 5, 18)
NAMES = [name for name in report_names() if report_spec(name).family in ("cohorts", "churn") and name not in IN_PARTS]
COHORTS = [name for name in NAMES if "_cohort_" in name]
RETENTION = ["weekly_retention", "monthly_retention"]
CHURN = ["churn", "churn_weekly"]
PLACE = ["report_date", "report_dimension", "report_value"]


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    settings, lake = load_frames(SHOP, tmp_path_factory.mktemp("shop"), LAST)
    days = [LAST - timedelta(days=back) for back in range(16)]
    return computed([*NAMES, "weekly_average_order_per_user", "user_counts_per_order_seq"], days, settings, lake)


@pytest.mark.parametrize("name", COHORTS)
def test_cells_of_a_cohort_sum_to_at_most_the_cohort_and_the_cumulative_rate_never_falls(
    frames: dict[str, pl.DataFrame], name: str
) -> None:
    cohorts = (
        frames[name]
        .group_by(*PLACE, "cohort", maintain_order=True)
        .agg(
            total=pl.col("customers").sum(),
            size=pl.col("cohort_size").first(),
            falls=(pl.col("cumulative_rate").diff() < 0).any(),
            last=pl.col("cumulative_rate").drop_nulls().last(),
        )
    )
    assert cohorts["total"].sum() > 0
    assert cohorts.filter(pl.col("total") > pl.col("size")).is_empty()
    assert not cohorts["falls"].any()
    same = (pl.col("total") / pl.col("size") - pl.col("last")).abs() < 1e-12
    assert cohorts.filter(pl.col("size") > 0).select(same.all()).item()


@pytest.mark.parametrize("name", [*COHORTS, *RETENTION, "cohort_revenue"])
def test_cell_is_null_with_everything_in_it_exactly_when_its_period_begins_after_the_day(
    frames: dict[str, pl.DataFrame], name: str
) -> None:
    unit = "1mo" if name in ("monthly_retention", "cohort_revenue") else "1d" if name.startswith("daily") else "1w"
    begins = pl.col("cohort").dt.offset_by(pl.format("{}" + unit[1:], "offset"))
    rows = frames[name].with_columns(is_late=begins > pl.col("report_date"))
    measure = "orders" if name == "cohort_revenue" else "customers"
    assert rows.filter(pl.col("is_late") != pl.col(measure).is_null()).is_empty()
    assert rows.filter(pl.col("is_late") != pl.col("is_partial").is_null()).is_empty()
    assert (
        rows.filter(pl.col("is_late")).select(pl.col("rate" if "rate" in rows.columns else "revenue").count()).item()
        == 0
    )


@pytest.mark.parametrize("name", RETENTION)
def test_everybody_is_there_at_offset_zero(frames: dict[str, pl.DataFrame], name: str) -> None:
    starts = frames[name].filter((pl.col("offset") == 0) & (pl.col("cohort_size") > 0))
    assert starts.height > 0
    assert (starts["rate"] == 1.0).all()


def test_row_of_a_finished_cell_is_the_same_in_every_later_report(frames: dict[str, pl.DataFrame]) -> None:
    # A download may become known later: the tables of downloads are not among these.
    for name in (*(name for name in COHORTS if "from" in name), *RETENTION, "cohort_revenue", "growth"):
        finished = frames[name].filter(~pl.col("is_partial")).drop("report_date").unique()
        key = [*PLACE[1:], *report_spec(name).key]
        assert finished.height == finished.select(key).unique().height > 0, name


def test_churn_at_a_monday_is_the_same_in_every_later_report(frames: dict[str, pl.DataFrame]) -> None:
    rows = frames["churn_weekly"].drop("report_date").unique()
    assert rows.height == rows.select(*PLACE[1:], "week").unique().height > 0


def test_churned_and_engaged_are_all_customers_and_churn_follows_from_the_week_before(
    frames: dict[str, pl.DataFrame],
) -> None:
    for name in CHURN:
        known = frames[name].filter(pl.col("churned").is_not_null())
        assert known.height > 0
        assert known.filter(pl.col("churned") + pl.col("engaged") != pl.col("customers")).is_empty()
        assert known.filter((pl.col("churn_rate") + pl.col("engaged_rate") - 1).abs() > 1e-12).is_empty()
    weeks = frames["churn_weekly"].with_columns(before=pl.col("churned").shift(1).over(PLACE))
    step = pl.col("before") + pl.col("newly_churned") - pl.col("reactivated")
    assert weeks["newly_churned"].count() > 0
    assert weeks.filter(step != pl.col("churned")).is_empty()
    assert weeks.filter(pl.col("before").is_null() != pl.col("newly_churned").is_null()).is_empty()


def test_churn_of_a_day_before_a_monday_is_that_of_the_monday(frames: dict[str, pl.DataFrame]) -> None:
    sunday = date(2024, 5, 12)
    columns = [*PLACE[1:], "customers", "churned", "threshold_days"]
    day = frames["churn"].filter(pl.col("report_date") == sunday).select(columns)
    weeks = frames["churn_weekly"].filter((pl.col("report_date") == LAST) & (pl.col("week") == date(2024, 5, 13)))
    joined = day.join(weeks.select(columns), on=PLACE[1:], nulls_equal=True)
    assert joined.height == day.height > 0
    for column in columns[2:]:
        assert joined[column].equals(joined[f"{column}_right"], null_equal=True), column


def test_active_customers_are_new_returning_and_reactivated_and_follow_from_the_period_before(
    frames: dict[str, pl.DataFrame],
) -> None:
    key = [*PLACE, "period", "date"]
    wide = frames["growth"].pivot("metric", index=key, values="value").sort(key)
    active = sum((pl.col(f"{kind}_customers") for kind in ("new", "returning", "reactivated")), pl.lit(0.0))
    rows = wide.with_columns(active=active).with_columns(before=pl.col("active").shift(1).over(*PLACE, "period"))
    change = pl.col("new_customers") + pl.col("reactivated_customers") - pl.col("churned_customers")
    assert rows.filter(pl.col("before") + change != pl.col("active")).is_empty()
    weeks = frames["weekly_average_order_per_user"].select(*PLACE, "customers", date="week")
    both = rows.filter(pl.col("period") == "week").join(weeks, on=[*PLACE, "date"], nulls_equal=True)
    assert both.height == weeks.height
    assert both.filter(pl.col("active") != pl.col("customers")).is_empty()


def test_stages_of_the_journey_hold_those_with_so_many_orders(frames: dict[str, pl.DataFrame]) -> None:
    stages = frames["customer_journey"].filter(pl.col("stage") != "last_order_to_now")
    reached = frames["user_counts_per_order_seq"].select(*PLACE, "customers_at_least", stage_index=pl.col("orders") - 1)
    both = stages.join(reached, on=[*PLACE, "stage_index"], nulls_equal=True)
    assert both.height == stages.filter(pl.col("customers") > 0).height > 0
    assert both.filter(pl.col("customers") != pl.col("customers_at_least")).is_empty()


# Settings

METHODS = {
    "customer": {"churn_method": "customer", "churn_factor": 1.3},
    "fixed": {"churn_method": "fixed", "churn_days": 6.5},
}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_churn_by_other_methods_equals_the_second_implementation(method: str, tmp_path: Path) -> None:
    shop = replace(SHOP, **METHODS[method])  # type: ignore[arg-type]
    days = [date(2024, 3, 20), date(2024, 3, 25), date(2024, 4, 7), LAST]
    found = computed(CHURN, days, *load_frames(shop, tmp_path, LAST))
    for name in CHURN:
        assert all(assert_equal(found[name], shop, name, day) for day in days[1:])
        assert_equal(found[name], shop, name, days[0])


def test_daily_cohorts_are_the_last_ones(tmp_path: Path) -> None:
    shop = replace(SHOP, cohort_days=5, history_days=3)
    names = [name for name in COHORTS if name.startswith("daily")]
    found = computed(names, [LAST], *load_frames(shop, tmp_path, LAST))
    for name in names:
        assert assert_equal(found[name], shop, name, LAST) > 0


def test_other_churn_settings_make_the_churn_of_weeks_again_and_nothing_else(tmp_path: Path) -> None:
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    days = lake.days("sessions")
    ensure(FACTS, days, settings, lake)
    churn = settings.reports.churn.model_copy(update={"method": "fixed"})
    other = settings.model_copy(update={"reports": settings.reports.model_copy(update={"churn": churn})})
    made = ensure(FACTS, days, other, lake)
    assert {name for name, chosen in made.items() if chosen} == {"churn_weeks"}


def test_single_report_brings_along_what_its_facts_are_made_of(tmp_path: Path) -> None:
    settings, lake = load_frames(SHOP, tmp_path, LAST)
    for name in ("kpis", "churn_weekly", "growth", "weekly_cohort_from_2_to_3"):
        for day in (date(2024, 4, 1), date(2024, 4, 2), LAST):
            assert_equal(computed([name], [day], settings, lake)[name], SHOP, name, day)


# Years


def test_shop_of_several_years_equals_the_second_implementation(tmp_path: Path) -> None:
    """Ages beyond 52 weeks and 24 months, changes against the year before, weeks over the turn of a year."""
    start, zone = date(2021, 11, 3), "America/Sao_Paulo"
    begin = datetime(2021, 11, 3, 12, tzinfo=UTC)
    sessions = [
        Session(
            order_id=f"{client}-{number}",
            client=f"client {client}",
            start=begin + timedelta(days=client * 11 + number * every, minutes=number),
            amount=Decimal(client + number),
            purchased=True,
            dimensions={"region": "EU" if number % 3 else "US"},
        )
        for client, every in enumerate((1, 6, 29, 45, 190, 380, 790))
        for number in range(800 // every + 1)
        if client * 11 + number * every < 800
    ]
    shop = Shop(sessions, [], start, zone, dimensions=("region",))
    last = start + timedelta(days=799)
    names = [name for name in NAMES if not name.startswith("daily")]
    found = computed(names, [last], *load_frames(shop, tmp_path, last))
    for name in names:
        assert assert_equal(found[name], shop, name, last) > 0
    changes = found["growth"].filter(pl.col("change_year").is_not_null())
    assert set(changes["period"]) == {"week", "month"}
