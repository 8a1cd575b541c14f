"""Networks learn from the course of a customer's orders, out of time, and leave the level of the model of orders."""

from __future__ import annotations

import os

import numpy as np
import pytest

from ca_platform.models.backtest import History, normalised_gini
from ca_platform.models.clv.candidates import CANDIDATES
from ca_platform.models.clv.contest import hold_contest
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.past import Past
from ca_platform.models.networks import NETWORKS, Effort, NetworkModel, can_train, candidates, fit_network
from ca_platform.models.networks.forward import evaluated
from ca_platform_tests.models.networks.shops import END, HORIZON, needs_torch, paired_orders

EFFORT = Effort(seeds=2, rows=1_500, epochs=6)


@pytest.fixture(scope="module")
def history() -> History:
    return paired_orders()


@pytest.fixture(scope="module")
def past(history: History) -> Past:
    return Past(history, END)


@pytest.fixture(scope="module")
def models(past: Past) -> dict[str, NetworkModel]:
    return {name: fit_network(name, past, END, HORIZON, EFFORT) for name in NETWORKS}


@needs_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_the_course_of_orders_is_learnt(
    name: str, past: Past, history: History, models: dict[str, NetworkModel]
) -> None:
    buyers = past.buyers(END)
    came = history.outcome(buyers.number, END, HORIZON).orders
    plain, learnt = (
        normalised_gini(came, forecast.orders)
        for forecast in (models[name].base.forecast(buyers, HORIZON), models[name].forecast(buyers, HORIZON))
    )
    assert learnt > plain + 0.1


@needs_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_totals_stay_those_of_the_model_of_orders(name: str, past: Past, models: dict[str, NetworkModel]) -> None:
    buyers = past.buyers(END)
    plain, learnt = models[name].base.expect(buyers, HORIZON), models[name].forecast(buyers, HORIZON)
    assert learnt.orders.sum() == pytest.approx(plain.orders.sum())
    assert learnt.revenue.sum() == pytest.approx(plain.revenue.sum())
    assert learnt.revenue == pytest.approx(learnt.orders * learnt.amount)


@needs_torch
def test_intervals_hold_zero_where_it_is_likely_and_about_their_share(
    past: Past, history: History, models: dict[str, NetworkModel]
) -> None:
    buyers = past.buyers(END)
    forecast = models["lstm"].forecast(buyers, HORIZON)
    came = history.outcome(buyers.number, END, HORIZON).amount
    assert (forecast.low[forecast.no_order > 0.2] == 0).all()
    assert (forecast.high[forecast.no_order > 0.8] == 0).all()
    assert (forecast.low <= forecast.high).all()
    assert (forecast.alive >= 1 - forecast.no_order).all()
    held = np.mean((came >= forecast.low - 1e-9) & (came <= forecast.high + 1e-9))
    assert 0.7 < held < 0.95


@needs_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_seed_gives_the_same_network_whatever_comes_later(
    name: str, history: History, models: dict[str, NetworkModel]
) -> None:
    again = fit_network(name, Past(history.until(float(END)), END), END, HORIZON, EFFORT)
    buyers = buyers_at(history, END)
    first, second = (model.forecast(buyers, HORIZON) for model in (models[name], again))
    assert first.revenue.tolist() == second.revenue.tolist()
    assert first.high.tolist() == second.high.tolist()


@needs_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_kept_of_a_network_makes_the_same_one(
    name: str, history: History, models: dict[str, NetworkModel]
) -> None:
    model = models[name]
    again = NetworkModel.from_parameters(name, model.to_parameters())
    buyers = buyers_at(history, END)
    assert again.forecast(buyers, HORIZON).high.tolist() == model.forecast(buyers, HORIZON).high.tolist()
    assert [tuple(epoch[:2]) for epoch in again.epochs] == [tuple(epoch[:2]) for epoch in model.epochs]


@needs_torch
@pytest.mark.parametrize("name", NETWORKS)
def test_numpy_evaluates_what_torch_has_trained(name: str, past: Past, models: dict[str, NetworkModel]) -> None:
    import torch

    from ca_platform.models.networks.learning import _network, _outputs

    model, buyers = models[name], past.buyers(END)
    weights = model.members[0]
    parts = _network(torch, name)
    parts.load_state_dict({key: torch.from_numpy(value.copy()) for key, value in weights.items()})
    parts.eval()
    inputs = model.reading.inputs(buyers, model.base.expect(buyers, HORIZON), HORIZON)
    with torch.no_grad():
        said = _outputs(torch, parts, name, torch.from_numpy(inputs.steps), torch.from_numpy(inputs.columns))
    assert evaluated(name, weights, inputs) == pytest.approx(said.numpy(), abs=1e-4)
    assert np.abs(said.numpy()).max() > 0.1, "something was learnt"


@needs_torch
def test_a_training_tells_its_course_and_keeps_its_best_state(models: dict[str, NetworkModel]) -> None:
    for model in models.values():
        for seed in range(EFFORT.seeds):
            own = [epoch for epoch in model.epochs if epoch.seed == seed]
            assert [epoch.epoch for epoch in own] == list(range(len(own)))
            assert 2 <= len(own) <= EFFORT.epochs + 1
            assert np.isnan(own[0].training_loss)
            assert min(epoch.validation_loss for epoch in own) < own[0].validation_loss


@needs_torch
def test_in_a_contest_a_network_wins_where_it_knows_more(history: History) -> None:
    networks = candidates(seeds=1)
    names = ("naive", "mbg_cnbd_k", "conv")
    contest = hold_contest(history, END, HORIZON, names, {**CANDIDATES, **networks})
    assert contest.served == "conv"
    assert contest.scores[-1].model == "conv"
    plain = {score.origin for score in contest.scores if score.model == "naive"}
    judged = {score.origin for score in contest.scores if score.model == "conv"}
    assert judged < plain
    assert len(judged) <= 4
    assert max(judged) == END - HORIZON
    assert contest.orders_level.origins > len(judged), "levels are learnt from all origins"


@pytest.mark.parametrize("days", [30, 55])
def test_too_little_to_learn_from_leaves_the_model_of_orders(history: History, days: int) -> None:
    early = fit_network("lstm", Past(history, days), days, HORIZON, EFFORT)
    buyers = buyers_at(history, days)
    assert early.members == ()
    assert early.forecast(buyers, HORIZON).high.tolist() == early.base.forecast(buyers, HORIZON).high.tolist()
    again = NetworkModel.from_parameters("lstm", early.to_parameters())
    assert again.forecast(buyers, HORIZON).high.tolist() == early.base.forecast(buyers, HORIZON).high.tolist()


def test_a_shop_in_which_nobody_pays_and_one_without_customers_give_numbers(history: History) -> None:
    free = History(history.customer, history.at)
    forecast = fit_network("conv", Past(free, END), END, HORIZON, EFFORT).forecast(buyers_at(free, END), HORIZON)
    assert np.isfinite(forecast.orders).all()
    assert not forecast.revenue.any()
    empty = History([], [])
    assert (
        fit_network("conv", Past(empty, END), END, HORIZON, EFFORT).forecast(buyers_at(empty, END), 9).orders.size == 0
    )


@needs_torch
def test_one_customer_with_most_orders_gives_numbers(past: Past) -> None:
    known = past.history
    days = np.linspace(10, END - 1, 10_000)
    heavy = History(
        np.append(known.customer, np.full(days.size, 10**6)),
        np.append(known.at, days),
        amount=np.append(known.amount, np.full(days.size, 1e5)),
    )
    model = fit_network("conv", Past(heavy, END), END, HORIZON, Effort(1, 2_500, 2))
    forecast = model.forecast(buyers_at(heavy, END), HORIZON)
    for values in (forecast.orders, forecast.revenue, forecast.low, forecast.high, forecast.no_order):
        assert np.isfinite(values).all()
        assert (values >= 0).all()


def test_networks_are_left_out_where_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "DEEP", "0")
    assert not can_train()
