"""Welch's test without the skewness: against Welch's own, and how often it is wrong where one side is small."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import Moments, welch
from ca_platform.models.experiments.records import Floats
from ca_platform.models.experiments.skewed import welch_skewed

SPLITS = 6_000


def side(*values: float) -> Moments:
    column = np.array(values)
    return Moments.of(column, column**2)


def sides(amount: Floats) -> Moments:
    """A record of each row."""
    powers = [(amount**power).sum(axis=1) for power in (1, 2, 3, 4)]
    one, two, three, four = powers
    products = np.stack([np.stack([two, three], -1), np.stack([three, four], -1)], -2)
    return Moments(np.full(one.shape, float(amount.shape[1])), np.stack([one, two], -1), products)


def spending(dice: np.random.Generator, customers: int) -> Floats:
    return np.exp(dice.normal(3.4, 0.75, (SPLITS, customers)))


def test_without_skewness_it_is_welch() -> None:
    a, b = side(1.0, 2.0, 3.0), side(2.0, 4.0, 6.0, 8.0, 10.0)
    # Of equal sizes the skewness of both sides cancels.
    for one, other in ((a, side(2.0, 4.0, 9.0)), (side(-1.0, 0.0, 1.0), side(-2.0, -1.0, 1.0, 2.0, 0.0))):
        found, plain = welch_skewed(one, other), welch(one, other)
        assert found.p_value == pytest.approx(plain.p_value)
        assert found.low == pytest.approx(plain.low)
        assert found.high == pytest.approx(plain.high)
    assert welch_skewed(a, b).p_value != pytest.approx(welch(a, b).p_value)


def test_interval_ends_where_the_test_does() -> None:
    few, many = np.array([1.0, 2.0, 3.0, 30.0, 4.0]), np.array([2.0, 4.0, 5.0, 9.0, 8.0, 3.0, 1.0, 2.0])
    found = welch_skewed(side(*few), side(*many))
    for alpha in (float(found.p_value) - 1e-6, float(found.p_value) + 1e-6):
        other = welch_skewed(side(*few), side(*many), alpha)
        assert bool(other.low <= 0 <= other.high) == (alpha < found.p_value)


def test_one_against_the_other_is_the_other_against_the_one() -> None:
    a, b = side(1.0, 2.0, 3.0, 30.0, 4.0), side(2.0, 4.0, 5.0, 9.0, 8.0, 3.0)
    one, other = welch_skewed(a, b), welch_skewed(b, a)
    assert one.p_value == pytest.approx(other.p_value)
    assert one.low == pytest.approx(-other.high)
    assert one.high == pytest.approx(-other.low)


@pytest.mark.parametrize(("few", "many"), [(30, 500), (60, 60)])
def test_nothing_is_called_different_in_one_of_twenty_comparisons(few: int, many: int) -> None:
    dice = np.random.default_rng(few)
    a, b = sides(spending(dice, few)), sides(spending(dice, many))
    p = welch_skewed(a, b).p_value
    assert 0.035 <= np.mean(p <= 0.05) <= 0.058
    assert np.mean(p <= 0.001) <= 0.004
    if few < many:
        plain = welch(a, b).p_value
        assert np.mean(plain <= 0.05) > 0.065
        assert np.mean(plain <= 0.001) > 0.008


def test_sides_that_say_nothing_give_no_verdict() -> None:
    for a, b in ((side(1.0), side(2.0, 3.0)), (side(2.0, 2.0), side(2.0, 2.0)), (side(), side())):
        found = welch_skewed(a, b)
        assert not found.is_sufficient
        assert [float(part) for part in (found.p_value, found.low, found.high)] == [1, -np.inf, np.inf]
    with pytest.raises(ValidationError, match="its square"):
        welch_skewed(Moments.of([1.0, 2.0]), Moments.of([1.0, 2.0]))
