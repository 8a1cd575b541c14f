"""What networks read, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.backtest import History
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.networks.sequences import STEPS, steps

# The origin is day 70; steps of a week: the last is of days 63 to 69.
BUYERS = buyers_at(History([4, 4, 4, 9], at=[50.5, 63.0, 69.9, 62.9], amount=[20.0, 10.0, 30.0, 5.0]), 70)


def test_orders_and_amounts_stand_in_the_week_in_which_they_came() -> None:
    found = steps(BUYERS, 7, unit=10.0)
    assert found.shape == (2, STEPS, 3)
    assert found[0, -3:, 0] == pytest.approx(np.log1p([1, 0, 2]))
    assert found[0, -3:, 1] == pytest.approx(np.log1p([2.0, 0, 4.0]))
    assert found[1, -3:, 0] == pytest.approx(np.log1p([0, 1, 0]))
    assert not found[:, : STEPS - 3, :].any()


def test_a_customer_is_there_from_the_step_of_the_first_order_on() -> None:
    assert steps(BUYERS, 7, 10.0)[:, -4:, 2].tolist() == [[0, 1, 1, 1], [0, 0, 1, 1]]


def test_orders_before_the_first_step_are_left_out() -> None:
    old = buyers_at(History([1, 1], at=[0.0, 400.0], amount=[1.0, 1.0]), 401)
    found = steps(old, 7, 1.0)
    assert np.expm1(found[0, :, 0]).sum() == pytest.approx(1.0)
    assert found[0, :, 2].all()
