"""Trees correct the ranks of a model of orders where there is something to learn, and leave its level."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.backtest import History, normalised_gini
from ca_platform.models.clv import known
from ca_platform.models.clv.boosted import BoostedModel, fit_boosted
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.past import Past
from ca_platform_tests.models.clv.shops_simulated import drawn_history

END, HORIZON = 360, 80
STORY = known("bg_nbd", {"r": 0.8, "alpha": 12.0, "a": 0.8, "b": 2.0})


@pytest.fixture(scope="module")
def history() -> History:
    """Two shops in one: customers who spend much order four times as often, which no model of orders knows."""
    plain = drawn_history(STORY, customers=1_200, days=END + HORIZON, seed=12)
    rng = np.random.default_rng(1)
    is_fond = np.unique(plain.customer, return_index=True)[0] % 2 == 0
    fond = is_fond[np.searchsorted(np.unique(plain.customer), plain.customer)]
    kept = fond | (plain.at == plain.at[plain.starts][np.searchsorted(plain.customers, plain.customer)])
    kept |= rng.random(len(plain)) < 0.25
    amount = np.where(fond, 40.0, 10.0) * rng.uniform(0.8, 1.2, len(plain))
    return History(plain.customer[kept], plain.at[kept], amount=amount[kept])


@pytest.fixture(scope="module")
def model(history: History) -> BoostedModel:
    return fit_boosted(Past(history, END + HORIZON), END, HORIZON)


def test_totals_stay_those_of_the_model_of_orders(history: History, model: BoostedModel) -> None:
    buyers = buyers_at(history, END)
    plain, boosted = model.base.forecast(buyers, HORIZON), model.forecast(buyers, HORIZON)
    assert boosted.orders.sum() == pytest.approx(plain.orders.sum())
    assert boosted.revenue.sum() == pytest.approx(plain.revenue.sum())
    assert boosted.revenue == pytest.approx(boosted.orders * boosted.amount)
    assert ((boosted.low <= boosted.high) & (boosted.low >= 0)).all()
    assert ((boosted.high == 0) == (plain.high == 0)).all()


def test_what_tells_customers_apart_besides_their_orders_is_learnt(history: History, model: BoostedModel) -> None:
    buyers = buyers_at(history, END)
    outcome = history.outcome(buyers.number, END, HORIZON)
    plain, boosted = (
        normalised_gini(outcome.orders, forecast.orders)
        for forecast in (model.base.forecast(buyers, HORIZON), model.forecast(buyers, HORIZON))
    )
    assert boosted > plain + 0.02


def test_what_comes_later_and_when_it_is_trained_again_changes_nothing(history: History, model: BoostedModel) -> None:
    buyers = buyers_at(history, END)
    again = fit_boosted(Past(history, END), END, HORIZON)
    assert again.forecast(buyers, HORIZON).orders.tolist() == model.forecast(buyers, HORIZON).orders.tolist()


@pytest.mark.parametrize("days", [30, 150])
def test_too_little_to_learn_from_leaves_the_model_of_orders(history: History, days: int) -> None:
    end = int(history.day.min()) + days
    early = fit_boosted(Past(history, end), end, HORIZON)
    buyers = buyers_at(history, end)
    assert early.orders == ()
    assert early.forecast(buyers, HORIZON).orders.tolist() == early.base.forecast(buyers, HORIZON).orders.tolist()


def test_a_shop_in_which_nobody_pays_and_one_without_customers_give_numbers(history: History) -> None:
    free = fit_boosted(Past(History(history.customer, history.at), END), END, HORIZON)
    assert np.isfinite(free.forecast(buyers_at(history, END), HORIZON).orders).all()
    empty = History([], [])
    assert fit_boosted(Past(empty, END), END, HORIZON).forecast(buyers_at(empty, END), HORIZON).orders.size == 0


@pytest.mark.parametrize("days", [30, END])
def test_what_is_kept_of_it_makes_the_same_model(history: History, days: int) -> None:
    end = int(history.day.min()) + days
    model = fit_boosted(Past(history, end), end, HORIZON)
    again = BoostedModel.from_parameters(model.to_parameters())
    assert again.base == model.base
    buyers = buyers_at(history, end)
    for name in ("orders", "revenue", "low", "high"):
        said, same = (getattr(one.forecast(buyers, HORIZON), name).tolist() for one in (model, again))
        assert said == same
