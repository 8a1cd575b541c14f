"""Sufficient statistics add up, and hold nothing but what they are to hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import Moments, Values
from ca_platform_tests.models.experiments.sides import spending

amounts = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 2)), min_size=2, max_size=30)


@given(amounts, amounts)
def test_records_of_two_groups_add_up_to_the_record_of_both(one: list[float], other: list[float]) -> None:
    together = Moments.of(one + other)
    added = Moments.of(one) + Moments.of(other)
    assert added.count == together.count
    assert added.sums == pytest.approx(together.sums, rel=1e-12, abs=1e-6)
    assert added.products == pytest.approx(together.products, rel=1e-12)
    values, both = Values.of(one) + Values.of(other), Values.of(one + other)
    assert values.value.tolist() == both.value.tolist()
    assert values.weight.tolist() == both.weight.tolist()


@given(amounts)
def test_moments_are_those_of_numpy(column: list[float]) -> None:
    found = Moments.of(column, np.square(column) / 1e3)
    assert found.mean[0] == pytest.approx(np.mean(column), rel=1e-9, abs=1e-9)
    wanted = np.cov(column, np.square(column) / 1e3)
    # What cancels is lost relative to the mean square.
    assert found.covariance == pytest.approx(wanted, rel=1e-6, abs=1e-9 * (1 + np.abs(found.products).max()))


@pytest.mark.parametrize("items", [65_536, 65_537, 200_000])
def test_values_of_very_many_items_stand_in_their_order(items: int) -> None:
    dice = np.random.default_rng(2)
    item, value = dice.integers(items - 50, items, 300), dice.integers(0, 4, 300).astype(np.float64)
    found = Values.of(value, item, items)
    assert len(found) == items
    expected = sorted(set(zip(item.tolist(), value.tolist(), strict=True)))
    assert list(zip(found.item.tolist(), found.value.tolist(), strict=True)) == expected


def test_items_are_apart_and_the_distinct_values_carry_their_customers() -> None:
    value, item = np.array([5.0, 0.0, 0.0, 7.0, 5.0, 0.0]), np.array([2, 0, 0, 0, 2, 2])
    values = Values.of(value, item, 4)
    assert values.value.tolist() == [0.0, 7.0, 0.0, 5.0]
    assert values.weight.tolist() == [2.0, 1.0, 1.0, 2.0]
    assert values.begin.tolist() == [0, 2, 2, 4, 4]
    assert values.customers.tolist() == [3.0, 0.0, 3.0, 0.0]
    by_item = Moments.by_item(item, 4, value)
    assert values.moments().sums.tolist() == by_item.sums.tolist() == [[7.0], [0.0], [10.0], [0.0]]
    assert values.moments().products.tolist() == by_item.products.tolist()


def test_constant_column_has_no_variance_whatever_rounding_leaves() -> None:
    constant = Moments.of(np.full(1000, 0.1), spending(1000, 1))
    assert constant.covariance[0].tolist() == [0.0, 0.0]
    assert constant.variance(1) > 0


def test_change_is_a_combination_of_columns() -> None:
    before, after = spending(50, 1), spending(50, 2)
    change = Moments.of(before, after).combined(-1, 1)
    assert change.mean[0] == pytest.approx(np.mean(after - before))
    assert change.variance() == pytest.approx(np.var(after - before, ddof=1))


@pytest.mark.parametrize("columns", [([1.0, 2.0], [1.0]), ([1.0, np.nan],), ([np.inf, 1.0],)])
def test_columns_that_differ_in_length_or_hold_no_numbers_are_refused(columns: tuple[list[float], ...]) -> None:
    with pytest.raises(ValidationError, match="customers to compare"):
        Moments.of(*columns)
