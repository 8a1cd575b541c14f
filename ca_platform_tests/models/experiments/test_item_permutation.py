"""Products put into other orders of the same customer: the formulas against all ways, one by one."""

from __future__ import annotations

from itertools import combinations
from statistics import fmean, pvariance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.experiments.item_permutation import Sequences, by_chance, item_permutation

_ORDERS = st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 9), st.booleans()), min_size=1, max_size=7)


def sequences(orders: list[tuple[int, int, bool]], reach: int = 2) -> Sequences:
    """A customer's orders: change, amount, whether it may be the first; the time after holds so many more orders."""
    change, amount, is_possible = (np.array(column) for column in zip(*orders, strict=True))
    after = [amount[place + 1 : place + 1 + reach] for place in range(len(orders))]
    return Sequences(
        begin=np.array([0, len(orders)]),
        change=change.astype(float),
        after=np.array([float(part.sum()) for part in after]),
        squares=np.array([float((part.astype(float) ** 2).sum()) for part in after]),
        is_possible=is_possible,
    )


def all_ways(orders: list[tuple[int, int, bool]], times: int, reach: int = 2) -> list[float]:
    """What every way to put the product into so many orders shows, of those whose first order is possible."""
    return [
        orders[way[0]][0] - sum(orders[place][1] for place in way[1:] if place <= way[0] + reach)
        for way in combinations(range(len(orders)), times)
        if orders[way[0]][2]
    ]


@given(_ORDERS, st.integers(1, 7))
def test_mean_and_variance_are_those_of_all_ways(orders: list[tuple[int, int, bool]], times: int) -> None:
    ways = all_ways(orders, times) if times <= len(orders) else []
    if ways:
        mean, variance = by_chance(sequences(orders), np.array([0]), np.array([times]))
        assert mean[0] == pytest.approx(fmean(ways), abs=1e-9)
        assert variance[0] == pytest.approx(pvariance(ways), abs=1e-9)


def test_customer_with_one_order_says_nothing() -> None:
    mean, variance = by_chance(sequences([(3, 0, True)]), np.array([0]), np.array([1]))
    assert (mean[0], variance[0]) == (3, 0)
    found = item_permutation(np.zeros(40), np.zeros(40), np.zeros(40, np.int64), 1)
    assert (found.is_sufficient[0], found.p_value[0], found.estimate[0]) == (False, 1, 0)


def test_item_that_always_comes_before_more_orders_is_found_and_its_mirror_is_found_alike() -> None:
    beyond, item = np.full(60, 0.5), np.zeros(60, np.int64)
    more = item_permutation(beyond, np.ones(60), item, 2)
    less = item_permutation(-beyond, np.ones(60), item, 2)
    assert more.p_value[0] < 0.001
    assert more.p_value[0] == less.p_value[0]
    assert (more.estimate[0], less.estimate[0]) == (0.5, -0.5)
    # An item that nobody bought.
    assert not more.is_sufficient[1] and np.isfinite(more.p_value).all()


def test_unit_of_money_changes_no_p_value() -> None:
    dice = np.random.default_rng(3)
    beyond, variance, item = dice.normal(size=90), dice.uniform(1, 2, 90), np.repeat([0, 1, 2], 30)
    cents = item_permutation(beyond * 100, variance * 10_000, item, 3)
    np.testing.assert_allclose(cents.p_value, item_permutation(beyond, variance, item, 3).p_value)
