"""Models of churn risk in the lake: which of them serves a day, when they are made anew, and what they may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.training import MODELS, SCORES, ChurnModels, served_by
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import DAYS, START, orders, write

MONDAY = date(2024, 7, 1)
NAMES = ("churn_risk", "churn_backtest")


@dataclass(frozen=True)
class Place:
    settings: Settings
    lake: Lake

    def reports(self, *days: date) -> dict[str, pl.DataFrame]:
        return computed(NAMES, list(days), self.settings, self.lake)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(*write(tmp_path_factory.mktemp("whole"), orders()))


def test_the_last_model_of_the_week_before_serves_else_that_of_the_monday() -> None:
    start = date(2024, 1, 3)
    assert served_by(MONDAY, [], start) == MONDAY
    assert served_by(MONDAY + timedelta(days=6), [], start) == MONDAY
    assert served_by(MONDAY + timedelta(days=3), [MONDAY - timedelta(days=1)], start) == MONDAY - timedelta(days=1)
    assert served_by(MONDAY + timedelta(days=6), [MONDAY - timedelta(days=1)], start) == MONDAY
    assert served_by(MONDAY, [MONDAY + timedelta(days=1)], start) == MONDAY
    assert served_by(start, [], start) == start, "no model knows of days before the first"


def test_later_data_change_nothing(whole: Place, tmp_path: Path) -> None:
    """The same shop, once with 46 more days in the lake."""
    last = MONDAY + timedelta(days=2)
    cut = Place(*write(tmp_path, [order for order in orders() if order.at.date() <= last]))
    assert cut.lake.days("sessions")[-1] == whole.lake.days("sessions")[-1]
    early, late = cut.reports(last), whole.reports(last)
    for name in NAMES:
        assert early[name].height > 100
        assert early[name].equals(late[name])


def test_days_together_are_served_as_days_one_by_one(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=offset) for offset in (-1, 0, 6)]
    together, single = (Place(*write(tmp_path / name, orders(150))) for name in ("together", "single"))
    at_once = together.reports(*days)
    one_by_one = [single.reports(day) for day in reversed(days)]
    for name in NAMES:
        assert at_once[name].equals(pl.concat(part[name] for part in reversed(one_by_one)))
    assert together.lake.days(MODELS) == together.lake.days(SCORES) == [MONDAY - timedelta(days=7), MONDAY]
    assert at_once["churn_risk"]["trained_on"].unique().sort().to_list() == [MONDAY - timedelta(days=7), MONDAY]


def test_a_model_is_made_anew_when_an_order_before_it_or_the_horizon_has_changed(tmp_path: Path) -> None:
    place = Place(*write(tmp_path, orders(150)))
    asked = [MONDAY + timedelta(days=1)]

    def write_id() -> str:
        place.reports(*asked)
        (part,) = place.lake.parts(MODELS)
        return part.write_id

    first = write_id()
    assert write_id() == first
    ingest("sessions", [START + timedelta(days=DAYS - 1)], place.settings, place.lake)
    assert write_id() == first, "the last day lies after the training"
    ingest("sessions", [START + timedelta(days=3)], place.settings, place.lake)
    second = write_id()
    assert second != first
    risk = place.settings.reports.churn_risk.model_copy(update={"horizon_days": 17.5})
    reports = place.settings.reports.model_copy(update={"churn_risk": risk})
    place = Place(place.settings.model_copy(update={"reports": reports}), place.lake)
    assert write_id() != second
    assert place.reports(*asked)["churn_risk"]["horizon_days"].unique().to_list() == [17.5]


def test_a_model_trained_by_hand_serves_the_days_after_it(whole: Place) -> None:
    thursday = MONDAY + timedelta(days=10)
    whole.reports(MONDAY + timedelta(days=14))
    ChurnModels(thursday, whole.settings, whole.lake).train(thursday)
    found = whole.reports(thursday - timedelta(days=1), thursday, thursday + timedelta(days=6))["churn_risk"]
    served = found.group_by("report_date").agg(pl.col("trained_on").unique()).sort("report_date")
    assert served["trained_on"].to_list() == [[MONDAY + timedelta(days=7)], [thursday], [MONDAY + timedelta(days=14)]]


def test_a_young_shop_is_served_by_the_baseline_and_one_without_a_second_order_has_no_rows(whole: Place) -> None:
    first, month = START, START + timedelta(days=30)
    found = whole.reports(first, month)
    assert found["churn_risk"].filter(report_date=month)["model"].unique().to_list() == ["waiting_times"]
    assert found["churn_backtest"].filter(report_date=month).is_empty()
    assert found["churn_risk"].filter(report_date=first).is_empty()


def test_customers_with_other_numbers_are_warned_of_from_the_next_training_on(tmp_path: Path) -> None:
    """Old numbers look lost for good: their risk is no churn."""
    moved = date(2024, 6, 10)
    renumbered = [
        order._replace(client=f"new {order.client}") if order.at.date() >= moved else order for order in orders(1_000)
    ]
    found = Place(*write(tmp_path, renumbered)).reports(moved, MONDAY + timedelta(days=7))["churn_risk"]
    notes = dict(found.group_by("report_date").agg(pl.col("note").unique().first()).iter_rows())
    assert notes[moved] is None
    assert "had ordered before 2024-06-10 has ordered since" in notes[MONDAY + timedelta(days=7)]
