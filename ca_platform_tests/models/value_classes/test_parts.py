"""The parts of value classes, one by one: borders, baselines, which class is told, and what is learnt from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.backtest import History
from ca_platform.models.churn.customers import customers_at
from ca_platform.models.value_classes import Borders, learn_borders
from ca_platform.models.value_classes.candidates import learn_baselines, ordered, told
from ca_platform.models.value_classes.columns import RISING, columns_at, fit_all, spent_since
from ca_platform.models.value_classes.training import windows_between

AMOUNTS = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 1e6)), min_size=1, max_size=80)


@given(AMOUNTS)
def test_borders_leave_nobody_out_and_low_is_never_above_high(amounts: list[float]) -> None:
    revenue = np.array(amounts)
    borders = learn_borders(revenue)
    if not revenue.any():
        assert borders is None
        return
    assert borders is not None
    assert 0 <= borders.low <= borders.high
    assert np.bincount(borders.classes(revenue), minlength=3).sum() == revenue.size


def test_where_most_bring_nothing_they_are_low_and_the_upper_third_of_the_others_high() -> None:
    revenue = np.append(np.zeros(900), np.arange(1.0, 100.0))
    borders = learn_borders(revenue)
    assert borders == Borders(0.0, 66.0)
    assert np.bincount(borders.classes(revenue)).tolist() == [900, 66, 33]


def test_one_customer_with_nearly_all_the_revenue_moves_no_border() -> None:
    usual = np.append(np.zeros(50), np.arange(1.0, 100.0))
    assert learn_borders(usual) == learn_borders(np.append(usual[:-1], 1e9))


def test_all_who_bring_the_same_are_mid() -> None:
    borders = learn_borders(np.array([0.0, 0.0, 10.0, 10.0]))
    assert borders is not None
    assert borders.classes(np.array([0.0, 10.0])).tolist() == [0, 1]


def test_borders_are_said_with_two_digits() -> None:
    assert learn_borders(np.append(np.zeros(10), np.full(10, 123.456))) == Borders(0.0, 120.0)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_chances_of_ordered_classes_sum_to_one(pairs: list[tuple[float, float]]) -> None:
    low, high = (np.array(column) for column in zip(*pairs, strict=True))
    chances = ordered(low, high)
    assert chances.min() >= 0
    assert chances.sum(axis=1) == pytest.approx(1)


def test_of_equal_shares_the_likeliest_class_is_told() -> None:
    chances = np.random.default_rng(1).dirichlet([1, 1, 1], 50)
    assert told(chances, np.full(3, 1 / 3)).tolist() == chances.argmax(axis=1).tolist()


def test_a_rare_class_is_told_before_it_is_the_likeliest() -> None:
    share = np.array([0.81, 0.1, 0.09])
    assert told(np.array([[0.7, 0.05, 0.25]]), share).tolist() == [2]
    assert told(np.array([[0.8, 0.05, 0.15]]), share).tolist() == [0]


def test_last_spend_tells_the_class_of_before_with_the_chances_that_followed_it() -> None:
    baselines = learn_baselines(np.array([0, 0, 0, 2]), np.array([0, 0, 1, 2]), classes=3)
    chances, said = baselines.say("last_spend", np.array([2, 0]))
    assert said.tolist() == [2, 0]
    shares = np.array([3, 2, 2]) / 7
    assert chances == pytest.approx(
        np.array([(np.array([0, 0, 1]) + 12 * shares) / 13, ([2, 1, 0] + 12 * shares) / 15])
    )


def test_most_frequent_tells_everybody_the_same() -> None:
    baselines = learn_baselines(np.array([0, 0, 0, 2]), np.array([0, 0, 1, 2]), classes=3)
    chances, said = baselines.say("most_frequent", np.array([2, 1, 0]))
    assert said.tolist() == [0, 0, 0]
    assert chances == pytest.approx(np.tile([3 / 7, 2 / 7, 2 / 7], (3, 1)))


def test_columns_are_finite_but_for_gaps_that_a_customer_does_not_have() -> None:
    # Orders on one instant, one that is free, one just before the origin.
    history = History([1, 1, 2, 3, 3], at=[2.0, 2.0, 4.0, 5.0, 9.999], amount=[5.0, 3.0, 0.0, 2.0, 8.0])
    known = customers_at(history, 10)
    rows = columns_at(history, known, 10, 5, fit_all(known), unit=20.0)
    assert np.isfinite(rows.forecast).all()
    assert np.isfinite(rows.line).all()
    assert len(RISING) == rows.tree.shape[1]
    assert np.isnan(rows.tree).any(axis=1).tolist() == [False, True, False]
    assert rows.spent.tolist() == [0.0, 0.0, 10.0]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 29), st.integers(0, 9)), min_size=1, max_size=40))
def test_what_was_spent_since_a_day_equals_that_by_loops(rows: list[tuple[int, int, int]]) -> None:
    customer, at, amount = zip(*rows, strict=True)
    customers = np.unique(customer)
    found = spent_since(History(customer, at, amount=amount), customers, 12)
    assert found.tolist() == [sum(paid for who, day, paid in rows if who == one and day >= 12) for one in customers]


@given(st.integers(0, 50), st.integers(-5, 400), st.integers(1, 90))
def test_windows_lie_between_their_ends_half_a_length_apart_at_least(first: int, room: int, length: int) -> None:
    days = windows_between(first, first + room, length)
    assert len(days) <= 4
    assert (room >= 0) == bool(days)
    if days:
        assert days[-1] == first + room
        assert days[0] >= first
        assert all(later - earlier >= length // 2 for earlier, later in pairwise(days))
