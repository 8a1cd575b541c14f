"""Cutting a history of orders, and where to cut it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.errors import ValidationError
from ca_platform.models.backtest import History, rolling_origins

ORDERS = History([3, 1, 3, 3, 1], at=[1.0, 2.0, 5.0, 9.0, 9.5], amount=[10, 20, 30, 40, 50])


def test_orders_are_sorted_by_customer_and_time_whatever_order_they_come_in() -> None:
    turned = History([1, 3, 1, 3, 3], at=[9.5, 9.0, 2.0, 1.0, 5.0], amount=[50, 40, 20, 10, 30])
    for name in ("customer", "at", "day", "amount"):
        assert getattr(turned, name).tolist() == getattr(ORDERS, name).tolist()
    assert ORDERS.customers.tolist() == [1, 3]
    assert ORDERS.counts.tolist() == [2, 3]
    assert ORDERS.gaps.tolist() == [7.5, 4.0, 4.0]


def test_an_order_at_the_origin_belongs_to_the_outcome_and_one_at_its_end_does_not() -> None:
    before = ORDERS.until(5.0)
    assert before.at.tolist() == [2.0, 1.0]
    outcome = ORDERS.outcome(before.customers, origin=5.0, horizon=4.5)
    assert outcome.orders.tolist() == [0, 2]
    assert outcome.amount.tolist() == [0.0, 70.0]
    assert outcome.is_silent.tolist() == [True, False]


def test_customers_who_come_after_the_origin_have_no_outcome() -> None:
    late = History([1, 2], at=[0.0, 5.0])
    assert late.outcome(late.until(3.0).customers, origin=3.0, horizon=10.0).orders.tolist() == [0]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.floats(0, 50), st.integers(0, 9)), max_size=40),
    st.floats(0, 50),
    st.floats(0, 50),
)
def test_the_cut_and_its_outcomes_equal_those_by_loops(
    rows: list[tuple[int, float, int]], origin: float, horizon: float
) -> None:
    customer, at, amount = ([row[place] for row in rows] for place in range(3))
    history = History(customer, at, amount=amount)
    known = history.until(origin).customers
    assert known.tolist() == sorted({who for who, when, _ in rows if when < origin})
    outcome = history.outcome(known, origin, horizon)
    for place, who in enumerate(known.tolist()):
        inside = [paid for other, when, paid in rows if other == who and origin <= when < origin + horizon]
        assert (outcome.orders[place], outcome.amount[place]) == (len(inside), sum(inside))


def test_later_orders_change_nothing_before_an_origin() -> None:
    early, whole = ORDERS.until(9.0), ORDERS.until(20.0).until(9.0)
    assert early.at.tolist() == whole.at.tolist()


def test_a_history_without_orders_has_no_customers() -> None:
    empty = History([], at=[])
    assert (len(empty), empty.customers.size, empty.gaps.size, empty.until(1.0).counts.size) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("customer", "at", "words"), [([1], [1.0, 2.0], "differ in length"), ([1], [np.nan], "no finite time")]
)
def test_what_is_no_history_is_refused(customer: list[int], at: list[float], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        History(customer, at)


@given(st.integers(-1000, 1000), st.integers(16, 2000), st.integers(1, 3000), st.integers(2, 6))
def test_origins_leave_as_much_before_the_first_as_they_look_ahead_and_end_with_the_history(
    start: int, length: int, horizon: int, count: int
) -> None:
    origins = rolling_origins(start, start + length, horizon, count)
    assert len(origins) == count
    assert {origin.horizon for origin in origins} == {min(horizon, length // 4)}
    assert origins[-1].end == start + length
    assert origins[0].at - start >= origins[0].horizon
    steps = np.diff([origin.at for origin in origins])
    assert 0 < steps.min() <= steps.max() <= origins[0].horizon
    assert steps.max() - steps.min() <= 1


def test_a_history_of_few_days_has_fewer_origins_and_none_twice() -> None:
    assert [(origin.at, origin.horizon) for origin in rolling_origins(0, 4, 9)] == [(1, 1), (2, 1), (3, 1)]


@pytest.mark.parametrize(("length", "horizon"), [(0, 10), (3, 10), (10, 0)])
def test_without_a_history_or_a_horizon_there_are_no_origins(length: int, horizon: int) -> None:
    assert rolling_origins(0, length, horizon) == ()
