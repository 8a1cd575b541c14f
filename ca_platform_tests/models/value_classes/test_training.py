"""Training as of a day: what it may know, what it is worth on public shops, and what odd shops make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ca_platform.models.backtest import History, accuracy, confusion, log_loss, macro_f1
from ca_platform.models.value_classes import (
    BASELINES,
    CANDIDATES,
    CLASSES,
    LAST_SPEND,
    TITLES,
    Trained,
    ValueClassModel,
    from_parameters,
    to_parameters,
    train,
)
from ca_platform_tests.models.churn.shops import CDNOW_END, cdnow, made_shop, online_retail

END, HORIZON = 280, 50


@pytest.fixture(scope="module")
def shop() -> History:
    return made_shop(1_000, days=340)


@pytest.fixture(scope="module")
def trained(shop: History) -> Trained:
    return train(shop, END, HORIZON)


@pytest.fixture(scope="module")
def model(trained: Trained) -> ValueClassModel:
    assert trained.model is not None
    return trained.model


def test_later_orders_change_nothing(shop: History, trained: Trained, model: ValueClassModel) -> None:
    """The history of the fixture goes on for 60 days after the end; here it is cut."""
    cut = train(shop.until(END), END, HORIZON)
    assert shop.at.max() > END + 50
    assert cut.model is not None
    assert to_parameters(cut.model) == to_parameters(model)
    assert cut.scores == trained.scores


def test_all_are_judged_at_four_origins_and_the_lowest_log_loss_serves(
    trained: Trained, model: ValueClassModel
) -> None:
    losses: dict[str, list[float]] = {}
    for score in trained.scores:
        if score.metric == "log_loss":
            assert score.value is not None
            losses.setdefault(score.model, []).append(score.value)
    assert set(losses) == {*CANDIDATES, *BASELINES} == set(TITLES)
    assert {len(values) for values in losses.values()} == {4}
    best = min(losses, key=lambda name: float(np.mean(losses[name])))
    assert model.served == best
    assert {score.model for score in trained.scores if score.is_served} == {best}
    assert trained.reason == ""


def test_origins_end_before_the_training_and_their_customers_had_ordered(shop: History, trained: Trained) -> None:
    origins = sorted({score.origin for score in trained.scores})
    assert len(origins) == 4
    assert origins[-1] + HORIZON == END
    for score in trained.scores:
        assert score.horizon == HORIZON
        if score.metric in ("accuracy", "macro_f1", "log_loss"):
            assert score.customers == shop.until(score.origin).customers.size


def test_confusion_of_the_served_holds_all_customers(trained: Trained) -> None:
    for origin in {score.origin for score in trained.scores}:
        own = {score.metric: score for score in trained.scores if score.origin == origin and score.is_served}
        sizes = [own[f"recall_{name}"].customers for name in CLASSES]
        assert sum(sizes) == own["accuracy"].customers
        right = 0.0
        for name, size in zip(CLASSES, sizes, strict=True):
            shares = [own[f"{name}_said_{other}"].value for other in CLASSES]
            assert sum(share or 0 for share in shares) == pytest.approx(1)
            assert own[f"{name}_said_{name}"].value == own[f"recall_{name}"].value
            right += size * (own[f"recall_{name}"].value or 0)
        assert right / sum(sizes) == pytest.approx(own["accuracy"].value)
        assert sum(own[f"forecast_{name}"].value or 0 for name in CLASSES) == pytest.approx(1)


@pytest.mark.parametrize("served", [*CANDIDATES, *BASELINES])
def test_a_model_comes_back_from_its_numbers(served: str, shop: History, model: ValueClassModel) -> None:
    one = model.served_by(served)
    again = from_parameters(reversed(to_parameters(one)))
    for day in (END, END + 5):
        said, same = one.classify(shop.until(day), day), again.classify(shop.until(day), day)
        assert np.array_equal(said.chances, same.chances)
        assert np.array_equal(said.value_class, same.value_class)
        assert said.number.tolist() == shop.until(day).customers.tolist()
        assert said.chances.sum(axis=1) == pytest.approx(1)


def test_classes_do_not_follow_which_other_customers_are_asked_for(shop: History, model: ValueClassModel) -> None:
    known = shop.until(END)
    whole = model.classify(known, END)
    few = model.classify(known.of(whole.number[::7]), END)
    assert few.chances == pytest.approx(whole.chances[::7], rel=1e-9)


def test_the_horizon_is_a_quarter_of_the_history_in_whole_weeks_where_that_is_shorter(shop: History) -> None:
    found = train(shop, 150, 182)
    assert found.model is not None
    assert found.model.horizon == (150 - int(shop.day.min())) // 28 * 7


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (History([], at=[]), "0 days of orders are too few"),
        (History([1], at=[250.0], amount=[5.0]), "30 days of orders are too few"),
        (History(range(500), at=np.linspace(0, 279, 500)), "no order has brought any revenue"),
        (History([1], at=[3.0], amount=[5.0]), "no order has brought any revenue"),
    ],
    ids=["no orders", "a month old", "no amounts", "one order"],
)
def test_without_days_or_revenue_there_is_no_model_and_a_reason(history: History, reason: str) -> None:
    found = train(history, END, HORIZON)
    assert found.model is None
    assert found.scores == ()
    assert reason in found.reason


@pytest.mark.parametrize(
    "history",
    [
        History(np.repeat(range(15), 20), at=np.tile(np.linspace(0, 279, 20), 15), amount=np.full(300, 9.0)),
        History([0] * 10_000, at=np.linspace(0, 279, 10_000), amount=np.full(10_000, 9.0)),
    ],
    ids=["fifteen customers alike", "one customer"],
)
def test_with_too_few_customers_in_a_class_a_baseline_serves(history: History) -> None:
    found = train(history, END, HORIZON)
    assert found.model is not None
    assert found.model.served == LAST_SPEND, "which tells customers apart, unlike the most frequent class"
    assert {score.model for score in found.scores} == set(BASELINES)
    assert "fewer than 20 customers" in found.reason
    said = found.model.classify(history, END)
    assert np.isfinite(said.chances).all()
    assert to_parameters(from_parameters(to_parameters(found.model))) == to_parameters(found.model)


def test_one_time_buyers_alone_are_low_later_on() -> None:
    history = History(range(2_000), at=np.linspace(0, 279.9, 2_000), amount=np.full(2_000, 20.0))
    found = train(history, END, HORIZON)
    assert found.model is None, "nobody has ever ordered again, so no window brought anything"


def test_a_customer_with_10_000_orders_and_free_orders_leave_all_chances_finite(shop: History) -> None:
    heavy = np.linspace(0, 279, 10_000)
    odd = History(
        np.append(shop.customer, np.full(heavy.size, 9_999)),
        np.append(shop.at, heavy),
        amount=np.append(np.where(shop.customer % 3 == 0, 0.0, shop.amount), np.full(heavy.size, 1e6)),
    )
    found = train(odd, END, HORIZON)
    assert found.model is not None
    said = found.model.classify(odd.until(END), END)
    assert found.model.served in CANDIDATES
    assert np.isfinite(said.chances).all()
    assert CLASSES[said.value_class[-1]] == "high"


@pytest.mark.parametrize("name", ["cdnow", "online_retail"])
def test_as_served_it_beats_the_class_of_the_last_spend_on_public_shops(name: str, public_data: Path) -> None:
    """The horizon after the training, which nothing was tuned on: accuracy, macro F1 and log loss."""
    history = {"cdnow": cdnow, "online_retail": online_retail}[name](public_data)
    first = int(history.day.min())
    end = CDNOW_END + first if name == "cdnow" else int(history.day.max()) + 1 - 91
    found = train(history, end, 182).model
    assert found is not None
    known = history.until(end)
    came = found.borders.classes(history.outcome(known.customers, end, found.horizon).amount)
    said, baseline = (one.classify(known, end) for one in (found, found.served_by(LAST_SPEND)))
    counts, others = (confusion(came, one.value_class, len(CLASSES)) for one in (said, baseline))
    assert accuracy(counts) > accuracy(others)
    assert macro_f1(counts) > macro_f1(others)
    assert log_loss(came, said.chances) < log_loss(came, baseline.chances)
