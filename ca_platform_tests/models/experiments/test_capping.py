"""Caps are blind to the sides, to the order of customers and to the unit of money, and show what large amounts hide."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.experiments import Moments, cap, capped, welch
from ca_platform.models.experiments.records import Floats


def spending(customers: int, tail: float, seed: int = 2) -> Floats:
    """Amounts of customers of whom a quarter spends anything; the smaller the tail, the larger the largest."""
    dice = np.random.default_rng(seed)
    amount = np.round(20 * (1 + dice.pareto(tail, customers)), 2)
    return np.where(dice.random(customers) < 0.25, amount, 0.0)


@pytest.mark.parametrize("tail", [1.2, 2.5, 20.0])
def test_cap_is_the_quantile_under_which_a_rise_of_all_by_a_thousandth_stands_out_most(tail: float) -> None:
    amount = spending(2_000, tail)
    found = {}
    for share in (0.9, 0.95, 0.98, 0.99):
        most = float(np.quantile(amount[amount > 0], share, method="inverted_cdf"))
        rise = np.minimum(1.001 * amount, most).mean() - np.minimum(amount, most).mean()
        found[most] = rise / np.minimum(amount, most).std()
    assert cap(amount) == max(found, key=lambda most: found[most])


def test_neither_order_nor_unit_of_money_moves_the_cap() -> None:
    amount = spending(1_000, 1.5)
    assert cap(amount[::-1]) == cap(amount)
    assert cap(amount * 64) == 64 * cap(amount)


@pytest.mark.parametrize(("outcome", "most"), [([], np.inf), ([0.0, 0.0], np.inf), ([7.0] * 9, 7.0), ([0.0, 3.0], 3.0)])
def test_few_or_equal_outcomes_have_a_cap_that_takes_nothing_off(outcome: list[float], most: float) -> None:
    assert cap(outcome) == most
    assert capped(outcome).tolist() == outcome


def test_capped_amounts_find_a_rise_of_all_that_the_largest_hide_and_nothing_where_nothing_is() -> None:
    factor = np.where(np.arange(2_000) % 2, 1.4, 1.0)
    found = {"whole": 0, "up to a cap": 0, "nothing": 0}
    for seed in range(100):
        amount = spending(2_000, 1.3, seed)
        tried = {"whole": factor * amount, "up to a cap": capped(factor * amount), "nothing": capped(amount)}
        for name, column in tried.items():
            a, b = (Moments.of(column[part::2]) for part in (0, 1))
            found[name] += int(welch(a, b).p_value <= 0.05)
    assert found["up to a cap"] > 60 > 2 * found["whole"]
    assert found["nothing"] <= 11
