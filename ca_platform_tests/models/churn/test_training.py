"""Training as of a day: what it may know, what it is worth on public shops, and what odd shops make of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ca_platform.models import clv
from ca_platform.models.backtest import History, auc, brier_score, chance_gap, decile_gap, rolling_origins
from ca_platform.models.churn import (
    BASELINE,
    CANDIDATES,
    TITLES,
    Trained,
    default_horizon,
    from_parameters,
    to_parameters,
    train,
)
from ca_platform.models.churn.customers import customers_at
from ca_platform_tests.models.churn.shops import CDNOW_END, cdnow, made_shop, online_retail

END = 240


@pytest.fixture(scope="module")
def shop() -> History:
    return made_shop(400)


@pytest.fixture(scope="module")
def trained(shop: History) -> Trained:
    return train(shop, END, 30)


def test_later_orders_change_nothing(shop: History, trained: Trained) -> None:
    """The history of the fixture goes on for 60 days after the end; here it is cut."""
    cut = train(shop.until(END), END, 30)
    assert shop.at.max() > END + 50
    assert to_parameters(cut.model) == to_parameters(trained.model)
    assert cut.scores == trained.scores


def test_all_candidates_are_judged_at_four_origins_and_the_lowest_brier_score_serves(trained: Trained) -> None:
    briers: dict[str, list[float]] = {}
    for score in trained.scores:
        if score.metric == "brier":
            assert score.value is not None
            briers.setdefault(score.model, []).append(score.value)
    assert set(briers) == {*CANDIDATES, BASELINE} == set(TITLES)
    assert {len(values) for values in briers.values()} == {4}
    best = min(briers, key=lambda name: float(np.mean(briers[name])))
    assert trained.model.served == best
    assert {score.model for score in trained.scores if score.is_served} == {best}


def test_scores_name_horizon_and_population(shop: History, trained: Trained) -> None:
    first = int(shop.day.min())
    expected = {(origin.at, origin.horizon) for origin in rolling_origins(first, END, 30)}
    assert {(score.origin, score.horizon) for score in trained.scores} == expected
    for score in trained.scores:
        if not score.metric.startswith(("forecast", "observed")):
            assert score.customers == shop.until(score.origin).customers.size


def test_deciles_of_the_served_hold_all_customers(trained: Trained) -> None:
    for origin in {score.origin for score in trained.scores}:
        own = [score for score in trained.scores if score.origin == origin and score.is_served]
        whole = next(score.customers for score in own if score.metric == "auc")
        assert sum(score.customers for score in own if score.metric.startswith("observed_decile_")) == whole


def test_a_model_comes_back_from_its_numbers(shop: History, trained: Trained) -> None:
    model = replace(trained.model, has_season=True)
    again = from_parameters(reversed(to_parameters(model)))
    known = shop.until(END)
    for (number, said), (other, same) in [
        (model.probabilities(known, END), again.probabilities(known, END)),
        (model.probabilities(shop.until(END + 5), END + 5), again.probabilities(shop.until(END + 5), END + 5)),
    ]:
        assert np.array_equal(number, other)
        assert np.array_equal(said, same)
    kept, come_back = (
        sorted(row for row in to_parameters(one) if row.parameter != "is_degenerate") for one in (model, again)
    )
    assert come_back == kept


def test_probabilities_do_not_follow_which_other_customers_are_asked_for(shop: History, trained: Trained) -> None:
    known = shop.until(END)
    number, said = trained.model.probabilities(known, END)
    some = number[::7]
    few, same = trained.model.probabilities(known.of(some), END)
    assert np.array_equal(few, some)
    assert same == pytest.approx(said[::7], rel=1e-12)


def test_a_longer_horizon_is_less_likely_to_pass_without_an_order(shop: History, trained: Trained) -> None:
    """Three times as long as a quarter of the history, so that it goes on by a model of orders."""
    known = shop.until(END)
    longer = train(shop, END, 180)
    assert longer.model.candidates is not None
    assert longer.model.candidates.window == (END - int(shop.day.min())) // 4
    assert longer.model.probabilities(known, END)[1].mean() < trained.model.probabilities(known, END)[1].mean() - 0.05


@pytest.mark.parametrize(
    "history",
    [
        History([], at=[]),
        History([1], at=[3.0]),
        History(range(500), at=np.linspace(0, 299, 500)),
        History(np.repeat(range(20), 3), at=np.tile([1.0, 20.0, 30.0], 20)),
        History([0] * 10_000, at=np.linspace(0, 239, 10_000)),
    ],
    ids=["no orders", "one order", "one-time buyers alone", "a month old", "one customer"],
)
def test_with_too_little_history_the_baseline_serves(history: History) -> None:
    found = train(history, END if history.at.max(initial=0) > 100 else 40, 20)
    assert found.model.served == BASELINE
    assert {score.model for score in found.scores} <= {BASELINE}
    _, said = found.model.probabilities(history.until(END), END)
    assert ((said >= 0) & (said <= 1)).all()
    assert to_parameters(from_parameters(to_parameters(found.model))) == to_parameters(found.model)


def test_a_shop_without_amounts_and_with_a_customer_of_10_000_orders_gets_finite_probabilities(shop: History) -> None:
    heavy = np.linspace(0, 299, 10_000)
    odd = History(np.append(shop.customer, np.full(heavy.size, 9_999)), np.append(shop.at, heavy))
    found = train(odd, END, 30)
    _, said = found.model.probabilities(odd.until(END), END)
    assert found.model.served in CANDIDATES
    assert ((said > 0) & (said < 1)).all()
    assert said[-1] == said.min()


def test_horizon_is_twice_the_median_gap_in_whole_days() -> None:
    assert default_horizon(History([1, 1, 1, 1], at=[0.0, 4.2, 5.0, 15.0])) == 8
    assert default_horizon(History([1, 1], at=[1.0, 1.0])) == 1
    assert default_horizon(History([1, 2], at=[1.0, 1.0])) is None
    reseller, others = [9] * 101, [1, 1, 2, 2]
    known = History(reseller + others, at=[*np.arange(101.0), 0.0, 30.0, 5.0, 45.0])
    assert default_horizon(known) == 70


def test_as_served_it_reaches_the_marks_on_cdnow(public_data: Path) -> None:
    """Calibration to 1997-09-30, 39 weeks ahead: published models reach .763, trees out of time .765, Brier .162."""
    history = cdnow(public_data)
    found = train(history, CDNOW_END, CDNOW_END)
    known = history.until(CDNOW_END)
    number, said = found.model.probabilities(known, CDNOW_END)
    silent = history.outcome(number, CDNOW_END, CDNOW_END).is_silent
    assert auc(silent, said) >= max(0.765, auc(silent, -bg_nbd(known, CDNOW_END, CDNOW_END)))
    assert brier_score(silent, said) <= 0.162
    assert decile_gap(silent, said) <= chance_gap(said) + 0.02


def test_as_served_it_ranks_better_than_bg_nbd_on_online_retail(public_data: Path) -> None:
    history = online_retail(public_data)
    end = int(history.day.max()) + 1 - 182
    found = train(history, end, 182)
    known = history.until(end)
    number, said = found.model.probabilities(known, end)
    silent = history.outcome(number, end, 182).is_silent
    assert auc(silent, said) >= auc(silent, -bg_nbd(known, end, 182))
    assert decile_gap(silent, said) <= chance_gap(said) + 0.02


def bg_nbd(history: History, end: int, horizon: int) -> np.ndarray:
    summary = customers_at(history, end).summary
    return clv.expected_orders(clv.fit("bg_nbd", summary), summary, horizon / 7)
