"""The mix of models of orders, a regression and trees: it learns what models do not know, and keeps their level."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.backtest import History, normalised_gini
from ca_platform.models.clv import known
from ca_platform.models.clv.candidates import CANDIDATES, STACKED
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.log_linear import fit_log_linear
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.stacked import StackedModel, fit_stacked
from ca_platform_tests.models.clv.shops_simulated import drawn_history

END, HORIZON = 360, 80
STORY = known("bg_nbd", {"r": 0.8, "alpha": 12.0, "a": 0.8, "b": 2.0})


@pytest.fixture(scope="module")
def history() -> History:
    """Customers who spend much order four times as often, which no model of orders knows."""
    plain = drawn_history(STORY, customers=1_200, days=END + HORIZON, seed=12)
    rng = np.random.default_rng(1)
    customers = plain.customers
    place = np.searchsorted(customers, plain.customer)
    is_first = np.zeros(len(plain), bool)
    is_first[plain.starts] = True
    is_fond = (np.arange(customers.size) % 2 == 0)[place]
    kept = is_fond | is_first | (rng.random(len(plain)) < 0.25)
    amount = np.where(is_fond, 40.0, 10.0) * rng.uniform(0.8, 1.2, len(plain))
    return History(plain.customer[kept], plain.at[kept], amount=amount[kept])


@pytest.fixture(scope="module")
def model(history: History) -> StackedModel:
    return fit_stacked(Past(history, END), END, HORIZON)


def test_what_tells_customers_apart_besides_their_orders_is_learnt(history: History, model: StackedModel) -> None:
    buyers = buyers_at(history, END)
    came = history.outcome(buyers.number, END, HORIZON)
    plain, stacked = model.boosted.base.forecast(buyers, HORIZON), model.forecast(buyers, HORIZON)
    assert normalised_gini(came.orders, stacked.orders) > normalised_gini(came.orders, plain.orders) + 0.02
    assert normalised_gini(came.amount, stacked.revenue) > normalised_gini(came.amount, plain.revenue)


@pytest.mark.parametrize("days", [40.0, float(HORIZON), 300.0])
def test_the_level_is_that_of_the_models_of_orders(history: History, model: StackedModel, days: float) -> None:
    buyers = buyers_at(history, END)
    first, second = (one.expect(buyers, days).orders for one in (model.boosted.base, model.second))
    plain, stacked = model.boosted.base.forecast(buyers, days), model.forecast(buyers, days)
    assert stacked.orders.sum() == pytest.approx((first.sum() + second.sum()) / 2)
    assert stacked.revenue.sum() == pytest.approx(np.sum((first + second) / 2 * plain.amount))
    assert stacked.revenue == pytest.approx(stacked.orders * stacked.amount)
    assert ((stacked.low <= stacked.high) & (stacked.low >= 0)).all()
    assert ((stacked.high == 0) == (model.second.forecast(buyers, days).high == 0)).all()


def test_intervals_hold_about_their_share(history: History, model: StackedModel) -> None:
    buyers = buyers_at(history, END)
    stacked = model.forecast(buyers, HORIZON)
    paid = history.outcome(buyers.number, END, HORIZON).amount
    likely = stacked.high > 0
    assert np.mean((paid >= stacked.low)[likely] & (paid <= stacked.high)[likely]) == pytest.approx(0.8, abs=0.08)


def test_what_comes_later_and_when_it_is_learnt_again_changes_nothing(history: History, model: StackedModel) -> None:
    buyers = buyers_at(history, END)
    again = fit_stacked(Past(history, END + HORIZON), END, HORIZON).forecast(buyers, HORIZON)
    said = model.forecast(buyers, HORIZON)
    assert again.orders.tolist() == said.orders.tolist()
    assert again.revenue.tolist() == said.revenue.tolist()


@pytest.mark.parametrize("days", [30, 150, END])
def test_what_is_kept_of_it_makes_the_same_model(history: History, days: int) -> None:
    end = int(history.day.min()) + days
    model = fit_stacked(Past(history, end), end, HORIZON)
    assert (model.orders is None) == (days < END)
    again = CANDIDATES[STACKED].from_parameters(model.to_parameters())
    buyers = buyers_at(history, end)
    for name in ("orders", "revenue", "low", "high"):
        said, same = (getattr(one.forecast(buyers, HORIZON), name).tolist() for one in (model, again))
        assert said == same


def test_the_next_order_of_who_comes_every_four_weeks_is_due_when_they_are_over() -> None:
    rng = np.random.default_rng(7)
    customer = np.repeat(np.arange(300), 12)
    first = np.repeat(rng.uniform(0, 28, 300), 12)
    at = first + 28.0 * np.tile(np.arange(12), 300) + rng.normal(0, 1.5, customer.size)
    subscribers, end = History(customer, np.maximum(at, 0.0), amount=np.full(at.size, 20.0)), 280
    buyers = buyers_at(subscribers, end)
    said = fit_stacked(Past(subscribers, end), end, 70).forecast(buyers, 70).next_order_days
    coming = subscribers.day >= end
    came = np.array([subscribers.day[coming & (subscribers.customer == one)].min() for one in range(300)]) - end
    assert np.abs(said - came).mean() < 4.5
    assert np.corrcoef(said, came)[0, 1] > 0.8


def test_odd_shops_give_numbers(history: History) -> None:
    empty = History([], [])
    for shop in (History(history.customer, history.at), empty, history.until(float(history.day.min() + 1))):
        forecast = fit_stacked(Past(shop, END), END, HORIZON).forecast(buyers_at(shop, END), HORIZON)
        for name in ("orders", "amount", "revenue", "low", "high"):
            assert np.isfinite(getattr(forecast, name)).all(), name


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_regression_finds_the_weights_that_counts_and_amounts_were_drawn_with(power: float) -> None:
    rng = np.random.default_rng(4)
    columns = rng.normal(0, [1.0, 3.0], (20_000, 2))
    group = np.arange(20_000) % 2
    forecast = rng.gamma(2.0, 1.0, 20_000)
    mean = forecast * np.exp(0.5 * group + columns @ [0.3, -0.2])
    outcome = rng.poisson(mean) if power == 1 else rng.gamma(2.0, mean / 2)
    fitted = fit_log_linear(columns, forecast, outcome.astype(np.float64), group, ridge=1.0, power=power)
    assert fitted.weights == pytest.approx([0.3, -0.2], abs=0.02)
    assert fitted.ratio(fitted.centre[None, :]) == pytest.approx([1.0])


def test_weights_are_shrunk_and_columns_without_spread_have_none() -> None:
    rng = np.random.default_rng(4)
    columns = np.column_stack([rng.normal(0, 1, 200), np.full(200, 7.0)])
    outcome = rng.poisson(np.exp(0.5 * columns[:, 0])).astype(np.float64)
    loose, tight = (
        fit_log_linear(columns, np.ones(200), outcome, np.zeros(200, np.int64), ridge) for ridge in (1.0, 1e6)
    )
    assert abs(tight.weights[0]) < 0.01
    assert loose.weights[0] > 0.3
    assert loose.weights[1] == tight.weights[1] == 0.0
    nothing = fit_log_linear(columns, np.ones(200), np.zeros(200), np.zeros(200, np.int64), 1.0)
    assert np.isfinite(nothing.ratio(columns)).all()


@pytest.mark.filterwarnings("error")
def test_customers_of_whom_a_model_expects_next_to_nothing_have_intervals() -> None:
    """All but a few buy once: Pareto/NBD expects nearly nothing of them, and nothing divides by that."""
    rng = np.random.default_rng(3)
    first = rng.uniform(0, 180, 3_000)
    customer = np.append(np.arange(3_000), np.arange(60))
    at = np.append(first, first[:60] + rng.uniform(1, 15, 60))
    history = History(customer, at, amount=rng.gamma(2, 20, customer.size))
    forecast = fit_stacked(Past(history, 181), 181, 45).forecast(buyers_at(history, 181), 45)
    for name in ("orders", "amount", "revenue", "low", "high"):
        assert np.isfinite(getattr(forecast, name)).all(), name
