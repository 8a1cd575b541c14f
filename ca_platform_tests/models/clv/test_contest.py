"""The contest of the models: what was known decides, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.backtest import History
from ca_platform.models.clv import MODELS, fit_amounts, forecast_revenue, known
from ca_platform.models.clv.candidates import BASELINE, CANDIDATES, Candidate, Forecaster
from ca_platform.models.clv.contest import Contest, hold_contest
from ca_platform.models.clv.customers import Buyers, buyers_at
from ca_platform.models.clv.forecast import ValueForecast, ValueModel, levelled
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.record import Parameters
from ca_platform_tests.models.clv.shops_simulated import drawn_history

# In days: about an order in three weeks, customers who leave.
STORY = known("bg_nbd", {"r": 0.8, "alpha": 12.0, "a": 0.8, "b": 2.0})
END, HORIZON = 400, 90
QUICK = ("naive", "bg_nbd", "mbg_cnbd_k")


@pytest.fixture(scope="module")
def history() -> History:
    return drawn_history(STORY, customers=1_500, days=END + HORIZON, seed=7)


@pytest.fixture(scope="module")
def contest(history: History) -> Contest:
    return hold_contest(history, END, HORIZON, QUICK)


def test_a_model_that_knows_who_leaves_beats_the_rate_of_before(contest: Contest) -> None:
    assert contest.served != BASELINE
    assert contest.reason == ""
    errors = {
        model: np.mean([abs(score.value or 0) for score in _scores(contest, "orders_total_error", model)])
        for model in QUICK
    }
    assert errors[contest.served] < 0.15 < errors[BASELINE]


def test_every_model_is_scored_at_every_origin(contest: Contest) -> None:
    cells = [(score.origin, score.model, score.metric) for score in contest.scores]
    deciles = [metric for _, _, metric in cells if "cast_decile_" in metric or "observed_decile_" in metric]
    assert len(deciles) == 4 * 2 * 2 * 10, "of the served one"
    assert len(cells) == len(set(cells)) == 4 * len(QUICK) * 14 + len(deciles)
    assert {score.horizon for score in contest.scores} == {HORIZON}
    assert max(score.origin for score in contest.scores) == END - HORIZON
    assert {score.model for score in contest.scores if score.is_served} == {contest.served}


def test_intervals_hold_about_their_share_at_the_origins(contest: Contest) -> None:
    held = [score.value for score in _scores(contest, "coverage_of_likely", contest.served)]
    assert np.mean([value for value in held if value is not None]) == pytest.approx(0.8, abs=0.05)


def test_what_comes_later_changes_nothing(history: History, contest: Contest) -> None:
    later = history.until(float(END))
    again = hold_contest(later, END, HORIZON, QUICK)
    assert again == contest
    buyers, same = buyers_at(history, END), buyers_at(later, END)
    assert buyers.mean_amount.tolist() == same.mean_amount.tolist()


def test_the_served_model_foresees_what_comes(history: History, contest: Contest) -> None:
    buyers = buyers_at(history, END)
    forecast = contest.model.forecast(buyers, HORIZON)
    outcome = history.outcome(buyers.number, END, HORIZON)
    assert forecast.orders.sum() == pytest.approx(outcome.orders.sum(), rel=0.12)
    assert forecast.revenue == pytest.approx(forecast.orders * forecast.amount)
    for field in fields(ValueForecast):
        assert np.isfinite(getattr(forecast, field.name)).all(), field.name


def test_levels_leave_the_ranks_as_they_are(history: History) -> None:
    buyers = buyers_at(history, END)
    before = Past(history, END).value("bg_nbd", END).forecast(buyers, HORIZON)
    after = levelled(before, 1.2, 1.5)
    assert after.orders == pytest.approx(1.2 * before.orders)
    assert after.revenue == pytest.approx(1.5 * before.revenue)
    assert after.high == pytest.approx(1.5 * before.high)
    assert after.revenue == pytest.approx(after.orders * after.amount)
    assert (after.alive == before.alive).all()


@pytest.mark.parametrize(
    ("customers", "days", "reason"),
    [
        (200, 55, "55 days of orders are too few to hold forecasts against; 56 are needed"),
        (3, 300, "ordered on a second day; 10 are needed"),
        (0, 0, "0 days of orders are too few"),
    ],
)
def test_too_little_history_serves_the_baseline_and_says_why(customers: int, days: int, reason: str) -> None:
    history = drawn_history(STORY, customers, days, seed=3) if customers else History([], [])
    first = int(history.day.min(initial=0))
    contest = hold_contest(history, first + days, HORIZON)
    assert (contest.served, contest.scores) == (BASELINE, ())
    assert reason in contest.reason
    buyers = buyers_at(history, first + days)
    assert np.isfinite(contest.model.forecast(buyers, HORIZON).revenue).all()


@pytest.mark.parametrize("shop", ["nobody pays", "one customer has nearly all orders", "all buy once"])
def test_odd_shops_give_numbers(shop: str) -> None:
    plain = drawn_history(STORY, customers=150, days=300, seed=5)
    history = {
        "nobody pays": lambda: History(plain.customer, plain.at),
        "one customer has nearly all orders": lambda: History(
            np.append(plain.customer, np.full(5_000, 999)),
            np.append(plain.at, np.linspace(0, 299.9, 5_000)),
            amount=np.append(plain.amount, np.full(5_000, 25.0)),
        ),
        "all buy once": lambda: History(np.arange(200), np.linspace(0, 299, 200), amount=np.full(200, 5.0)),
    }[shop]()
    contest = hold_contest(history, 300, 60, QUICK)
    forecast = contest.model.forecast(buyers_at(history, 300), 60)
    assert all(score.value is None or np.isfinite(score.value) for score in contest.scores)
    # Only the waiting time of the rate of before may have no end.
    for name in ("orders", "amount", "revenue", "low", "high", "alive", "no_order"):
        assert np.isfinite(getattr(forecast, name)).all(), name
    if shop == "nobody pays":
        assert forecast.high.max() == 0.0 < forecast.orders.max()


def test_negative_amounts_are_refused() -> None:
    with pytest.raises(ValidationError, match="Orders with a negative amount: 1"):
        hold_contest(History([1, 1, 2], [0.0, 60.0, 90.0], amount=[5.0, -5.0, 9.0]), 100, 20, QUICK)


def test_of_many_customers_some_are_judged_and_all_are_fitted(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Past.__init__, "__defaults__", (400, None))
    sampled = hold_contest(history, END, HORIZON, QUICK)
    assert max(score.customers for score in sampled.scores) <= 400
    assert isinstance(sampled.model, ValueModel)
    assert sampled.model.orders.customers == len(buyers_at(history, END)) > 1_000


def test_orders_of_a_day_are_one_purchase_and_several_orders() -> None:
    history = History([1, 1, 1, 2, 2], at=[0.1, 0.2, 14.5, 3.0, 10.0], amount=[5.0, 7.0, 9.0, 1.0, 2.0])
    buyers = buyers_at(history, 22)
    assert buyers.purchase_days.tolist() == [2.0, 2.0]
    assert buyers.mean_amount.tolist() == [10.5, 1.5]
    assert buyers.summary.recency_weeks.tolist() == [2.0, 1.0]
    assert buyers.orders_per_day.min() > 1.0


def test_forecasts_are_those_of_the_functions_they_are_made_of(history: History) -> None:
    buyers = buyers_at(history, END)
    model = Past(history, END).value("bg_nbd", END)
    money = fit_amounts(buyers.purchase_days, buyers.mean_amount)
    assert model.amounts == money
    revenue = forecast_revenue(model.orders, money, buyers.summary, buyers.mean_amount, HORIZON / 7)
    assert model.forecast(buyers, HORIZON).revenue == pytest.approx(revenue.expected)
    assert set(QUICK) < set(MODELS)


class _Squared:
    """Ranks like a model of orders, and says far too much of the best customers."""

    degenerate, reason = False, ""

    def __init__(self, model: Forecaster) -> None:
        self._model = model

    def forecast(self, buyers: Buyers, days: float, share: float = 0.8) -> ValueForecast:
        said = self._model.forecast(buyers, days, share)
        orders, revenue = (column**2 * column.sum() / (column**2).sum() for column in (said.orders, said.revenue))
        return replace(said, orders=orders, revenue=revenue)

    def to_parameters(self) -> Parameters:
        return self._model.to_parameters()


@pytest.mark.parametrize(("head_start", "served"), [(0.0, "bg_nbd"), (0.5, "squared")])
def test_of_those_that_rank_alike_the_one_whose_tenths_are_right_serves_or_who_is_ahead(
    history: History, head_start: float, served: str
) -> None:
    honest = CANDIDATES["bg_nbd"]
    squared = Candidate(
        lambda past, at, days: _Squared(honest.fit(past, at, days)), honest.from_parameters, head_start=head_start
    )
    names = ("naive", "squared", "bg_nbd")
    contest = hold_contest(history, END, HORIZON, names, {**CANDIDATES, "squared": squared})
    ginis = [[score.value for score in _scores(contest, "orders_gini", name)] for name in names[1:]]
    assert ginis[0] == pytest.approx(ginis[1])
    assert contest.served == served


def _scores(contest: Contest, metric: str, model: str) -> list:  # type: ignore[type-arg]
    return [score for score in contest.scores if score.metric == metric and score.model == model]
