"""Random splits are what they say, and a calibration withholds what is wrong for a shop."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import Moments, calibrate, moments_of, poisson_rates, random_sides, welch
from ca_platform_tests.models.experiments.sides import counts


def test_groups_of_a_split_are_disjoint_and_everybody_is_as_likely_in_each() -> None:
    seen = np.zeros((2, 90))
    rows = 0
    for a, b in random_sides(90, 20, 3_000, seed=1):
        both = np.concatenate([a, b], axis=1)
        assert (np.diff(np.sort(both, axis=1), axis=1) > 0).all()
        rows += a.shape[0]
        for side, part in enumerate((a, b)):
            seen[side] += np.bincount(part.ravel(), minlength=90)
    assert rows == 3_000
    assert seen / rows == pytest.approx(np.full((2, 90), 20 / 90), abs=0.035)


def test_equal_seeds_give_equal_splits() -> None:
    first, again = (next(iter(random_sides(50, 10, 4, seed=3))) for _ in range(2))
    assert (first[0] == again[0]).all()


def test_records_of_groups_are_those_of_their_rows() -> None:
    amount, before = counts(50, 1), counts(50, 2)
    a, _ = next(iter(random_sides(50, 10, 4)))
    together = moments_of(a, amount, before)
    for number, row in enumerate(a):
        alone = Moments.of(amount[row], before[row])
        assert together[number].products == pytest.approx(alone.products)
        assert together[number].sums == pytest.approx(alone.sums)


def test_right_test_is_offered_and_one_that_takes_orders_for_independent_is_not() -> None:
    orders = counts(2_000, 5, 3.0)
    fair, blind = [], []
    for a, b in random_sides(orders.size, 100, 2_000):
        fair.append(welch(moments_of(a, orders), moments_of(b, orders)).p_value)
        blind.append(poisson_rates(orders[a].sum(axis=1), 100, orders[b].sum(axis=1), 100).p_value)
    assert calibrate(np.concatenate(fair)).is_offered
    assert calibrate(np.concatenate(fair)).splits == 2_000
    withheld = calibrate(np.concatenate(blind))
    assert not withheld.is_offered
    assert withheld.rejection_rate > 0.2


def test_test_that_never_rejects_is_withheld_once_there_are_enough_splits() -> None:
    assert calibrate(np.ones(20)).is_offered
    assert not calibrate(np.ones(1_000)).is_offered
    assert not calibrate([]).is_offered


def test_groups_larger_than_half_are_refused() -> None:
    with pytest.raises(ValidationError, match="two groups"):
        next(random_sides(10, 6, 1))
