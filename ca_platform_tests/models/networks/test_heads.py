"""What a head tells, against the model of orders where nothing is learnt, and against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.clv.forecast import Expected
from ca_platform.models.networks.heads import anchors, shortest, told

EXPECTED = Expected(
    orders=np.array([0.3, 2.0, 6.0, 0.0]),
    revenue=np.array([9.0, 80.0, 120.0, 0.0]),
    alive=np.array([0.5, 0.9, 1.0, 0.1]),
    no_order=np.array([0.75, 0.2, 0.01, 1.0]),
)


def test_nothing_learnt_leaves_what_the_model_of_orders_says() -> None:
    found = told(anchors(EXPECTED, 20.0), np.zeros((4, 4), np.float32), log_spread=0.3, paying=1.0)
    assert found.orders == pytest.approx(EXPECTED.orders, rel=1e-4, abs=2e-4)
    assert 20.0 * found.revenue == pytest.approx(EXPECTED.revenue, rel=1e-4, abs=1e-4)
    assert found.chance[:3] == pytest.approx(1 - EXPECTED.no_order[:3], rel=1e-4)


def test_outputs_are_logarithms_of_ratios() -> None:
    outputs = np.zeros((4, 4), np.float32)
    outputs[:, 2] = np.log(2)
    plain = told(anchors(EXPECTED, 20.0), np.zeros((4, 4), np.float32), 0.3, 1.0)
    dearer = told(anchors(EXPECTED, 20.0), outputs, 0.3, 1.0)
    assert dearer.revenue == pytest.approx(2 * plain.revenue)
    assert dearer.orders == pytest.approx(plain.orders)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("spread", [0.2, 1.0, 2.0])
def test_no_interval_that_holds_the_share_is_shorter(share: float, spread: float) -> None:
    chance = np.array([0.05, 0.3, 0.6, 0.85, 0.97, 1.0])
    low, high = shortest(chance, np.full(6, 1.5), np.full(6, spread), share)
    rng = np.random.default_rng(0)
    drawn = np.sort(np.exp(1.5 + spread * rng.standard_normal(20_000)))
    for place, probability in enumerate(chance.tolist()):
        none = round(drawn.size / probability) - drawn.size
        sums = np.concatenate([np.zeros(none), drawn])
        held = np.count_nonzero((sums >= low[place]) & (sums <= high[place])) / sums.size
        count = int(np.ceil(share * sums.size))
        lengths = sums[count - 1 :] - sums[: sums.size - count + 1]
        assert held >= share - 0.01
        assert high[place] - low[place] <= lengths.min() * 1.1 + 1e-9


def test_an_interval_holds_zero_unless_an_order_is_nearly_sure() -> None:
    low, high = shortest(np.array([0.1, 0.5, 0.79]), np.zeros(3), np.ones(3), 0.8)
    assert low.tolist() == [0.0, 0.0, 0.0]
    assert high[0] == 0 < high[1] < high[2]
