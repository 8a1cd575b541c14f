"""Models of lifetime value in the lake: what they may know, when they are made anew, and shops that teach little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ca_platform.calendar import days_between
from ca_platform.facts import ensure
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.forecast import share_to_ask
from ca_platform.reports.tables import Tables
from ca_platform.settings import Settings
from ca_platform.training import VALUE_MODELS, VALUE_SCORES, ValueModels
from ca_platform.training.clv import candidates
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import DAYS, START, Order, orders, write

MONDAY = date(2024, 7, 1)
NAMES = ("client_feature_predicted", "clv_backtest")
QUICK = ("bg_nbd", "mbg_nbd")
LAST = START + timedelta(days=DAYS - 1)


@dataclass(frozen=True)
class Place:
    settings: Settings
    lake: Lake

    def reports(self, *days: date) -> dict[str, pl.DataFrame]:
        return computed(NAMES, list(days), self.settings, self.lake)

    def asking(self, **clv: object) -> Place:
        reports = self.settings.reports
        found = reports.model_copy(update={"clv": reports.clv.model_copy(update=clv)})
        return Place(self.settings.model_copy(update={"reports": found}), self.lake)

    def models(self, last: date) -> ValueModels:
        ensure(["customer_orders"], list(days_between(START, last)), self.settings, self.lake)
        return ValueModels(last, self.settings, self.lake)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(*write(tmp_path_factory.mktemp("whole"), orders()))


@pytest.fixture(scope="module")
def all_candidates(whole: Place) -> ValueModels:
    """All but the networks, trained on a Monday."""
    models = whole.models(MONDAY)
    models.train(MONDAY)
    return models


def test_later_data_change_nothing(whole: Place, tmp_path: Path) -> None:
    """The same shop, once with 46 more days in the lake."""
    last = MONDAY + timedelta(days=2)
    cut = Place(*write(tmp_path, [order for order in orders() if order.at.date() <= last]))
    assert cut.lake.days("sessions")[-1] == whole.lake.days("sessions")[-1]
    early, late = cut.reports(last), whole.reports(last)
    for name in NAMES:
        assert early[name].height > 100
        assert early[name].equals(late[name])


def test_days_together_are_forecast_as_days_one_by_one(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=offset) for offset in (-1, 0, 6)]
    together, single = (
        Place(*write(tmp_path / name, orders(150))).asking(models=QUICK) for name in ("together", "single")
    )
    at_once = together.reports(*days)
    one_by_one = [single.reports(day) for day in reversed(days)]
    for name in NAMES:
        assert at_once[name].equals(pl.concat(part[name] for part in reversed(one_by_one)))
    assert together.lake.days(VALUE_MODELS) == together.lake.days(VALUE_SCORES) == [MONDAY - timedelta(days=7), MONDAY]


def test_a_model_is_made_anew_when_an_order_before_it_or_what_is_asked_has_changed(tmp_path: Path) -> None:
    place = Place(*write(tmp_path, orders(150))).asking(models=QUICK)

    def write_id(place: Place) -> str:
        place.reports(MONDAY + timedelta(days=1))
        (part,) = place.lake.parts(VALUE_MODELS)
        return part.write_id

    first = write_id(place)
    assert write_id(place) == first
    ingest("sessions", [LAST], place.settings, place.lake)
    assert write_id(place) == first, "the last day lies after the training"
    ingest("sessions", [START + timedelta(days=3)], place.settings, place.lake)
    second = write_id(place)
    third, fourth = write_id(place.asking(horizon_weeks=4)), write_id(place.asking(models=QUICK[:1], horizon_weeks=4))
    assert len({first, second, third, fourth}) == 4


def test_every_candidate_is_kept_as_it_was_fitted(whole: Place, all_candidates: ValueModels) -> None:
    contest = all_candidates.train(MONDAY)
    again = ValueModels(MONDAY, whole.settings, whole.lake)
    served = again.model(MONDAY)
    assert (served.name, served.horizon_days) == (contest.served, contest.horizon_days)
    assert (served.orders_level, served.revenue_level) == (contest.orders_level, contest.revenue_level)
    buyers = buyers_at(again.history, int(again.history.day.max()) + 1, has_season=True)
    assert set(contest.fitted) >= {"naive", "bg_nbd", "mbg_nbd", "pareto_nbd", "mbg_cnbd_k", "boosted"}
    for name, model in contest.fitted.items():
        said, same = model.forecast(buyers, 90), again.candidate(MONDAY, name).forecast(buyers, 90)
        assert (said.orders == same.orders).all(), name
        assert (said.high == same.high).all(), name


def test_models_of_all_kinds_learn_from_orders_that_are_read_once(whole: Place, all_candidates: ValueModels) -> None:
    tables = Tables([MONDAY], whole.settings, whole.lake)
    read = tables.value.models.history
    assert (read.day == all_candidates.history.day).all()
    assert tables.risk.models.history is tables.value_classes.models.history is read


def test_levels_are_applied_to_what_is_forecast(whole: Place, all_candidates: ValueModels) -> None:
    served = all_candidates.model(MONDAY)
    said = all_candidates.forecast(MONDAY)
    share = share_to_ask(0.8, 182, served.horizon_days)
    assert share > 0.8, "half a year ahead is farther than the back-test could try"
    buyers = buyers_at(all_candidates.history, int(all_candidates.history.day.max()) + 1, has_season=True)
    plain = served.model.forecast(buyers, 182, share)
    assert said.orders == pytest.approx(plain.orders * served.orders_level.factor)
    assert said.high == pytest.approx(plain.high * served.revenue_level.factor)
    assert said.revenue == pytest.approx(said.orders * said.amount)


def test_a_shorter_time_ahead_brings_less(all_candidates: ValueModels) -> None:
    whole, part = all_candidates.forecast(MONDAY).revenue, all_candidates.revenue(MONDAY, 14)
    assert (part <= whole).all()
    assert 0 < part.sum() < whole.sum() / 2
    assert all_candidates.revenue(MONDAY, 182) == pytest.approx(whole)


def test_the_baseline_always_takes_part() -> None:
    reports = Settings().reports
    for names in ((), ("bg_nbd",)):
        clv = reports.clv.model_copy(update={"models": names})
        assert list(candidates(Settings(reports=reports.model_copy(update={"clv": clv})))) == ["naive", *names]


def bought(client: str, day: int, amount: float = 20.0) -> Order:
    return Order(client, datetime.combine(START, datetime.min.time()) + timedelta(days=day, hours=12), amount)


ODD = {
    "no order": [],
    "one customer": [bought("a", day) for day in range(0, 190, 9)],
    "all in one day": [bought(f"c{number}", 40) for number in range(60)],
    "all buy once": [bought(f"c{number}", number % 190) for number in range(120)],
    "nobody pays": [bought(f"c{number % 40}", 7 * (number // 40) + number % 7, 0.0) for number in range(900)],
    "one has nearly all": [
        *(bought("heavy", place % 190) for place in range(3_000)),
        *(bought(f"c{number % 30}", 3 * (number // 30) + number % 3) for number in range(150)),
    ],
}


@pytest.mark.parametrize(
    ("shop", "note"),
    [
        ("no order", None),
        ("one customer", "^1 customer has ordered on a second day"),
        ("all in one day", "ordered on a second day"),
        ("all buy once", "0 customers have ordered on a second day"),
        ("nobody pays", "amount"),
        ("one has nearly all", "one customer"),
    ],
)
def test_odd_shops_have_numbers_and_a_note(shop: str, note: str | None, tmp_path: Path) -> None:
    place = Place(*write(tmp_path, ODD[shop])).asking(models=("bg_nbd", "boosted"))
    found = place.reports(LAST)
    rows = found["client_feature_predicted"]
    assert rows["client"].to_list() == sorted({order.client for order in ODD[shop]})
    if note is None:
        assert rows.is_empty()
        return
    assert rows["note"].str.contains(note).all(), rows["note"][0]
    for name in ("expected_orders", "expected_amount", "expected_revenue", "revenue_low", "revenue_high"):
        values = rows[name].cast(pl.Float64).to_numpy()
        assert np.isfinite(values).all(), name
        assert (values >= 0).all(), name
    backtest = found["clv_backtest"]
    assert backtest["value"].is_finite().drop_nulls().all()
    is_judged = shop in ("nobody pays", "one has nearly all")
    assert backtest.is_empty() != is_judged
    assert is_judged or rows["model"].unique().to_list() == ["naive"]


def test_a_young_shop_is_served_by_the_baseline(whole: Place) -> None:
    month = START + timedelta(days=30)
    found = whole.reports(START, month)
    rows = found["client_feature_predicted"].filter(report_date=month)
    assert rows["model"].unique().to_list() == ["naive"]
    assert rows["note"].str.contains("56 are needed.*; the orders do not show who has left$").all()
    assert rows["probability_alive"].null_count() == rows.height, "the baseline says nothing of leaving"
    assert found["clv_backtest"].filter(report_date=month).is_empty()
