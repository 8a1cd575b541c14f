"""Where the tests of plain amounts are wrong, all of them are replaced by those of orders up to a cap, if these are closer."""

from __future__ import annotations

import pytest

from ca_platform.models.experiments.calibration import Calibration
from ca_platform.models.experiments.placebo import Measured
from ca_platform.models.experiments.placebo_amounts import with_cap

ALPHA = 0.05


def measured(test: str, metric: str, rate: float) -> Measured:
    return Measured(test, metric, 300, Calibration(20_000, rate, rate - 0.003, rate + 0.003, is_offered=True))


ORDERS = measured("sign_flip", "orders", 0.02)
CLOSE = [measured("sign_flip", "amount", 0.054), measured("welch_skewed", "amount", 0.046)]
FAR = [measured("sign_flip", "amount", 0.061), measured("welch_skewed", "amount", 0.05)]


def never() -> tuple[float, list[Measured]]:
    raise AssertionError("nobody asked")


def test_close_amounts_need_no_cap() -> None:
    assert with_cap([ORDERS, *CLOSE], ALPHA, never) == [ORDERS, *CLOSE]


def test_one_test_that_is_off_puts_a_cap_on_all_and_leaves_orders_alone() -> None:
    found = with_cap([ORDERS, *FAR], ALPHA, lambda: (80.0, CLOSE))
    assert found[0] == ORDERS
    offered = {one.test: one.cap for one in found[1:] if one.calibration.is_offered}
    assert offered == {"sign_flip_capped": 80.0, "welch_skewed_capped": 80.0}
    assert [one.calibration.rejection_rate for one in found[1:]] == [0.061, 0.05, 0.054, 0.046]


@pytest.mark.parametrize("rate", [0.061, 0.07, 0.039])
def test_a_cap_that_brings_nothing_is_not_put_on(rate: float) -> None:
    worse = [measured("sign_flip", "amount", rate), CLOSE[1]]
    assert with_cap([ORDERS, *FAR], ALPHA, lambda: (80.0, worse)) == [ORDERS, *FAR]
