"""The parts of the models of churn risk, one by one: by loops, by hand and against scikit-learn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.backtest import History
from ca_platform.models.churn.calibration import level_error, next_level
from ca_platform.models.churn.customers import customers_at, orders_since
from ca_platform.models.churn.expectations import expect_all, fit_orders
from ca_platform.models.churn.features import MONOTONE, expit, features, logit
from ca_platform.models.churn.logistic import fit_logistic
from ca_platform.models.churn.trees import fit_trees
from ca_platform.models.churn.waiting import waiting_times
from ca_platform_tests.models.churn.shops import made_shop


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 29.9), st.integers(0, 9)), min_size=1, max_size=40))
def test_what_is_known_of_customers_equals_that_by_loops(rows: list[tuple[int, float, int]]) -> None:
    customer, at, amount = ([row[place] for row in rows] for place in range(3))
    history = History(customer, at, amount=amount)
    known = customers_at(history, 30)
    recent = orders_since(history, known.number, 12.5)
    assert known.number.tolist() == sorted(set(customer))
    for place, who in enumerate(known.number.tolist()):
        times = sorted(when for other, when, _ in rows if other == who)
        days = sorted({int(when) for when in times})
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert known.orders[place] == len(times)
        assert recent[place] == sum(when >= 12.5 for when in times)
        assert known.idle_days[place] == pytest.approx(30 - times[-1])
        assert known.age_days[place] == pytest.approx(30 - times[0])
        paid = [money for other, _, money in rows if other == who]
        assert known.mean_amount[place] == pytest.approx(sum(paid) / len(paid))
        assert known.summary.repeats[place] == len(days) - 1
        assert known.summary.recency_weeks[place] == pytest.approx((days[-1] - days[0]) / 7)
        assert known.summary.age_weeks[place] == pytest.approx((29 - days[0]) / 7)
        if gaps:
            assert known.mean_gap_days[place] == pytest.approx(sum(gaps) / len(gaps), abs=1e-9)
            assert known.last_gap_days[place] == pytest.approx(gaps[-1], abs=1e-9)
            assert known.longest_gap_days[place] == pytest.approx(max(gaps), abs=1e-9)
        else:
            assert np.isnan([known.mean_gap_days[place], known.last_gap_days[place]]).all()


def test_features_are_finite_but_for_gaps_that_a_customer_does_not_have() -> None:
    # Two orders on one instant, one order, and an order just before the origin.
    history = History([1, 1, 2, 3, 3], at=[2.0, 2.0, 4.0, 5.0, 9.999])
    known = customers_at(history, 10)
    columns = features(history, known, 10, 5, expect_all(fit_orders(known.summary), known.summary, 5 / 7))
    assert np.isfinite(columns.idle).all()
    assert np.isfinite(columns.line).all()
    assert all(np.isfinite(column).all() for column in columns.expected.values())
    assert len(MONOTONE) == columns.tree.shape[1]
    assert np.isnan(columns.tree).any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize("ridge", [0.5, 20.0])
def test_regression_equals_that_of_scikit_learn_on_standardised_columns(ridge: float) -> None:
    from sklearn.linear_model import LogisticRegression

    dice = np.random.default_rng(1)
    columns = dice.normal(3, [1, 5, 0.1], (300, 3))
    event = dice.random(300) < expit(columns[:, 0] - 3 + columns[:, 1] / 5)
    standard = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    theirs = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=1000).fit(standard, event)
    ours = fit_logistic(columns, event, ridge)
    assert ours.log_odds(columns) == pytest.approx(theirs.decision_function(standard), abs=1e-5)


def test_regression_is_finite_where_a_column_separates_is_constant_or_nobody_ordered() -> None:
    rising = np.column_stack([np.arange(40.0), np.ones(40)])
    apart = fit_logistic(rising, np.arange(40) >= 20, 1.0)
    assert np.isfinite(apart.weights).all()
    assert apart.weights[2] == 0
    everybody = fit_logistic(rising, np.ones(40, bool), 1.0)
    assert expit(everybody.log_odds(rising)) == pytest.approx(1 - 0.5 / 40)


def test_trees_rise_where_they_must_and_come_out_the_same_again() -> None:
    dice = np.random.default_rng(2)
    columns = dice.random((500, 2))
    columns[::7, 1] = np.nan
    event = dice.random(500) < np.nan_to_num(columns).mean(axis=1)
    trees, again = (fit_trees(columns, event, monotone=[1, 0]) for _ in range(2))
    line = np.column_stack([np.linspace(0, 1, 200), np.full(200, 0.5)])
    assert np.diff(trees.sums(line)).min() >= 0
    assert np.array_equal(trees.sums(columns), again.sums(columns))
    assert np.isfinite(trees.sums(np.full((1, 2), np.nan))).all()


def test_baseline_is_the_kaplan_meier_estimate_of_the_waits() -> None:
    # Gaps of 2, 4, 4 days; waits that go on since 3 and 6 days. At risk after 2, 4 days: 5, 3.
    history = History([1, 1, 1, 2, 2], at=[0.0, 2.0, 6.0, 5.0, 9.0])
    waits = waiting_times(history, 12)
    assert waits.days.tolist() == [2.0, 4.0]
    assert waits.lasting == pytest.approx([4 / 5, 4 / 5 * 1 / 3])
    asked = np.array([0.0, 2.0, 3.9, 4.0])
    assert waits.no_order(asked, 2.0) == pytest.approx([4 / 5, 1 / 3, 1 / 3, 1.0])


def test_without_a_second_order_the_baseline_expects_none() -> None:
    waits = waiting_times(History([1, 2], at=[0.0, 3.0]), 5)
    assert waits.no_order(np.array([1.0, 5.0]), 10).tolist() == [1.0, 1.0]


def test_level_error_makes_the_mean_probability_the_share_of_events() -> None:
    dice = np.random.default_rng(3)
    odds = dice.normal(1, 2, 5000)
    event = dice.random(5000) < expit(odds - 0.7)
    error = level_error(odds, event)
    assert expit(odds + error).mean() == pytest.approx(event.mean(), abs=1e-3)
    assert error == pytest.approx(-0.7, abs=0.1)
    assert np.isfinite(level_error(odds, np.ones(5000, bool)))


def test_levels_of_few_origins_are_drawn_to_nothing() -> None:
    assert [next_level(errors) for errors in ([], [0.6], [0.6, 0.0, 0.6])] == pytest.approx([0.0, 0.2, 0.36])


def test_one_origin_that_is_far_off_sets_no_level() -> None:
    assert next_level([-3.0, 0.1, 0.0, 0.1]) == next_level([-0.1, 0.1, 0.0, 0.1])


def test_log_odds_and_probabilities_are_each_other_s_inverse() -> None:
    shares = np.linspace(0.01, 0.99, 50)
    assert expit(logit(shares)) == pytest.approx(shares)
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()


def test_made_customers_leave_and_come_over_the_whole_time() -> None:
    history = made_shop(50)
    assert 0 < history.at.min() < history.at.max() < 300
